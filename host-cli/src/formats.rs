//! Listings and differences, in the form that the user selects.

use anstyle::{AnsiColor, Style};
use hostfn_core::{Class, Layout, Listing};

use crate::judged::Judged;
use crate::options::{DiffFormat, ListFormat};
use crate::outcome::{Exit, Stop, Streams};
use crate::text::printable;
use crate::{page, sarif};

/// A listing in this form. The core escapes its text; the only control characters are those of styles.
pub(crate) fn listing(listing: &Listing, format: ListFormat, layout: &Layout<'_>) -> String {
    match format {
        ListFormat::Text => listing.to_text_with(layout),
        ListFormat::Json => listing.to_json(),
        ListFormat::Markdown => printable(&listing.to_markdown_with(layout)).into_owned(),
        ListFormat::Html => page::listing(listing, layout.program),
        ListFormat::Lock => listing.to_lock(),
    }
}

/// Differences in this form.
fn differences(judged: &Judged<'_>, format: DiffFormat) -> String {
    match format {
        DiffFormat::Text => colored(&printable(&judged.diff.to_text())),
        DiffFormat::Json => judged.diff.to_json(),
        DiffFormat::Markdown => printable(&judged.diff.to_markdown()).into_owned(),
        DiffFormat::Html => page::differences(judged.diff, judged.denied, judged.old),
        DiffFormat::Sarif => sarif::render(judged),
    }
}

/// Writes differences, and returns how the command ends with them.
pub(crate) fn judged(
    streams: &mut Streams<'_>,
    judged: &Judged<'_>,
    format: DiffFormat,
) -> Result<Exit, Stop> {
    streams.print(&differences(judged, format))?;
    Ok(judged.exit())
}

fn style(class: Class) -> Style {
    match class {
        Class::Widens => AnsiColor::Red.on_default().bold(),
        Class::Breaks => AnsiColor::Yellow.on_default().bold(),
        Class::Surprises => AnsiColor::Magenta.on_default().bold(),
        Class::Narrows => AnsiColor::Green.on_default().bold(),
        Class::Docs => AnsiColor::Cyan.on_default().bold(),
    }
}

/// The text of a diff, with the headings of its classes in colour.
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
