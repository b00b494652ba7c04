//! Text of a command's output: escaped, shortened, as JSON.

use std::borrow::Cow;

use hostfn_core::Untrusted;
use serde::Serialize;

/// Several lines in which a terminal shows every character as it is: a part of them can be a plugin's.
pub(crate) fn printable(text: &str) -> Cow<'_, str> {
    hostfn_core::lines_escaped(text)
}

/// Data as JSON, indented, with a final line feed, and without characters that mislead a reader.
pub(crate) fn json(data: &impl Serialize) -> String {
    let json = serde_json::to_string_pretty(data).expect("keys are strings");
    format!("{}\n", hostfn_core::json_escaped(&json))
}

/// Untrusted text in one line of at most 120 characters.
pub(crate) fn cut(text: &str) -> String {
    Untrusted::new(text).at_most(120).to_string()
}

/// A number and what it counts.
pub(crate) fn plural(count: usize, one: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {one}s") }
}

/// Returns the word for `count` things.
pub(crate) fn one_or(count: usize, one: &'static str, many: &'static str) -> &'static str {
    if count == 1 { one } else { many }
}
