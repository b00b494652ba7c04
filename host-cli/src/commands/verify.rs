use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::options::{Asking, BuildSource};
use crate::outcome::{Exit, Stop, Streams};
use crate::source;
use crate::text::printable;
use crate::verify::verify;

/// Find annotated functions that a build lacks, and those that are written by hand
#[derive(Debug, Args)]
#[command(after_long_help = NOTES)]
pub(crate) struct Verify {
    /// The folder of the package, with its Cargo.toml
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
    #[command(flatten)]
    build: BuildSource,
    /// How to show it
    #[arg(long, value_enum, default_value_t = VerifyFormat::Text)]
    format: VerifyFormat,
    #[command(flatten)]
    asking: Asking,
}

const NOTES: &str = "\
Nothing is built: the sources beneath `src` are read, and what the library and the programs declare as modules. A
function that a macro of the package's own writes is not seen. What is under `#[cfg(test)]` is counted and not missed.

Ends with 1 when the listing lacks an annotated function, or a file cannot be read.";

/// The forms in which it is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum VerifyFormat {
    /// For a terminal
    Text,
    /// For programs; `hostfn schema verification` describes it
    Json,
}

pub(crate) fn run(args: &Verify, streams: &mut Streams<'_>) -> Result<Exit, Stop> {
    let listing = source::read(args.build.source(), &args.asking, streams)?;
    let found = verify(&args.folder, &listing)?;
    let text = match args.format {
        VerifyFormat::Text => printable(&found.to_text()).into_owned(),
        VerifyFormat::Json => found.to_json(),
    };
    streams.print(&text)?;
    Ok(if found.is_complete() { Exit::Success } else { Exit::Denied })
}
