//! Text from guests, manifests and files, escaped for the place where it is shown.

use std::borrow::Cow;
use std::fmt::{self, Write};

/// Text that a plugin, a manifest or a file chose. It has to be escaped for the place where it is shown.
///
/// `Display` is for terminals and logs: one line, in which control characters, bidirectional controls and invisible
/// characters are written as escapes such as `\u{202e}`. A text of more than 256 characters is cut, and ends with the
/// number of bytes that are missing.
///
/// ```
/// use hostfn_core::Untrusted;
///
/// let name = Untrusted::new("good\nH0000 plugin other: loaded\u{1b}[2K");
/// assert_eq!(name.to_string(), r"good\nH0000 plugin other: loaded\u{1b}[2K");
/// assert_eq!(Untrusted::new("<b>@all [x](y)").markdown().to_string(), r"\<b\>@&#8203;all \[x\](y)");
/// assert_eq!(Untrusted::new("<b>").html().to_string(), "&lt;b&gt;");
/// ```
#[derive(Clone, Copy)]
pub struct Untrusted<'a> {
    text: &'a str,
    longest: usize,
}

impl<'a> Untrusted<'a> {
    /// Characters that are shown unless [`at_most`](Untrusted::at_most) says otherwise.
    pub const LONGEST: usize = 256;

    /// Marks `text` as chosen by somebody else.
    pub const fn new(text: &'a str) -> Self {
        Self { text, longest: Self::LONGEST }
    }

    /// Shows up to this many characters.
    #[must_use]
    pub const fn at_most(mut self, characters: usize) -> Self {
        self.longest = characters;
        self
    }

    /// The text as it is, for what does not show it to a person.
    pub const fn raw(self) -> &'a str {
        self.text
    }

    /// For a paragraph or a table cell in Markdown: no markup, link, image, HTML, mention or reference of its own.
    pub fn markdown(self) -> impl fmt::Display + 'a {
        fmt::from_fn(move |f| write_markdown(f, &self.line()))
    }

    /// For Markdown, as a code span that also fits a table cell; nothing for an empty text.
    pub fn code_span(self) -> impl fmt::Display + 'a {
        fmt::from_fn(move |f| write_code_span(f, &self.line()))
    }

    /// For HTML: an element's text or a quoted attribute.
    pub fn html(self) -> impl fmt::Display + 'a {
        fmt::from_fn(move |f| {
            for c in self.line().chars() {
                match c {
                    '<' => f.write_str("&lt;")?,
                    '>' => f.write_str("&gt;")?,
                    '&' => f.write_str("&amp;")?,
                    '"' => f.write_str("&quot;")?,
                    '\'' => f.write_str("&#39;")?,
                    c => f.write_char(c)?,
                }
            }
            Ok(())
        })
    }

    /// For a message of SARIF, where brackets make links.
    pub fn sarif(self) -> impl fmt::Display + 'a {
        fmt::from_fn(move |f| {
            for c in self.line().chars() {
                if matches!(c, '[' | ']' | '\\') {
                    f.write_char('\\')?;
                }
                f.write_char(c)?;
            }
            Ok(())
        })
    }

    /// One line that shows what is there.
    fn line(self) -> Cow<'a, str> {
        let end = self.text.char_indices().nth(self.longest).map_or(self.text.len(), |(at, _)| at);
        let missing = self.text.len() - end;
        let line = escaped(&self.text[..end], misleads);
        if missing == 0 { line } else { Cow::Owned(format!("{line}... and {missing} bytes more")) }
    }
}

impl fmt::Display for Untrusted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.line())
    }
}

/// As `Display`, in quotes.
impl fmt::Debug for Untrusted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.line())
    }
}

impl<'a> From<&'a str> for Untrusted<'a> {
    fn from(text: &'a str) -> Self {
        Untrusted::new(text)
    }
}

/// Returns whether a reader may see something else than the text: control characters, line and paragraph separators, the
/// 12 controls of direction, and characters that are invisible, such as zero-width ones, fillers, tags and variation
/// selectors.
///
/// ```
/// assert!(hostfn_core::misleads('\u{1b}') && hostfn_core::misleads('\u{202e}') && !hostfn_core::misleads('ü'));
/// ```
pub fn misleads(c: char) -> bool {
    c.is_control() || (!c.is_ascii() && is_unseen(c))
}

fn is_unseen(c: char) -> bool {
    matches!(c,
        // the twelve controls of direction
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        // lines and paragraphs
        | '\u{2028}' | '\u{2029}'
        // of no width, and the byte order mark
        | '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{2065}' | '\u{206a}'..='\u{206f}' | '\u{feff}'
        | '\u{ad}' | '\u{34f}' | '\u{180b}'..='\u{180f}' | '\u{17b4}' | '\u{17b5}'
        | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        // fillers, which look like spaces or like nothing
        | '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' | '\u{2800}'
        // variation selectors
        | '\u{fe00}'..='\u{fe0f}'
        // tags and further selectors
        | '\u{e0000}'..='\u{e0fff}')
}

