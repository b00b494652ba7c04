use clap::Args;

use crate::args::{Asking, Format, SOURCE, Source};
use crate::output::{self, View};
use crate::{Exit, Stop, Streams, source};

/// Show what plugins can reach: functions, capabilities, contracts
#[derive(Debug, Args)]
pub(crate) struct List {
    #[arg(value_name = "SOURCE", help = SOURCE)]
    source: Source,
    /// How to show it
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    #[command(flatten)]
    asking: Asking,
}

pub(crate) fn run(args: &List, streams: &mut Streams<'_>) -> Result<Exit, Stop> {
    let listing = source::read(&args.source, &args.asking, streams)?;
    output::write(streams, View::Listing(&listing), args.format)?;
    Ok(Exit::Success)
}
