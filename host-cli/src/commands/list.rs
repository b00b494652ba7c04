use clap::Args;

use crate::options::{Asking, ListFormat, Listed};
use crate::outcome::{Exit, Stop, Streams};
use crate::{formats, source};

/// List the functions, capabilities and contracts that plugins can use
#[derive(Debug, Args)]
pub(crate) struct List {
    #[command(flatten)]
    listed: Listed,
    /// Output format
    #[arg(long, value_enum, default_value_t = ListFormat::Text)]
    format: ListFormat,
    #[command(flatten)]
    asking: Asking,
}

pub(crate) fn run(args: &List, streams: &mut Streams<'_>) -> Result<Exit, Stop> {
    let listing = source::read(args.listed.source(), &args.asking, streams)?;
    streams.print(&formats::listing(&listing, args.format))?;
    Ok(Exit::Success)
}
