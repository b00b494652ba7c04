use std::path::PathBuf;

use clap::Args;
use hostfn_core::Class;

use crate::judged::Judged;
use crate::options::{self, Asking, DiffFormat, Newer, Source};
use crate::outcome::{Exit, Stop, Streams};
use crate::{formats, source};

/// Show changes between two listings, widening first
#[derive(Debug, Args)]
#[command(override_usage = "hostfn diff [OPTIONS] <OLD> <NEW|--program <PROGRAM>>")]
pub(crate) struct Diff {
    #[arg(value_name = "OLD", help = "Old listing: JSON, a hostfn.lock, or - for standard input")]
    old: PathBuf,
    #[command(flatten)]
    newer: Newer,
    /// Exit with 1 on changes of these classes: widens, breaks, surprises, narrows, docs
    #[arg(long, value_name = "CLASS", value_delimiter = ',', value_parser = options::class)]
    deny: Vec<Class>,
    /// Output format
    #[arg(long, value_enum, default_value_t = DiffFormat::Text)]
    format: DiffFormat,
    #[command(flatten)]
    asking: Asking,
}

pub(crate) fn run(args: &Diff, streams: &mut Streams<'_>) -> Result<Exit, Stop> {
    let old = source::read(Source::File(&args.old), &args.asking, streams)?;
    let new = source::read(args.newer.source(), &args.asking, streams)?;
    let diff = old.diff(&new);
    formats::judged(streams, &Judged { diff: &diff, denied: &args.deny, old: &args.old }, args.format)
}
