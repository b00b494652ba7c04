//! What the command takes.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};
use host_core::Class;

use crate::commands;

/// Read, diff and enforce what a host lets its plugins reach.
#[derive(Debug, Parser)]
#[command(name = "hostfn", version, term_width = 100, after_help = EXIT_CODES)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXIT_CODES: &str = "\
Exit codes:
  0  all is well
  1  there is something to refuse: differences that were denied, a plugin that would not link,
     annotated functions that the listing lacks, bindings that are out of date
  2  the command could not do its work: its arguments, or what it read";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    List(commands::list::List),
    Diff(commands::diff::Diff),
    Check(commands::check::Check),
    Inspect(commands::inspect::Inspect),
    Verify(commands::verify::Verify),
    Bindgen(commands::bindgen::Bindgen),
    Explain(commands::explain::Explain),
    Schema(commands::schema::Schema),
    Completions(commands::completions::Completions),
    Man(commands::man::Man),
}

/// How long a program that is asked for its listing may take.
#[derive(Debug, ClapArgs)]
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
pub(crate) const SOURCE: &str = "A listing as JSON, a hostfn.lock, a program that calls `hostfn::cli::answer`, or - for \
                                 standard input";

/// A path, or `-`.
pub(crate) type Source = PathBuf;

/// Reads the name of a class.
pub(crate) fn class(word: &str) -> Result<Class, String> {
    word.parse().map_err(|error: host_core::UnknownClass| error.to_string())
}