/// A selector behind a symbol shows it as text or as a picture, which can be seen.
fn is_seen(c: char, before: Option<char>) -> bool {
    let is_symbol = |before: char| matches!(before, '\u{2000}'..='\u{2bff}' | '\u{3030}' | '\u{303d}' | '\u{3297}' | '\u{3299}' | '\u{1f000}'..='\u{1faff}');
    matches!(c, '\u{fe0e}' | '\u{fe0f}')
        && before.is_some_and(|before| is_symbol(before) && !misleads(before))
}

/// With those characters escaped of which `wrong` says that they mislead.
fn escaped(text: &str, wrong: impl Fn(char) -> bool + Copy) -> Cow<'_, str> {
    if !text.contains(wrong) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    let mut before = None;
    for c in text.chars() {
        match c {
            c if !wrong(c) || is_seen(c, before) => out.push(c),
            c if c.is_control() => out.extend(c.escape_default()),
            c => out.extend(c.escape_unicode()),
        }
        before = Some(c);
    }
    Cow::Owned(out)
}

/// A text of several lines of our own, with untrusted parts in them: the lines stay, the rest is escaped.
pub fn lines_escaped(text: &str) -> Cow<'_, str> {
    escaped(text, |c| c != '\n' && misleads(c))
}

/// JSON with what misleads written as escapes. Such characters can only be in its strings, so its value is the same.
///
/// ```
/// assert_eq!(hostfn_core::json_escaped("[\"\u{202e}\u{e0041}\"]"), "[\"\\u202e\\udb40\\udc41\"]");
/// ```
pub fn json_escaped(json: &str) -> Cow<'_, str> {
    let wrong = |c: char| c != '\n' && misleads(c);
    if !json.contains(wrong) {
        return Cow::Borrowed(json);
    }
    let mut out = String::with_capacity(json.len() + 16);
    for c in json.chars() {
        if wrong(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                out += &format!("\\u{unit:04x}");
            }
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

/// An invisible character that keeps a mention or reference from being one; as an entity it can be seen in the source.
const APART: &str = "&#8203;";

fn write_markdown(f: &mut impl Write, line: &str) -> fmt::Result {
    let mut rest = line.char_indices().peekable();
    let starts_a_list = line.trim_start_matches(|c: char| c.is_ascii_digit()).starts_with(['.', ')']);
    let mut digits = line.starts_with(|c: char| c.is_ascii_digit()) && starts_a_list;
    while let Some((at, c)) = rest.next() {
        let next = rest.peek().map(|(_, next)| *next);
        let escape = match c {
            '\\' | '`' | '*' | '[' | ']' | '<' | '>' | '|' | '~' | '&' | '$' | '!' => true,
            // within a word it stays unchanged
            '_' => !(is_word(line[..at].chars().next_back()) && is_word(next)),
            '-' | '+' | '=' => at == 0,
            '.' | ')' if digits => {
                digits = false;
                next.is_none_or(char::is_whitespace)
            }
            // a bare address is made a link
            ':' => next == Some('/'),
            '.' => line[..at].to_ascii_lowercase().ends_with("www"),
            _ => false,
        };
        if escape {
            f.write_char('\\')?;
        }
        if c == '#' && at == 0 {
            f.write_char('\\')?;
        }
        f.write_char(c)?;
        let refers = c == '@' || c == '#' || (c == '-' && line[..at].to_ascii_lowercase().ends_with("gh"));
        if refers && next.is_some_and(char::is_alphanumeric) {
            f.write_str(APART)?;
        }
    }
    Ok(())
}

fn is_word(c: Option<char>) -> bool {
    c.is_some_and(char::is_alphanumeric)
}

/// Between more backticks than the text has in a row.
fn write_code_span(f: &mut impl Write, line: &str) -> fmt::Result {
    if line.is_empty() {
        return Ok(());
    }
    let longest = line.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    // a space at both ends is taken off
    let pad =
        if line.starts_with(['`', ' ']) || line.ends_with(['`', ' ']) || longest > 0 { " " } else { "" };
    write!(f, "{fence}{pad}{}{pad}{fence}", line.replace('|', "\\|"))
}

/// One line of at most 256 characters.
pub(crate) fn printable(text: &str) -> String {
    Untrusted::new(text).to_string()
}

/// One line of any length: for what is limited already.
pub(crate) fn printable_whole(text: &str) -> Cow<'_, str> {
    escaped(text, misleads)
}
