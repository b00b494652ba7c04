use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use hostfn_core::link::{Artifact, Surface};
use hostfn_core::{Error, Grants, Limits, Metric, Problem, open_regular_file};

use crate::inspect::{ListedHost, Subject, inspect};
use crate::options::{Asking, HostSource};
use crate::outcome::{Exit, Stop, Streams};
use crate::problem::{unusable, within};
use crate::source;
use crate::text::printable;

/// Show a plugin's imports, capabilities and problems without running it
#[derive(Debug, Args)]
#[command(after_long_help = NOTES)]
pub(crate) struct Inspect {
    /// WebAssembly module, or - for standard input
    #[arg(value_name = "PLUGIN")]
    plugin: PathBuf,
    #[command(flatten)]
    host: HostSource,
    /// Grants to check against, as TOML
    #[arg(long, value_name = "FILE", requires = "HostSource")]
    grants: Option<PathBuf>,
    /// Write the smallest grants with which it links to a new file
    #[arg(long, value_name = "FILE", requires = "HostSource")]
    grants_out: Option<PathBuf>,
    /// Contract that the plugin has to fulfil; can be repeated
    #[arg(long, value_name = "ID", requires = "HostSource")]
    contract: Vec<String>,
    /// Output format
    #[arg(long, value_enum, default_value_t = InspectFormat::Text)]
    format: InspectFormat,
    /// Load limit of the host (`Limits::load`), if not the default: `body_bytes=1048576`
    #[arg(long, value_name = "NAME=VALUE", value_parser = load_limit)]
    load_limit: Vec<(Metric, u64)>,
    /// Fuel limit of the host (`Limits::fuel`), if it meters fuel
    #[arg(long, value_name = "UNITS")]
    fuel: Option<u64>,
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
Runs the checks of `Host::load_file` and of `Plugin::instantiate`, and reports the same problems. Limits are the defaults
of a host, unless `--fuel` and `--load-limit` change them.

The smallest grants have an entry for each capability that an import requires. A module does not contain the arguments of
its calls, so scopes come from `--grants` or from the manifest. If neither has a scope, the entry is `{ allow = [] }`:
it grants nothing until you fill it in. A `hostfn::observe::Learner` that observes a trial run records the scopes that were used.

Exits with 1 when the host would not load the plugin, or not instantiate it with the grants; and when the plugin does not
fulfil each contract of which it exports an entry, or fulfils none although the host has contracts. With `--contract`, the
named contracts are the ones that count.";

/// Output formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum InspectFormat {
    /// Text for a terminal
    Text,
    /// JSON; see `hostfn schema inspection`
    Json,
    /// Markdown for a review or a wiki
    Markdown,
}

pub(crate) fn run(args: &Inspect, streams: &mut Streams<'_>) -> Result<Exit, Stop> {
    let mut limits = Limits::default();
    limits.fuel = args.fuel;
    args.load_limit.iter().for_each(|(metric, limit)| limits.load.set(*metric, *limit));
    let artifact = if args.plugin == Path::new("-") {
        Artifact::from_reader("standard input", io::stdin().lock(), &limits.load)?
    } else {
        Artifact::read(&args.plugin, &limits.load)?
    };
    let listing = args.host.source().map(|source| source::read(source, &args.asking, streams)).transpose()?;
    let host = listing.map(ListedHost::from_listing).transpose()?;
    let grants = match (&args.grants, &host) {
        (Some(path), Some(host)) => Some(grants(path, host)?),
        _ => None,
    };
    if let Some(host) = &host {
        known(&args.contract, host)?;
    }
    let inspection = inspect(&Subject {
        artifact: &artifact,
        host: host.as_ref(),
        grants: grants.as_ref(),
        limits: &limits,
        contracts: &args.contract,
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
    let is_judged = host.is_some();
    let passes = !inspection.is_refused() && (!is_judged || inspection.is_fulfilling());
    Ok(if passes { Exit::Success } else { Exit::Denied })
}

/// Checks that the host has the contracts that are required.
fn known(required: &[String], host: &ListedHost) -> Result<(), Problem> {
    let contracts = host.contracts();
    let Some(unknown) = required.iter().find(|id| !contracts.iter().any(|row| row.id == **id)) else {
        return Ok(());
    };
    let ids: Vec<_> = contracts.iter().map(|row| format!("`{}`", row.id.escape_debug())).collect();
    let remedy = match ids.len() {
        0 => "leave out `--contract`: the host has no contracts".to_owned(),
        _ => format!("name one of {}", ids.join(", ")),
    };
    let what = format!("the host has no contract `{}`", unknown.escape_debug());
    Err(unusable("--contract", &what, &remedy))
}

fn grants(path: &Path, host: &ListedHost) -> Result<Grants, Error> {
    let name = path.display().to_string();
    // as large as a manifest can be
    let mut text = String::new();
    let read = open_regular_file(path).and_then(|file| file.take((1 << 20) + 1).read_to_string(&mut text));
    read.map_err(|error| unusable(&name, &format!("it cannot be read: {error}"), "name a grants file"))?;
    if text.len() > 1 << 20 {
        return Err(unusable(&name, "it is larger than 1 MiB", "name a grants file").into());
    }
    Grants::from_toml(&text, host.capabilities()).map_err(|problems| within(&name, problems.into()))
}

/// Never overwrites: an existing file may have been filled in by hand.
fn write_new(path: &Path, text: &str) -> Result<(), Problem> {
    let write = File::create_new(path).and_then(|mut file| file.write_all(text.as_bytes()));
    write.map_err(|error| {
        let what = format!("the grants cannot be written there: {error}");
        unusable(&path.display().to_string(), &what, "name a new file in an existing folder")
    })
}
