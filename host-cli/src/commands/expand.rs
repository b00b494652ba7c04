use std::path::PathBuf;

use clap::Args;

use crate::outcome::{Exit, Stop, Streams};
use crate::text::printable;
use crate::verify::expand;

/// Print what `#[host_fn]` generates for a function
#[derive(Debug, Args)]
#[command(after_long_help = NOTES)]
pub(crate) struct Expand {
    /// Function: `greet`, or `host.greet`
    #[arg(value_name = "FN")]
    function: String,
    /// Folder of the package, with its Cargo.toml
    #[arg(value_name = "FOLDER", default_value = ".")]
    folder: PathBuf,
}

const NOTES: &str = "\
Reads the sources under `src` and the modules that the library and the programs declare; builds nothing. The output is what
the compiler gets from the macro, formatted. Functions that a macro of the package generates are not found.";

pub(crate) fn run(args: &Expand, streams: &mut Streams<'_>) -> Result<Exit, Stop> {
    let expanded = expand(&args.folder, &args.function)?;
    streams.print(&printable(&expanded))?;
    Ok(Exit::Success)
}
