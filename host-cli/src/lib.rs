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
mod formats;
mod inspect;
mod judged;
mod options;
mod outcome;
mod page;
mod pages;
mod problem;
mod sarif;
mod source;
mod text;
mod verify;

use std::ffi::OsString;
use std::io::{ErrorKind, Write};

use clap::Parser;

pub use outcome::Exit;

use args::Args;
use outcome::{Stop, Streams};

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
        Ok(args) => args.run(&mut streams),
        Err(error) => usage(&error, &mut streams),
    };
    match done.and_then(|exit| streams.flush().map(|()| exit)) {
        Ok(exit) => exit,
        // `head` closes the pipe when it has read enough
        Err(Stop::Output(error)) if error.kind() == ErrorKind::BrokenPipe => Exit::Success,
        Err(stop) => {
            // without an error stream, the exit code has to do
            let _ = streams.stopped(&stop);
            Exit::Failure
        }
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
