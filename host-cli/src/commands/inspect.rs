use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use hostfn_core::{Code, Error, Grants, LoadLimits, Metric, Problem, open_regular_file};

use crate::inspect::{Known, Subject, inspect};
use crate::options::{Asking, HostSource};
use crate::outcome::{Exit, Stop, Streams};
use crate::problem::{unusable, within};
use crate::source;
use crate::text::printable;

/// Show what a plugin is and needs, without running it
#[derive(Debug, Args)]
#[command(after_long_help = NOTES)]
pub(crate) struct Inspect {
    /// The plugin: a WebAssembly module, or - for standard input
    #[arg(value_name = "PLUGIN")]
    plugin: PathBuf,
    #[command(flatten)]
    host: HostSource,
    /// The grants that it is held to, as TOML
    #[arg(long, value_name = "FILE", requires = "HostSource")]
    grants: Option<PathBuf>,
    /// Write the smallest grants file that would let it link to a new file
    #[arg(long, value_name = "FILE", requires = "HostSource")]
    grants_out: Option<PathBuf>,
    /// How to show it
    #[arg(long, value_enum, default_value_t = InspectFormat::Text)]
    format: InspectFormat,
    /// The largest plugin that is read, in MiB; memory is a small multiple of it
    #[arg(long, value_name = "MIB", default_value_t = 64, value_parser = clap::value_parser!(u64).range(1..=4096))]
    max_size: u64,
    /// A limit of the host on what compiling may cost, where it is not the default, as `body_bytes=1048576`
    #[arg(long, value_name = "NAME=VALUE", value_parser = load_limit)]
    load_limit: Vec<(Metric, u64)>,
    #[command(flatten)]
    asking: Asking,
}

fn load_limit(text: &str) -> Result<(Metric, u64), String> {
    let (name, value) = text.split_once('=').ok_or("expected NAME=VALUE")?;
    let metric = Metric::ALL.iter().find(|metric| metric.field() == name);
    let names = || Metric::ALL.iter().map(|metric| metric.field()).collect::<Vec<_>>().join(", ");
    let metric = metric.ok_or_else(|| format!("unknown limit; write one of {}", names()))?;
    Ok((*metric, value.parse().map_err(|_| "expected a number after `=`")?))
}

const NOTES: &str = "\
The smallest grants have an entry for each capability that an import requires and nothing else. With what values a
plugin calls a function is not written in it, so scopes cannot be known: what the grants give or the manifest asks for
is taken over, and where neither says it, the entry is `{ allow = [] }`, which grants nothing until it is filled in.
A `hostfn::observe::Learner` that observes a trial run tells what was used.

Ends with 1 when the host of the listing would not load the plugin, or not instantiate it with the grants.";

/// The forms in which a plugin is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum InspectFormat {
    /// For a terminal
    Text,
    /// For programs; `hostfn schema inspection` describes it
    Json,
    /// For a review or a wiki
    Markdown,
}

pub(crate) fn run(args: &Inspect, streams: &mut Streams<'_>) -> Result<Exit, Stop> {
    let is_stdin = args.plugin == Path::new("-");
    let wasm = bytes(&args.plugin, args.max_size)?;
    let listing = args.host.source().map(|source| source::read(source, &args.asking, streams)).transpose()?;
    let host = listing.map(Known::of).transpose()?;
    let grants = match (&args.grants, &host) {
        (Some(path), Some(host)) => Some(grants(path, host)?),
        _ => None,
    };
    let mut limits = LoadLimits::default();
    args.load_limit.iter().for_each(|(metric, limit)| limits.set(*metric, *limit));
    let name = args.plugin.file_stem().unwrap_or_default().to_string_lossy();
    let inspection = inspect(&Subject {
        name: if is_stdin { "standard input" } else { &name },
        path: (!is_stdin).then_some(&args.plugin),
        wasm: &wasm,
        host: host.as_ref(),
        grants: grants.as_ref(),
        limits,
    })?;
    if let (Some(path), Some(grants)) = (&args.grants_out, inspection.grants()) {
        write_new(path, grants)?;
    }
    let text = match args.format {
        InspectFormat::Text => printable(&inspection.to_text()).into_owned(),
        InspectFormat::Json => inspection.to_json(),
        InspectFormat::Markdown => printable(&inspection.to_markdown()).into_owned(),
    };
    streams.print(&text)?;
    Ok(if inspection.is_refused() { Exit::Denied } else { Exit::Success })
}

/// At most `most` MiB are read, whatever the file says of its size.
fn bytes(path: &Path, most: u64) -> Result<Vec<u8>, Problem> {
    let mut bytes = Vec::new();
    let limit = most << 20;
    let read = if path == Path::new("-") {
        io::stdin().lock().take(limit + 1).read_to_end(&mut bytes)
    } else {
        open_regular_file(path).and_then(|file| file.take(limit + 1).read_to_end(&mut bytes))
    };
    let problem =
        |what: String, remedy: &str| Problem::new(Code::Unreadable, path.display().to_string(), what, remedy);
    read.map_err(|error| {
        if error.kind() == io::ErrorKind::InvalidInput {
            let remedy = "name a module, or `-` to read one from standard input";
            return Problem::new(Code::NotAFile, path.display().to_string(), error.to_string(), remedy);
        }
        problem(format!("it cannot be read: {error}"), "check the path and its permissions")
    })?;
    if bytes.len() as u64 > limit {
        let what = format!("it is larger than {most} MiB");
        return Err(problem(what, "name a plugin, or let more be read with `--max-size`"));
    }
    Ok(bytes)
}

fn grants(path: &Path, host: &Known) -> Result<Grants, Error> {
    let name = path.display().to_string();
    // no grants file is larger than a manifest can be
    let mut text = String::new();
    let read = open_regular_file(path).and_then(|file| file.take((1 << 20) + 1).read_to_string(&mut text));
    read.map_err(|error| unusable(&name, &format!("it cannot be read: {error}"), "name a grants file"))?;
    if text.len() > 1 << 20 {
        return Err(unusable(&name, "it is larger than 1 MiB", "name a grants file").into());
    }
    Grants::from_toml(&text, host.capabilities()).map_err(|problems| within(&name, problems.into()))
}

/// What is there already may have been filled in by hand.
fn write_new(path: &Path, text: &str) -> Result<(), Problem> {
    let write = File::create_new(path).and_then(|mut file| file.write_all(text.as_bytes()));
    write.map_err(|error| {
        let what = format!("the grants cannot be written there: {error}");
        unusable(&path.display().to_string(), &what, "name a file that is not there yet, in a folder that is")
    })
}
