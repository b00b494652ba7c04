//! What is shown, and in which form.

use std::borrow::Cow;
use std::io;
use std::path::Path;

use anstyle::{AnsiColor, Style};
use hostfn_core::{Class, Diff, Listing};
use serde::Serialize;

use crate::args::{DiffFormat, ListFormat};
use crate::{Exit, Stop, Streams, page, sarif};

/// Differences, those that end the command with 1, and what they are differences from.
pub(crate) struct Judged<'j> {
    pub(crate) diff: &'j Diff,
    pub(crate) denied: &'j [Class],
    pub(crate) old: &'j Path,
}

/// A listing in the form that was asked for.
pub(crate) fn listing(listing: &Listing, format: ListFormat) -> String {
    match format {
        ListFormat::Text => printable(&listing.to_text()).into_owned(),
        ListFormat::Json => listing.to_json(),
        ListFormat::Markdown => printable(&listing.to_markdown()).into_owned(),
        ListFormat::Html => page::listing(listing),
        ListFormat::Lock => listing.to_lock(),
    }
}

/// Differences in the form that was asked for.
fn differences(judged: &Judged<'_>, format: DiffFormat) -> String {
    match format {
        DiffFormat::Text => colored(&printable(&judged.diff.to_text())),
        DiffFormat::Json => judged.diff.to_json(),
        DiffFormat::Markdown => printable(&judged.diff.to_markdown()).into_owned(),
        DiffFormat::Html => page::differences(judged.diff, judged.denied, judged.old),
        DiffFormat::Sarif => sarif::render(judged),
    }
}

/// Writes differences, and says how the command ends with them.
pub(crate) fn judged(
    streams: &mut Streams<'_>,
    judged: &Judged<'_>,
    format: DiffFormat,
) -> Result<Exit, Stop> {
    text(streams, &differences(judged, format))?;
    let denied = judged.denied.iter().any(|class| judged.diff.has(*class));
    Ok(if denied { Exit::Denied } else { Exit::Success })
}

pub(crate) fn text(streams: &mut Streams<'_>, text: &str) -> Result<(), Stop> {
    taken(streams.out.write_all(text.as_bytes()))
}

/// Who reads the output may have had enough of it, as `head` has; what was found is as it was.
pub(crate) fn taken(written: io::Result<()>) -> Result<(), Stop> {
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Stop::Output(error)),
        _ => Ok(()),
    }
}

/// A complaint, on the error stream.
pub(crate) fn problem(streams: &mut Streams<'_>, text: &str) -> io::Result<()> {
    let style = AnsiColor::Red.on_default().bold();
    writeln!(streams.err, "{style}error{style:#}: {}", printable(text))?;
    streams.err.flush()
}

/// A word on what goes on, on the error stream.
pub(crate) fn note(streams: &mut Streams<'_>, text: &str) {
    // what goes on is no loss where it cannot be told
    let _ = writeln!(streams.err, "{}", printable(text)).and_then(|()| streams.err.flush());
}

fn style(class: Class) -> Style {
    match class {
        Class::Widens => AnsiColor::Red.on_default().bold(),
        Class::Breaks => AnsiColor::Yellow.on_default().bold(),
        Class::Narrows => AnsiColor::Green.on_default().bold(),
        Class::Docs => AnsiColor::Cyan.on_default().bold(),
    }
}

/// The text of a diff with the headings of its classes in their colours.
fn colored(text: &str) -> String {
    let line = |line: &str| match Class::ALL.into_iter().find(|class| is_heading(line, *class)) {
        Some(class) => format!("{0}{line}{0:#}\n", style(class)),
        None => format!("{line}\n"),
    };
    text.lines().map(line).collect()
}

fn is_heading(line: &str, class: Class) -> bool {
    line.strip_prefix(class.as_str()).is_some_and(|rest| rest.starts_with(": "))
}

/// A text of several lines, which no terminal shows as something else: what is in it may be a stranger's.
pub(crate) fn printable(text: &str) -> Cow<'_, str> {
    hostfn_core::lines_escaped(text)
}

/// Data as JSON, indented, with a final line feed, and nothing in it that misleads a reader.
pub(crate) fn json(data: &impl Serialize) -> String {
    let json = serde_json::to_string_pretty(data).expect("keys are strings");
    format!("{}\n", hostfn_core::json_escaped(&json))
}
