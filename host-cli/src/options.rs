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
    fn of(file: Option<&'a PathBuf>, program: Option<&'a PathBuf>) -> Option<Self> {
        program.map(|path| Source::Program(path)).or(file.map(|path| Source::File(path)))
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
        Source::of(self.source.as_ref(), self.program.as_ref()).expect("the group is required")
    }
}

/// The newer listing of `diff`.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct Newer {
    #[arg(value_name = "NEW", help = "The newer listing; as for OLD")]
    new: Option<PathBuf>,
    #[arg(long, value_name = "PROGRAM", help = PROGRAM)]
    program: Option<PathBuf>,
}

impl Newer {
    pub(crate) fn source(&self) -> Source<'_> {
        Source::of(self.new.as_ref(), self.program.as_ref()).expect("the group is required")
    }
}

/// The host that `inspect` compares with.
#[derive(Debug, Args)]
#[group(multiple = false)]
pub(crate) struct HostSource {
    #[arg(long, value_name = "SOURCE", help = format!("The listing of the host to compare with. {SOURCE}"))]
    listing: Option<PathBuf>,
    #[arg(long, value_name = "PROGRAM", help = PROGRAM)]
    program: Option<PathBuf>,
}

impl HostSource {
    pub(crate) fn source(&self) -> Option<Source<'_>> {
        Source::of(self.listing.as_ref(), self.program.as_ref())
    }
}

/// The build that `verify` compares with.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct BuildSource {
    #[arg(long, value_name = "SOURCE", help = format!("The listing of the build to compare with. {SOURCE}"))]
    listing: Option<PathBuf>,
    #[arg(long, value_name = "PROGRAM", help = PROGRAM)]
    program: Option<PathBuf>,
}

impl BuildSource {
    pub(crate) fn source(&self) -> Source<'_> {
        Source::of(self.listing.as_ref(), self.program.as_ref()).expect("the group is required")
    }
}

/// How long a program that is asked for its listing may take.
#[derive(Debug, Args)]
pub(crate) struct Asking {
    /// How many seconds a program has to answer with its listing
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub(crate) timeout: u64,
}

/// The forms in which a listing is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ListFormat {
    /// For a terminal
    Text,
    /// For programs; `hostfn schema listing` describes it
    Json,
    /// For a review or a wiki
    Markdown,
    /// A page for a browser, in one file
    Html,
    /// As `hostfn.lock` has it
    Lock,
}

/// The forms in which differences are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum DiffFormat {
    /// For a terminal
    Text,
    /// For programs; `hostfn schema diff` describes it
    Json,
    /// For a review or a wiki
    Markdown,
    /// A page for a browser, in one file
    Html,
    /// SARIF 2.1.0, which code hosts show at the line
    Sarif,
}

/// `SOURCE` as help explains it.
pub(crate) const SOURCE: &str =
    "A listing as JSON, a hostfn.lock, or - for standard input. It is read and never run";

/// `--program` as help explains it.
const PROGRAM: &str =
    "Run this program, which calls `hostfn::cli::answer`, and take the listing that it prints";

/// Reads the name of a class.
pub(crate) fn class(word: &str) -> Result<Class, String> {
    word.parse().map_err(|error: hostfn_core::UnknownClass| error.to_string())
}
