//! What is shown, and in which form.

use std::borrow::Cow;
use std::io;

use anstyle::{AnsiColor, Style};
use host_core::{Class, Diff, Listing};

use crate::args::Format;
use crate::{Stop, Streams};

/// What is to be shown.
#[derive(Clone, Copy)]
pub(crate) enum View<'v> {
    Listing(&'v Listing),
    Diff(&'v Diff),
}

/// Every form of everything that is shown is made here.
fn render(view: View<'_>, format: Format) -> String {
    match (view, format) {
        (View::Listing(listing), Format::Text) => printable(&listing.to_text()).into_owned(),
        (View::Diff(diff), Format::Text) => colored(&printable(&diff.to_text())),
        (View::Listing(listing), Format::Json) => listing.to_json(),
        (View::Diff(diff), Format::Json) => diff.to_json(),
        (View::Listing(listing), Format::Markdown) => printable(&listing.to_markdown()).into_owned(),
        (View::Diff(diff), Format::Markdown) => printable(&diff.to_markdown()).into_owned(),
    }
}

pub(crate) fn write(streams: &mut Streams<'_>, view: View<'_>, format: Format) -> Result<(), Stop> {
    text(streams, &render(view, format))
}

pub(crate) fn text(streams: &mut Streams<'_>, text: &str) -> Result<(), Stop> {
    streams.out.write_all(text.as_bytes()).map_err(Stop::Output)
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

/// Text that no terminal shows as something else than it is: what a listing holds may be a stranger's.
fn printable(text: &str) -> Cow<'_, str> {
    let misleads = |c: char| c != '\n' && host_core::misleads(c);
    if !text.contains(misleads) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if misleads(c) { out.extend(c.escape_default()) } else { out.push(c) }
    }
    Cow::Owned(out)
}
