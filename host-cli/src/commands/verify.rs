use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::options::{Asking, BuildSource};
use crate::outcome::{Exit, Stop, Streams};
use crate::source;
use crate::text::printable;
use crate::verify::verify;

/// Find annotated functions that a build lacks, and handwritten specs
#[derive(Debug, Args)]
#[command(after_long_help = NOTES)]
pub(crate) struct Verify {
    /// Folder of the package, with its Cargo.toml
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
    #[command(flatten)]
    build: BuildSource,
    /// Output format
    #[arg(long, value_enum, default_value_t = VerifyFormat::Text)]
    format: VerifyFormat,
    #[command(flatten)]
    asking: Asking,
}

const NOTES: &str = "\
Reads the sources under `src` and the modules that the library and the programs declare; builds nothing. Functions that a
macro of the package generates are not found. Functions under `#[cfg(test)]` are counted, and may be missing.

Exits with 1 when the listing lacks an annotated function, or when a file cannot be read.";

/// Output formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum VerifyFormat {
    /// Text for a terminal
    Text,
    /// JSON; see `hostfn schema verification`
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
