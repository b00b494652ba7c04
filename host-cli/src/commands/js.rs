use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use hostfn_core::read_text_file;
use hostfn_js::Packer;

use crate::options::{Asking, HostSource};
use crate::outcome::{Exit, Stop, Streams};
use crate::problem::unusable;
use crate::source;

/// Make plugins from JavaScript and TypeScript
#[derive(Debug, Args)]
pub(crate) struct Js {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Pack(Pack),
}

/// Pack a script, in JavaScript or TypeScript, and the modules that it imports into a plugin
#[derive(Debug, Args)]
#[command(after_long_help = NOTES)]
struct Pack {
    /// Main module of the plugin
    #[arg(value_name = "SCRIPT")]
    script: PathBuf,
    #[command(flatten)]
    host: HostSource,
    /// Output file; an existing plugin is replaced
    #[arg(long, short, value_name = "FILE")]
    out: PathBuf,
    /// Manifest that the plugin carries
    #[arg(long, value_name = "FILE")]
    manifest: Option<PathBuf>,
    /// Contract that the default export fulfils
    #[arg(long, value_name = "ID")]
    contract: Vec<String>,
    #[command(flatten)]
    asking: Asking,
}

const NOTES: &str = "\
The plugin imports exactly those host functions that its modules name: `import { get } from \"host:kv\"`. It is loaded,
inspected and granted like a plugin in any other language.

A module whose name ends in .ts or .mts is in TypeScript. Its types are removed and not checked: `hostfn bindgen --language
typescript` writes declarations for `tsc`.

Modules of the plugin import each other by relative paths. What lies outside the folder of the main module is not read.
Nothing of the script runs.";

/// Bytes of a manifest that are read.
const MOST: u64 = 1 << 20;

pub(crate) fn run(args: &Js, streams: &mut Streams<'_>) -> Result<Exit, Stop> {
    let Command::Pack(pack) = &args.command;
    let Some(source) = pack.host.source() else {
        return Err(Stop::Usage("the host is missing; name it with `--listing` or `--program`".to_owned()));
    };
    let listing = source::read(source, &pack.asking, streams)?;
    let mut packer = Packer::from_listing(&listing).file(&pack.script).map_err(hostfn_core::Error::from)?;
    if let Some(path) = &pack.manifest {
        let manifest = read_text_file(path, MOST).map_err(|error| {
            let what = format!("it cannot be read: {error}");
            unusable(&path.display().to_string(), &what, "name a manifest in TOML")
        })?;
        packer = packer.manifest(manifest);
    }
    let packer = pack.contract.iter().fold(packer, Packer::contract);
    let wasm = packer.pack().map_err(hostfn_core::Error::from)?;
    write(&pack.out, &wasm)?;
    streams.note(&format!("{} is written", pack.out.display()));
    Ok(Exit::Success)
}

/// Writes a plugin, and never over something else.
fn write(path: &Path, wasm: &[u8]) -> Result<(), Stop> {
    let found = hostfn_core::read_file(path, u64::MAX);
    if path.is_symlink() || found.is_ok_and(|found| !found.is_empty() && !found.starts_with(b"\0asm")) {
        let what = "it exists, and is no plugin";
        return Err(
            unusable(&path.display().to_string(), what, "name another file, or move that one away").into()
        );
    }
    let written = File::create(path).and_then(|mut file| file.write_all(wasm));
    written.map_err(|error| {
        let what = format!("it cannot be written: {error}");
        unusable(&path.display().to_string(), &what, "name a file in an existing folder").into()
    })
}
