//! The command line: the subcommands and which function runs each.

use clap::{CommandFactory, Parser, Subcommand};

use crate::commands;
use crate::outcome::{Exit, Stop, Streams};

/// Lists, compares and enforces what a WebAssembly host lets its plugins call
#[derive(Debug, Parser)]
#[command(name = "hostfn", version, term_width = 100, after_help = EXIT_CODES)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

const EXIT_CODES: &str = "\
Exit codes:
  0  success
  1  check failed: denied differences, a plugin that would not link, missing annotated functions,
     outdated bindings
  2  usage or I/O error";

#[derive(Debug, Subcommand)]
enum Command {
    List(commands::list::List),
    Diff(commands::diff::Diff),
    Check(commands::check::Check),
    Inspect(commands::inspect::Inspect),
    Verify(commands::verify::Verify),
    Expand(commands::expand::Expand),
    Bindgen(commands::bindgen::Bindgen),
    Js(commands::js::Js),
    #[cfg(feature = "run")]
    Run(commands::run::Run),
    New(commands::new::New),
    Explain(commands::explain::Explain),
    Schema(commands::schema::Schema),
    Completions(commands::completions::Completions),
    Man(commands::man::Man),
}

impl Args {
    /// Runs the subcommand.
    pub(crate) fn run(self, streams: &mut Streams<'_>) -> Result<Exit, Stop> {
        match self.command {
            Command::List(args) => commands::list::run(&args, streams),
            Command::Diff(args) => commands::diff::run(&args, streams),
            Command::Check(args) => commands::check::run(&args, streams),
            Command::Inspect(args) => commands::inspect::run(&args, streams),
            Command::Verify(args) => commands::verify::run(&args, streams),
            Command::Expand(args) => commands::expand::run(&args, streams),
            Command::Bindgen(args) => commands::bindgen::run(&args, streams),
            Command::Js(args) => commands::js::run(&args, streams),
            #[cfg(feature = "run")]
            Command::Run(args) => commands::run::run(&args, streams),
            Command::New(args) => commands::new::run(&args, streams),
            Command::Explain(args) => commands::explain::run(&args, streams),
            Command::Schema(args) => commands::schema::run(&args, streams),
            Command::Completions(args) => commands::completions::run(&args, Args::command(), streams),
            Command::Man(args) => commands::man::run(&args, Args::command(), streams),
        }
    }
}
