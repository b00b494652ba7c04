//! Arguments that several commands share.

use std::fmt;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use hostfn_core::Class;

/// Source of a command's listing. A file is only ever read; a program is run, and only because it was named as
/// one.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Source<'a> {
    File(&'a Path),
    Program(&'a Path),
}

impl<'a> Source<'a> {
    /// The program, if one is named, or else the file.
    fn from_options(file: Option<&'a PathBuf>, program: Option<&'a PathBuf>) -> Option<Self> {
        program.map(|path| Source::Program(path)).or(file.map(|path| Source::File(path)))
    }

    /// The name of a program. A file does not tell which program wrote it.
    pub(crate) fn program_name(self) -> Option<String> {
        match self {
            Source::Program(path) => path.file_name().map(|name| name.to_string_lossy().into_owned()),
            Source::File(_) => None,
        }
    }
}

/// As it is written on a command line.
impl fmt::Display for Source<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::File(path) => write!(f, "{}", path.display()),
            Source::Program(path) => write!(f, "--program {}", path.display()),
        }
    }
}

/// The listing of `list`, `check` and `bindgen`.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct Listed {
    #[arg(value_name = "SOURCE", help = SOURCE)]
    source: Option<PathBuf>,
    #[arg(long, value_name = "PROGRAM", help = PROGRAM)]
    program: Option<PathBuf>,
}

impl Listed {
    pub(crate) fn source(&self) -> Source<'_> {
        Source::from_options(self.source.as_ref(), self.program.as_ref()).expect("the group is required")
    }
}

/// The newer listing of `diff`.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct Newer {
    #[arg(value_name = "NEW", help = "New listing: JSON, a hostfn.lock, or - for standard input")]
    new: Option<PathBuf>,
    #[arg(long, value_name = "PROGRAM", help = PROGRAM)]
    program: Option<PathBuf>,
}

impl Newer {
    pub(crate) fn source(&self) -> Source<'_> {
        Source::from_options(self.new.as_ref(), self.program.as_ref()).expect("the group is required")
    }
}

/// The host that `inspect` compares with.
#[derive(Debug, Args)]
#[group(multiple = false)]
pub(crate) struct HostSource {
    #[arg(long, value_name = "SOURCE", help = format!("Host to check against. {SOURCE}"))]
    listing: Option<PathBuf>,
    #[arg(long, value_name = "PROGRAM", help = PROGRAM)]
    program: Option<PathBuf>,
}

impl HostSource {
    pub(crate) fn source(&self) -> Option<Source<'_>> {
        Source::from_options(self.listing.as_ref(), self.program.as_ref())
    }
}

/// The build that `verify` compares with.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct BuildSource {
    #[arg(long, value_name = "SOURCE", help = format!("Build to compare with. {SOURCE}"))]
    listing: Option<PathBuf>,
    #[arg(long, value_name = "PROGRAM", help = PROGRAM)]
    program: Option<PathBuf>,
}

impl BuildSource {
    pub(crate) fn source(&self) -> Source<'_> {
        Source::from_options(self.listing.as_ref(), self.program.as_ref()).expect("the group is required")
    }
}

/// Timeout for a program that prints its listing.
#[derive(Debug, Args)]
pub(crate) struct Asking {
    /// Timeout for the program, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub(crate) timeout: u64,
}

/// Output formats of a listing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ListFormat {
    /// Text for a terminal
    Text,
    /// JSON; see `hostfn schema listing`
    Json,
    /// Markdown for a review or a wiki
    Markdown,
    /// Self-contained HTML page
    Html,
    /// Lock file, as `hostfn.lock`
    Lock,
}

/// Output formats of differences.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum DiffFormat {
    /// Text for a terminal
    Text,
    /// JSON; see `hostfn schema diff`
    Json,
    /// Markdown for a review or a wiki
    Markdown,
    /// Self-contained HTML page
    Html,
    /// SARIF 2.1.0 for code scanning
    Sarif,
}

/// Help text of `SOURCE`.
pub(crate) const SOURCE: &str =
    "Listing: JSON, a hostfn.lock, or - for standard input. The file is never run";

/// Help text of `--program`.
const PROGRAM: &str = "Run this host program and read its listing; it must call `hostfn::cli::answer`";

/// Parses the name of a class.
pub(crate) fn class(word: &str) -> Result<Class, String> {
    word.parse().map_err(|error: hostfn_core::UnknownClass| error.to_string())
}
