use std::path::PathBuf;

use clap::Args;
use hostfn_core::Class;

use crate::judged::Judged;
use crate::options::{self, Asking, DiffFormat, Listed};
use crate::outcome::{Exit, Stop, Streams};
use crate::{formats, source};

/// Compare the current surface with hostfn.lock
#[derive(Debug, Args)]
pub(crate) struct Check {
    #[command(flatten)]
    listed: Listed,
    /// Reviewed listing: a hostfn.lock, or JSON
    #[arg(long, value_name = "LOCK", default_value = "hostfn.lock")]
    lock: PathBuf,
    /// Exit with 1 on changes of these classes only: widens, breaks, surprises, narrows, docs
    #[arg(long, value_name = "CLASS", value_delimiter = ',', value_parser = options::class,
          default_value = "widens,breaks,surprises,narrows,docs")]
    deny: Vec<Class>,
    /// Output format
    #[arg(long, value_enum, default_value_t = DiffFormat::Text)]
    format: DiffFormat,
    #[command(flatten)]
    asking: Asking,
}

pub(crate) fn run(args: &Check, streams: &mut Streams<'_>) -> Result<Exit, Stop> {
    let reviewed = source::read_lock(&args.lock, args.listed.source())?;
    let now = source::read(args.listed.source(), &args.asking, streams)?;
    let diff = reviewed.diff(&now);
    formats::judged(streams, &Judged { diff: &diff, denied: &args.deny, old: &args.lock }, args.format)
}
