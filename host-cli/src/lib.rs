//! The `hostfn` command: read, diff and enforce what a host lets its plugins reach.
//!
//! | | |
//! |---|---|
//! | `hostfn list SOURCE` | what plugins can reach |
//! | `hostfn diff OLD NEW` | what changed, and whether it lets them reach more |
//! | `hostfn check SOURCE` | the same against `hostfn.lock`; ends with 1 on what is denied |
//! | `hostfn inspect PLUGIN` | what a plugin is and needs, without running it |
//! | `hostfn verify FOLDER` | annotated functions that a build lacks, and those that are written by hand |
//! | `hostfn bindgen SOURCE` | typed functions for plugins in Rust, C and other languages |
//! | `hostfn explain H0310` | what a code means, an example, the remedy |
//! | `hostfn schema`, `completions`, `man` | JSON Schemas, shell completions, manual pages |
//!
//! A listing comes from JSON, from a `hostfn.lock`, or from a program that calls [`hostfn_core::cli::answer`] first and is named with `--program`. Files are never run. How they are
//! used together, `docs/review.md` shows: a review of a pull request that lets plugins reach more.
//!
//! Exit codes: 0, all is well; 1, there is something to refuse, such as differences that were denied or a plugin that
//! would not link; 2, the command could not do its work.

mod args;
mod ask;
mod commands;
mod inspect;
mod output;
mod page;
mod pages;
mod sarif;
mod source;
mod verify;

use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;
use hostfn_core::{Error, Untrusted};

use args::{Args, Command};

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// All is well: 0.
    Success,
    /// There is something to refuse, such as differences that were denied or a plugin that would not link: 1.
    Denied,
    /// The command could not do its work, because of its arguments or of what it read: 2.
    Failure,
}

impl Exit {
    /// The number for the operating system.
    pub const fn code(self) -> u8 {
        match self {
            Exit::Success => 0,
            Exit::Denied => 1,
            Exit::Failure => 2,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        exit.code().into()
    }
}

/// Where a command's text goes. It may hold ANSI styles; `anstream` takes them out where they are not wanted.
pub(crate) struct Streams<'s> {
    pub(crate) out: &'s mut dyn Write,
    pub(crate) err: &'s mut dyn Write,
}

/// What keeps a command from doing its work.
#[derive(Debug)]
pub(crate) enum Stop {
    /// What a person can put right.
    Error(Error),
    /// An argument that makes no sense.
    Usage(String),
    /// The output cannot be written.
    Output(io::Error),
}

impl<E: Into<Error>> From<E> for Stop {
    fn from(error: E) -> Self {
        Stop::Error(error.into())
    }
}

/// Runs the command that `args` say, the program's name first. `cargo hostfn` hands on its own name as well, which is
/// passed over.
///
/// What is written may hold ANSI styles: wrap the streams with `anstream` where they are not wanted.
///
/// ```
/// let mut out = Vec::new();
/// let exit = hostfn_cli::run(["hostfn", "--version"], &mut out, &mut Vec::new());
/// assert_eq!(exit, hostfn_cli::Exit::Success);
/// assert!(out.starts_with(b"hostfn "));
/// ```
pub fn run(
    args: impl IntoIterator<Item = impl Into<OsString>>,
    stdout: &mut dyn Write,
    stderr: &mut dyn Write,
) -> Exit {
    let mut streams = Streams { out: stdout, err: stderr };
    let mut args: Vec<OsString> = args.into_iter().map(Into::into).collect();
    if args.get(1).is_some_and(|arg| arg == "hostfn") {
        args.remove(0);
    }
    let done = match Args::try_parse_from(args) {
        Ok(args) => dispatch(args.command, &mut streams),
        Err(error) => usage(&error, &mut streams),
    };
    let stop = match done.and_then(|exit| output::taken(streams.out.flush()).map(|()| exit)) {
        Ok(exit) => return exit,
        Err(stop) => stop,
    };
    // nothing can be done where the complaint cannot be written either
    let _ = match stop {
        // who reads the output had enough of it, as `head` has
        Stop::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => return Exit::Success,
        Stop::Output(error) => {
            output::problem(&mut streams, &format!("the output cannot be written: {error}"))
        }
        Stop::Usage(what) => output::problem(&mut streams, &Untrusted::new(&what).at_most(2000).to_string()),
        Stop::Error(error) => output::problem(&mut streams, &error.to_string()),
    };
    Exit::Failure
}

fn dispatch(command: Command, streams: &mut Streams<'_>) -> Result<Exit, Stop> {
    match command {
        Command::List(args) => commands::list::run(&args, streams),
        Command::Diff(args) => commands::diff::run(&args, streams),
        Command::Check(args) => commands::check::run(&args, streams),
        Command::Inspect(args) => commands::inspect::run(&args, streams),
        Command::Verify(args) => commands::verify::run(&args, streams),
        Command::Bindgen(args) => commands::bindgen::run(&args, streams),
        Command::Explain(args) => commands::explain::run(&args, streams),
        Command::Schema(args) => commands::schema::run(&args, streams),
        Command::Completions(args) => commands::completions::run(&args, streams),
        Command::Man(args) => commands::man::run(&args, streams),
    }
}

/// Help and version are what was asked for; anything else is a mistake in the arguments.
fn usage(error: &clap::Error, streams: &mut Streams<'_>) -> Result<Exit, Stop> {
    let text = error.render().ansi().to_string();
    let wanted = !error.use_stderr();
    let stream: &mut dyn Write = if wanted { &mut streams.out } else { &mut streams.err };
    let written = stream.write_all(text.as_bytes());
    if !wanted {
        // a mistake stays one where nobody reads the complaint
        return Ok(Exit::Failure);
    }
    written.map_err(Stop::Output)?;
    Ok(Exit::Success)
}
