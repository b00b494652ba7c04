use clap::Args;

use crate::args::{Asking, ListFormat, Listed};
use crate::output;
use crate::{Exit, Stop, Streams, source};

/// Show what plugins can reach: functions, capabilities, contracts
#[derive(Debug, Args)]
pub(crate) struct List {
    #[command(flatten)]
    listed: Listed,
    /// How to show it
    #[arg(long, value_enum, default_value_t = ListFormat::Text)]
    format: ListFormat,
    #[command(flatten)]
    asking: Asking,
}

pub(crate) fn run(args: &List, streams: &mut Streams<'_>) -> Result<Exit, Stop> {
    let listing = source::read(args.listed.source(), &args.asking, streams)?;
    output::text(streams, &output::listing(&listing, args.format))?;
    Ok(Exit::Success)
}
