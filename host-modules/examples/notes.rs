//! A plugin that keeps notes in a key-value store, a database and a file, in Rust and in C; and what is left of them
//! when the host crashes in the middle.
//!
//! `cargo run --example notes`. The plugins are `examples/guests/notes-rs` and `notes-c`.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use hostfn::observe::{Record, Recorder};
use hostfn::{Grants, Host, Registry};
use hostfn_modules::{clock, fs, kv, sql};

const PLUGINS: [&str; 2] = ["notes-rs", "notes-c"];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let done = match &arguments[..] {
        [dir, plugin] => crash(Path::new(dir), plugin),
        _ => tour(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Returns what a host offers for the notes of one plugin, which are beneath `dir`.
fn registry(dir: &Path) -> hostfn::Result<Registry> {
    Registry::builder()
        .module(clock::module())
        .module(fs::module().max_file(1 << 20))
        .module(kv::module().json("notes", dir.join("notes.json")))
        .module(sql::module())
        .build()
}

fn grants(registry: &Registry, dir: &Path) -> hostfn::Result<Grants> {
    let dir = dir.display();
    registry.read_grants(&format!(
        r#"
        "clock.read" = true
        "fs.read" = {{ allow = ["{dir}/*.log"] }}
        "fs.write" = {{ allow = ["{dir}/*.log"] }}
        "kv.read" = {{ allow = ["notes"] }}
        "kv.write" = {{ allow = ["notes"] }}
        "sql.read" = {{ allow = ["{dir}/*.db"] }}
        "sql.write" = {{ allow = ["{dir}/*.db"] }}
        "#
    ))
}

fn wasm(plugin: &str) -> PathBuf {
    let guests = std::env::var_os("HOSTFN_GUESTS")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/guests"), PathBuf::from);
    guests.join(plugin).with_extension("wasm")
}

fn tour() -> Result<(), Box<dyn Error>> {
    let dir = tempfile::tempdir()?;
    println!("# What the host offers\n");
    println!("{}", registry(dir.path())?.listing());
    for plugin in PLUGINS {
        println!("\n# {plugin}\n");
        let dir = dir.path().join(plugin);
        std::fs::create_dir(&dir)?;
        // a host of its own, which ends in the middle
        let crashed = Command::new(std::env::current_exe()?).arg(&dir).arg(plugin).output()?;
        print!("{}", String::from_utf8_lossy(&crashed.stdout));
        println!("the host is gone: {}", if crashed.status.success() { "in peace" } else { "it crashed" });
        println!("\nwhat a new host finds:");
        show(&dir, plugin)?;
    }
    Ok(())
}

fn show(dir: &Path, plugin: &str) -> Result<(), Box<dyn Error>> {
    let registry = registry(dir)?;
    let grants = grants(&registry, dir)?;
    let host = Host::builder(registry).build()?;
    let mut notes = host.load_file(wasm(plugin))?.instantiate(&grants)?;
    for line in notes.call::<_, Vec<String>>("show", (dir.to_str(),))? {
        println!("  {line}");
    }
    Ok(())
}

/// Keeps three notes, begins a fourth, tries what is not granted, and crashes.
fn crash(dir: &Path, plugin: &str) -> Result<(), Box<dyn Error>> {
    let recorder = Recorder::new();
    let registry = registry(dir)?;
    let grants = grants(&registry, dir)?;
    let host = Host::builder(registry).observer(recorder.clone()).build()?;
    let plugin = host.load_file(wasm(plugin))?;
    let mut notes = plugin.instantiate(&grants)?;
    for text in ["buy bread", "feed the cat", "call Ada"] {
        notes.call::<_, ()>("add", (dir.to_str(), text))?;
    }
    println!("what was decided:");
    for record in decided(&recorder, dir) {
        println!("  {record}");
    }
    let elsewhere = notes.call::<_, ()>("add", ("/var/lib", "not here"));
    println!("a note elsewhere: {}", elsewhere.err().map_or("kept".to_owned(), |error| error.to_string()));

    println!("\nwhat is kept, with a fourth note begun and not committed:");
    plugin.instantiate(&grants)?.call::<_, ()>("begin", (dir.to_str(), "never mind"))?;
    let mut last = plugin.instantiate(&grants)?;
    last.call::<_, ()>("begin", (dir.to_str(), "lost"))?;
    for line in plugin.instantiate(&grants)?.call::<_, Vec<String>>("show", (dir.to_str(),))? {
        println!("  {line}");
    }
    // no state is closed, and no file
    std::process::abort()
}

/// Returns what the first note took, a line for each function, and how often.
fn decided(recorder: &Recorder, dir: &Path) -> Vec<String> {
    let mut lines: Vec<(String, usize)> = Vec::new();
    for record in recorder.take() {
        let Some(line) = line(&record, dir) else { continue };
        match lines.iter_mut().find(|(known, _)| *known == line) {
            Some((_, times)) => *times += 1,
            None => lines.push((line, 1)),
        }
    }
    lines.into_iter().map(|(line, times)| format!("{times} x {line}")).collect()
}

fn line(record: &Record, dir: &Path) -> Option<String> {
    let value = record.scope_value.as_deref().map_or(String::new(), |value| {
        format!(" for `{}`", value.replace(&dir.display().to_string(), "DIR"))
    });
    let capability = record.capability.unwrap_or("nothing");
    let decision = record.decision?.as_str();
    Some(format!("{} requires {capability}{value}: {decision}", record.function?))
}
