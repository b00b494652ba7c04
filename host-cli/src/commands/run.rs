use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;
use hostfn_abi::Value;
use hostfn_core::{Error, Grants, Host, Learner, Plugin, Record, Recorder, Registry, read_text_file};
use hostfn_js::Packer;
use hostfn_modules::{clock, env, fs, http, kv, log, random, sql};

use crate::outcome::{Exit, Stop, Streams};
use crate::problem::{unusable, within};
use crate::text::{cut, json, plural};

/// Run a plugin with the host modules of this command
#[derive(Debug, Args)]
#[command(after_long_help = NOTES)]
pub(crate) struct Run {
    /// Plugin: a WebAssembly module, or a script in JavaScript or TypeScript
    plugin: PathBuf,
    /// Function of the plugin to call; without it the plugin is only started
    export: Option<String>,
    /// Arguments of the call: JSON, and text where that is no JSON
    args: Vec<String>,
    /// Grants; without them, nothing is granted
    #[arg(long, value_name = "FILE")]
    grants: Option<PathBuf>,
    /// Manifest of the plugin
    #[arg(long, value_name = "FILE")]
    manifest: Option<PathBuf>,
    /// Key-value store in memory that the plugin can open
    #[arg(long, value_name = "NAME")]
    store: Vec<String>,
    /// Write the grants that the run needed to a new file; without `--grants`, everything is granted meanwhile
    #[arg(long, value_name = "FILE")]
    learn: Option<PathBuf>,
}

const NOTES: &str = "\
The host has the modules clock, env, fs, http, kv, log, random and sql. The store `:memory:` always exists.

The result is printed as JSON. Standard error shows each call of a host function with its decision, and what the plugin
logs. A plugin whose imports are not all granted does not start.

`--learn` without `--grants` lets the plugin do everything that these modules can do, as this user. Use it only with plugins
that you would run as programs.";

/// Bytes of a plugin that are read.
const MOST: u64 = 64 << 20;

/// Bytes of a file in TOML that are read.
const MOST_TOML: u64 = 1 << 20;

pub(crate) fn run(args: &Run, streams: &mut Streams<'_>) -> Result<Exit, Stop> {
    let registry = registry(&args.store)?;
    let grants = match &args.grants {
        Some(path) => {
            let toml = text(path, MOST_TOML)?;
            registry.read_grants(&toml).map_err(|error| within(&path.display().to_string(), error))?
        }
        None if args.learn.is_some() => registry.grant_everything(),
        None => Grants::none(),
    };
    let (recorder, learner) = (Recorder::new(), Learner::new());
    let builder = Host::builder(registry.clone()).limits(hostfn_js::limits());
    let host = builder.observer(recorder.clone()).observer(learner.clone()).build()?;
    let plugin = load(args, &registry, &host)?;
    let outcome = call(args, &plugin, &grants);
    report(&recorder, streams);
    if let Some(path) = &args.learn {
        write(path, &learner.to_toml(plugin.name()))?;
        streams.note(&format!("{} is written", path.display()));
    }
    if let Some(reply) = outcome? {
        streams.print(&json(&reply))?;
    }
    Ok(Exit::Success)
}

fn registry(stores: &[String]) -> Result<Registry, Error> {
    let all = stores.iter().fold(kv::module().memory(":memory:"), kv::Options::memory);
    let builder = Registry::builder().module(clock::module()).module(env::module()).module(fs::module());
    let builder = builder.module(http::module()).module(all).module(log::module());
    builder.module(random::module()).module(sql::module()).build()
}

fn load(args: &Run, registry: &Registry, host: &Host) -> Result<Plugin, Stop> {
    let manifest = args.manifest.as_ref().map(|path| text(path, MOST_TOML)).transpose()?;
    let ending = args.plugin.extension().unwrap_or_default().to_string_lossy();
    if matches!(&*ending, "js" | "mjs" | "ts" | "mts") {
        let packer = Packer::new(registry).file(&args.plugin).map_err(Error::from)?;
        let wasm = packer.pack().map_err(Error::from)?;
        let name = args.plugin.file_stem().unwrap_or_default().to_string_lossy();
        return Ok(match manifest {
            Some(manifest) => host.load_with_manifest(&manifest, &wasm)?,
            None => host.load(name, &wasm)?,
        });
    }
    let Some(manifest) = manifest else { return Ok(host.load_file(&args.plugin)?) };
    let wasm = hostfn_core::read_file(&args.plugin, MOST).map_err(|error| {
        let what = format!("it cannot be read: {error}");
        unusable(&args.plugin.display().to_string(), &what, "name a WebAssembly module")
    })?;
    Ok(host.load_with_manifest(&manifest, &wasm)?)
}

/// Starts the plugin, and returns the reply of its function.
fn call(args: &Run, plugin: &Plugin, grants: &Grants) -> Result<Option<Value>, Error> {
    let argument = |text: &String| {
        serde_json::from_str(text).unwrap_or_else(|_| serde_json::Value::String(text.clone()))
    };
    let values: Vec<serde_json::Value> = args.args.iter().map(argument).collect();
    pollster::block_on(async {
        let mut instance = plugin.instantiate_async(grants).await?;
        let reply = match &args.export {
            Some(export) => Some(instance.call_async(export, values).await?),
            None => None,
        };
        instance.close()?;
        Ok(reply)
    })
}

/// Shows what the plugin logged and called, in order.
fn report(recorder: &Recorder, streams: &mut Streams<'_>) {
    let records = recorder.records();
    let shown: Vec<String> = records.iter().filter_map(line).collect();
    for line in &shown {
        streams.note(line);
    }
    let denied = records.iter().filter(|record| record.is_denied()).count();
    let calls = records.iter().filter(|record| record.function.is_some()).count();
    streams.note(&format!("{} of host functions, {denied} denied", plural(calls, "call")));
    if recorder.lost() > 0 {
        streams.note(&format!(
            "{} are not shown",
            plural(recorder.lost().try_into().unwrap_or(usize::MAX), "record")
        ));
    }
}

fn line(record: &Record) -> Option<String> {
    if let (Some(level), Some(text)) = (record.level, &record.text) {
        return Some(format!("{level}: {}", cut(text)));
    }
    let (module, function) = (record.module?, record.function?);
    let decision = record.decision.map_or("-", hostfn_core::Decision::as_str);
    let value = record.scope_value.as_deref().map(|value| format!(" `{}`", cut(value))).unwrap_or_default();
    let status = record.status_name.map(|name| format!(" {name}")).unwrap_or_default();
    let message = record.message.as_deref().map(|text| format!(": {}", cut(text))).unwrap_or_default();
    Some(format!("{decision:<12} {module}.{function}{value}{status}{message}"))
}

fn text(path: &Path, most: u64) -> Result<String, Stop> {
    let text = read_text_file(path, most).map_err(|error| {
        let what = format!("it cannot be read: {error}");
        unusable(&path.display().to_string(), &what, "name a file in TOML")
    })?;
    Ok(text)
}

/// Writes a file that does not exist yet.
fn write(path: &Path, text: &str) -> Result<(), Stop> {
    let written = File::create_new(path).and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|error| {
        let what = format!("it cannot be written: {error}");
        unusable(&path.display().to_string(), &what, "name a new file in an existing folder").into()
    })
}
