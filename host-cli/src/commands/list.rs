use clap::{Args, ValueEnum};
use hostfn_core::{GroupBy, Layout};

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
    /// Sections of text and Markdown
    #[arg(long, value_enum, value_name = "SECTIONS")]
    group_by: Option<Sections>,
    /// Print one line of text for each function, for grep
    #[arg(long, conflicts_with = "group_by")]
    compact: bool,
    #[command(flatten)]
    asking: Asking,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Sections {
    /// By the required capability (default)
    Capability,
    /// By host module, or else by import module
    Module,
}

pub(crate) fn run(args: &List, streams: &mut Streams<'_>) -> Result<Exit, Stop> {
    let group_by = match args.group_by {
        None | Some(Sections::Capability) => GroupBy::Capability,
        Some(Sections::Module) => GroupBy::Module,
    };
    if args.group_by.is_some() && !matches!(args.format, ListFormat::Text | ListFormat::Markdown) {
        return Err(Stop::Usage(
            "this format has no sections; use `--group-by` with text or markdown".into(),
        ));
    }
    if args.compact && args.format != ListFormat::Text {
        return Err(Stop::Usage("only text has a compact form; use `--compact` without `--format`".into()));
    }
    let source = args.listed.source();
    let listing = source::read(source, &args.asking, streams)?;
    let program = source.program_name();
    let layout = Layout { program: program.as_deref(), group_by, styled: true };
    let text = if args.compact {
        listing.to_compact_text(true)
    } else {
        formats::listing(&listing, args.format, &layout)
    };
    streams.print(&text)?;
    Ok(Exit::Success)
}
