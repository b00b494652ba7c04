//! The fields of a log line.

use std::borrow::Cow;
use std::fmt;

use hostfn_abi::Value;
use hostfn_abi::names::is_plain;

/// The value of a field of a logged line: see [`Caller::log`](crate::Caller::log).
///
/// As text it is on one line, and text is in quotes with what does not print escaped.
///
/// ```
/// use hostfn_core::LogValue;
///
/// assert_eq!(LogValue::from(2_u64).to_string(), "2");
/// assert_eq!(LogValue::from("a \"b\"\n").to_string(), r#""a \"b\"\n""#);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum LogValue<'a> {
    /// Nothing.
    Nil,
    /// Yes or no.
    Bool(bool),
    /// A number that is not negative.
    Unsigned(u64),
    /// A number that may be.
    Signed(i64),
    /// A number with a fraction.
    Float(f64),
    /// A text, which may be a guest's, control characters included.
    Text(&'a str),
}

impl LogValue<'_> {
    /// With no more text than is left, which becomes less by it.
    pub(crate) fn cut(self, left: &mut usize) -> Self {
        match self {
            LogValue::Text(text) => LogValue::Text(cut(text, left)),
            other => other,
        }
    }
}

/// As much of `text` as is left, which becomes less by it.
pub(crate) fn cut<'a>(text: &'a str, left: &mut usize) -> &'a str {
    let text = &text[..text.floor_char_boundary(*left)];
    *left -= text.len();
    text
}

/// A name of letters, digits, `_`, `-` and `.`, of at most `longest` bytes: others become `_`.
pub(crate) fn plain_name(name: &str, longest: usize) -> Cow<'_, str> {
    let name = &name[..name.floor_char_boundary(longest)];
    if name.chars().all(is_plain) {
        return Cow::Borrowed(name);
    }
    Cow::Owned(name.chars().map(|c| if is_plain(c) { c } else { '_' }).collect())
}

impl fmt::Display for LogValue<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LogValue::Nil => f.write_str("nil"),
            LogValue::Bool(value) => write!(f, "{value}"),
            LogValue::Unsigned(value) => write!(f, "{value}"),
            LogValue::Signed(value) => write!(f, "{value}"),
            LogValue::Float(value) => write!(f, "{value}"),
            LogValue::Text(value) => write!(f, "{value:?}"),
        }
    }
}

impl From<LogValue<'_>> for Value {
    fn from(value: LogValue<'_>) -> Value {
        match value {
            LogValue::Nil => Value::Nil,
            LogValue::Bool(value) => Value::Bool(value),
            LogValue::Unsigned(value) => Value::Unsigned(value),
            LogValue::Signed(value) => Value::Signed(value),
            LogValue::Float(value) => Value::F64(value),
            LogValue::Text(value) => Value::String(value.to_owned()),
        }
    }
}

impl From<bool> for LogValue<'_> {
    fn from(value: bool) -> Self {
        LogValue::Bool(value)
    }
}

impl From<u64> for LogValue<'_> {
    fn from(value: u64) -> Self {
        LogValue::Unsigned(value)
    }
}

impl From<i64> for LogValue<'_> {
    fn from(value: i64) -> Self {
        LogValue::Signed(value)
    }
}

impl From<f64> for LogValue<'_> {
    fn from(value: f64) -> Self {
        LogValue::Float(value)
    }
}

impl<'a> From<&'a str> for LogValue<'a> {
    fn from(value: &'a str) -> Self {
        LogValue::Text(value)
    }
}
