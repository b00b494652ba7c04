//! Streams of a command, and how it ends.

use std::io::{self, Write};
use std::process::ExitCode;

use anstyle::AnsiColor;
use hostfn_core::{Error, Untrusted};

use crate::text::printable;

/// The way a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Success: 0.
    Success,
    /// A check failed, such as denied differences or a plugin that would not link: 1.
    Denied,
    /// The command failed, because of its arguments or of what it read: 2.
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

/// The reason that a command fails.
#[derive(Debug)]
pub(crate) enum Stop {
    /// Problems with what the command read.
    Error(Error),
    /// Invalid arguments.
    Usage(String),
    /// The output cannot be written.
    Output(io::Error),
}

impl<E: Into<Error>> From<E> for Stop {
    fn from(error: E) -> Self {
        Stop::Error(error.into())
    }
}

/// Streams that a command writes to. The text can hold ANSI styles; `anstream` removes them where they are not wanted.
pub(crate) struct Streams<'s> {
    pub(crate) out: &'s mut dyn Write,
    pub(crate) err: &'s mut dyn Write,
}

impl Streams<'_> {
    /// Writes to the output stream.
    pub(crate) fn print(&mut self, text: &str) -> Result<(), Stop> {
        let written = self.out.write_all(text.as_bytes());
        accepted(written)
    }

    /// Flushes the output stream.
    pub(crate) fn flush(&mut self) -> Result<(), Stop> {
        let flushed = self.out.flush();
        accepted(flushed)
    }

    /// Writes a progress note to the error stream. A note that cannot be written is dropped.
    pub(crate) fn note(&mut self, text: &str) {
        let _ = writeln!(self.err, "{}", printable(text)).and_then(|()| self.err.flush());
    }

    /// Writes what stopped the command to the error stream.
    pub(crate) fn stopped(&mut self, stop: &Stop) -> io::Result<()> {
        let text = match stop {
            Stop::Output(error) => format!("the output cannot be written: {error}"),
            Stop::Usage(what) => Untrusted::new(what).at_most(2000).to_string(),
            Stop::Error(error) => error.to_string(),
        };
        let style = AnsiColor::Red.on_default().bold();
        writeln!(self.err, "{style}error{style:#}: {}", printable(&text))?;
        self.err.flush()
    }
}

/// A reader that closes the pipe early, as `head` does, does not make a command fail.
fn accepted(written: io::Result<()>) -> Result<(), Stop> {
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Stop::Output(error)),
        _ => Ok(()),
    }
}
