//! The `hostfn` command: lists, compares and enforces what a host lets its plugins call.
//!
//! | | |
//! |---|---|
//! | `hostfn list SOURCE` | lists functions, capabilities, contracts |
//! | `hostfn diff OLD NEW` | shows changes between two listings, widening first |
//! | `hostfn check SOURCE` | compares the current surface with `hostfn.lock` |
//! | `hostfn inspect PLUGIN` | shows a plugin's imports, capabilities and problems |
//! | `hostfn verify FOLDER` | finds annotated functions that a build lacks |
//! | `hostfn expand FN` | prints what `#[host_fn]` generates for a function |
//! | `hostfn bindgen SOURCE` | generates typed bindings for plugins |
//! | `hostfn js pack SCRIPT` | makes a plugin from JavaScript or TypeScript |
//! | `hostfn run PLUGIN` | runs a plugin with the modules of this command |
//! | `hostfn new NAME` | creates a host and a plugin in a new folder |
//! | `hostfn explain H0310` | explains an error code |
//! | `hostfn schema`, `completions`, `man` | print JSON Schemas, shell completions, manual pages |
//!
//! A listing is JSON, a `hostfn.lock`, or the output of a program that is named with `--program` and calls
//! [`hostfn_core::cli::answer`] first. Files are never run. `docs/review.md` shows the commands in a review.
//!
//! Exit codes: 0 success; 1 check failed, such as denied differences or a plugin that would not link; 2 usage or I/O error.

mod args;
mod ask;
mod commands;
mod formats;
mod inspect;
mod judged;
mod new;
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

/// Runs a command line, the program's name first. `cargo hostfn` passes its own name as well, which is skipped.
///
/// The output can hold ANSI styles: wrap the streams with `anstream` where they are not wanted.
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

/// Prints help and version to the output, and a usage error to the error stream.
fn usage(error: &clap::Error, streams: &mut Streams<'_>) -> Result<Exit, Stop> {
    let text = error.render().ansi().to_string();
    let wanted = !error.use_stderr();
    let stream: &mut dyn Write = if wanted { &mut streams.out } else { &mut streams.err };
    let written = stream.write_all(text.as_bytes());
    if !wanted {
        // the exit code reports it even where the text cannot be written
        return Ok(Exit::Failure);
    }
    written.map_err(Stop::Output)?;
    Ok(Exit::Success)
}
