//! A directory of plugins, from their manifests to their ends: one that does what it says, one that wants more
//! than it gets, one that does not fit together, and one that does nothing but harm.
//!
//! `cargo run --example plugins`. The plugins are in C, beside this file; `scripts/build-guests.sh` builds them.

use std::collections::BTreeMap;
use std::error::Error;
use std::path::PathBuf;

use hostfn::engine::MissingCapability;
use hostfn::observe::{Learner, Record, Recorder};
use hostfn::{Grants, Host, HostError, Instance, Plugin, Registry, Status, capabilities, host_fn};

capabilities! {
    /// Read notes.
    pub NOTES_READ = "notes.read" in name;
    /// Write notes.
    pub NOTES_WRITE = "notes.write" in name;
    /// Send mail by a server.
    pub MAIL_SEND = "mail.send" in host;
}

/// The operator's grants.
const GRANTS: &str = r#"
    "notes.read" = { allow = ["day-*", "week-*"] }
"#;

/// The notes of one instance.
struct Notes(BTreeMap<String, String>);

impl Notes {
    fn new() -> Self {
        let note = |name: &str, text: &str| (name.to_owned(), text.to_owned());
        Self([note("day-1", "buy bread"), note("diary", "private")].into())
    }
}

#[derive(Debug, thiserror::Error, HostError)]
enum NoteError {
    /// There is no such note.
    #[error("there is no such note")]
    #[status(not_found)]
    NoSuchNote,
}

/// Read a note.
#[host_fn(capability = NOTES_READ(name))]
fn note_read(#[state] notes: &Notes, name: &str) -> Result<String, NoteError> {
    notes.0.get(name).cloned().ok_or(NoteError::NoSuchNote)
}

/// Write a note.
#[host_fn(capability = NOTES_WRITE(name), quota = 100)]
fn note_write(#[state] notes: &mut Notes, name: String, text: String) {
    notes.0.insert(name, text);
}

/// Send a mail.
#[host_fn(capability = MAIL_SEND(server), quota = 1)]
fn mail_send(server: &str, text: &str) -> usize {
    server.len() + text.len() // a real one would connect
}

/// The seconds since the host began.
#[host_fn(capability = none)]
fn clock() -> u64 {
    0
}

fn main() -> Result<(), Box<dyn Error>> {
    let plugins = std::env::var_os("HOSTFN_PLUGINS")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("examples/plugins"), PathBuf::from);
    let registry = Registry::collect()?;
    hostfn::cli::answer(&registry); // `hostfn list --program target/debug/examples/plugins` asks for the listing alone
    let grants = registry.read_grants(GRANTS)?;
    let (recorder, learner) = (Recorder::new(), Learner::new());
    let host = Host::builder(registry.clone())
        .state("notes", |_| Ok::<_, NoteError>(Notes::new()))
        .observer(recorder.clone())
        // a call of what is not granted is answered with a refusal, where `Fail` would not start the plugin
        .missing(MissingCapability::Deny)
        .build()?;

    println!("# What is there\n");
    let report = host.load_dir(&plugins)?;
    println!("{}", report.to_string().replace(&format!("{}", plugins.display()), "."));

    println!("\n# What they ask for, and get");
    let loaded = report.into_plugins();
    for plugin in &loaded {
        println!("\n{}", plugin.report(&grants));
    }

    println!("\n# What they do\n");
    for plugin in &loaded {
        run(plugin, &grants);
    }

    println!("\n# What was refused\n");
    for record in recorder.take().iter().filter(|record| record.is_denied()) {
        println!("{}", refusal(record));
    }

    println!("\n# What the greedy one would need\n");
    let host = Host::builder(registry.clone())
        .state("notes", |_| Ok::<_, NoteError>(Notes::new()))
        .observer(learner.clone())
        .build()?;
    let greedy = host.load_file(plugins.join("greedy/greedy.wasm"))?;
    greedy.instantiate(&registry.grant_everything())?.call::<_, String>("run", ())?;
    let toml = learner.to_toml("greedy");
    print!("{toml}");
    let learnt = registry.read_grants(&toml)?;
    println!("\nwith that: {}", greedy.instantiate(&learnt)?.call::<_, String>("run", ())?);
    Ok(())
}

fn refusal(record: &Record) -> String {
    let (function, capability) = (record.function.unwrap_or_default(), record.capability.unwrap_or_default());
    let value = record.scope_value.as_ref().map_or(String::new(), |value| format!(" for `{value}`"));
    format!("{} called {function}: {capability}{value} is not granted", record.plugin)
}

/// Calls everything that a plugin of this example exports, each in an instance of its own.
fn run(plugin: &Plugin, grants: &Grants) {
    for export in ["run", "spin", "grow", "deep", "flood", "lie"] {
        let called = plugin.instantiate(grants).and_then(|mut instance| call(&mut instance, export));
        match called {
            Err(error) if error.code() == hostfn::error::Code::NoSuchExport => {}
            Err(hostfn::Error::Guest { status: Status::BAD_INPUT, .. }) => {
                println!("{}.{export}: none of its lies was believed", plugin.name());
            }
            Err(error) => println!("{}.{export}: {error}", plugin.name()),
            Ok(answer) => println!("{}.{export}: {answer}", plugin.name()),
        }
    }
}

fn call(instance: &mut Instance, export: &str) -> hostfn::Result<String> {
    let answer = instance.call(export, ());
    instance.close()?;
    answer
}
