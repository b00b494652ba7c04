//! Functions over texts, in a time that grows with the length of each argument and not with the product of them; but for
//! patterns, which look at the clock. Texts are bytes, because those of a database need not be UTF-8.

use std::borrow::Cow;
use std::collections::HashSet;

use rusqlite::types::ValueRef;

use super::raw;

pub(super) type Text<'a> = Cow<'a, [u8]>;

/// A value as the text that `SQLite` makes of it; nothing of `NULL`.
pub(super) fn text(value: ValueRef<'_>) -> Option<Text<'_>> {
    Some(match value {
        ValueRef::Null => return None,
        ValueRef::Integer(n) => n.to_string().into_bytes().into(),
        ValueRef::Real(x) => raw::real(x).into(),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => bytes.into(),
    })
}

/// `text` without the characters of `without` at its start and its end.
pub(super) fn trim(text: &str, without: &str, start: bool, end: bool) -> String {
    let without: HashSet<char> = without.chars().collect();
    let mut left = text;
    if start {
        left = left.trim_start_matches(|c| without.contains(&c));
    }
    if end {
        left = left.trim_end_matches(|c| without.contains(&c));
    }
    left.to_owned()
}

/// The positions of `part` (Knuth, Morris and Pratt), one after the other, not overlapping.
struct Found<'a> {
    text: &'a [u8],
    part: &'a [u8],
    /// For each length of a part's beginning: the longest of its own beginnings that it ends with.
    borders: Vec<u32>,
    at: usize,
}

fn find<'a>(text: &'a [u8], part: &'a [u8]) -> Found<'a> {
    let mut borders = vec![0_u32; part.len()];
    let mut border = 0;
    for i in 1..part.len() {
        while border > 0 && part[i] != part[border] {
            border = borders[border - 1] as usize;
        }
        border += usize::from(part[i] == part[border]);
        borders[i] = u32::try_from(border).unwrap_or(u32::MAX);
    }
    Found { text, part, borders, at: 0 }
}

impl Iterator for Found<'_> {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        let mut matched = 0;
        while let Some(&byte) = self.text.get(self.at) {
            self.at += 1;
            while matched > 0 && byte != self.part[matched] {
                matched = self.borders[matched - 1] as usize;
            }
            matched += usize::from(!self.part.is_empty() && byte == self.part[matched]);
            if matched > 0 && matched == self.part.len() {
                return Some(self.at - matched);
            }
        }
        None
    }
}

/// As `instr()`: where `part` begins, from 1 on, in characters or, of blobs, in bytes; 0 where it is missing.
pub(super) fn position(text: &[u8], part: &[u8], are_blobs: bool) -> i64 {
    if part.is_empty() {
        return 1;
    }
    let Some(at) = find(text, part).next() else { return 0 };
    let before =
        if are_blobs { at } else { text[..at].iter().filter(|byte| starts_character(**byte)).count() };
    i64::try_from(before).unwrap_or(i64::MAX).saturating_add(1)
}

fn starts_character(byte: u8) -> bool {
    byte & 0xc0 != 0x80
}

/// Returns how long `text` is with `with` in place of each `part`.
pub(super) fn replaced_length(text: &[u8], part: &[u8], with: &[u8]) -> Option<usize> {
    if part.is_empty() {
        return Some(text.len());
    }
    let found = find(text, part).count();
    (text.len() - found * part.len()).checked_add(found.checked_mul(with.len())?)
}

/// `text` with `with` in place of each `part`, which is so long.
pub(super) fn replace(text: &[u8], part: &[u8], with: &[u8], length: usize) -> Vec<u8> {
    let mut replaced = Vec::with_capacity(length);
    let mut after = 0;
    if !part.is_empty() {
        for at in find(text, part) {
            replaced.extend_from_slice(&text[after..at]);
            replaced.extend_from_slice(with);
            after = at + part.len();
        }
    }
    replaced.extend_from_slice(&text[after..]);
    replaced
}

/// The pattern of a `LIKE` or a `GLOB`.
pub(super) struct Pattern {
    parts: Vec<Part>,
    folds: bool,
}

enum Part {
    Any,
    One,
    Literal(u32),
    /// Ranges of characters; whether all others are meant.
    Set(Vec<(u32, u32)>, bool),
    Never,
}

/// The character at the start, as `SQLite` reads it, and how many bytes it takes. The start is not empty.
fn character(bytes: &[u8]) -> (u32, usize) {
    let first = bytes.first().copied().unwrap_or(0);
    if first < 0xc0 {
        return (first.into(), 1);
    }
    let rest = bytes[1..].iter().take(3).take_while(|byte| !starts_character(**byte));
    let (mut value, mut length) = (u32::from(first & if first < 0xe0 { 0x1f } else { 0x0f }), 1);
    for byte in rest {
        value = (value << 6) | u32::from(byte & 0x3f);
        length += 1;
    }
    (value, length)
}

fn characters(mut bytes: &[u8]) -> impl Iterator<Item = u32> {
    std::iter::from_fn(move || {
        if bytes.is_empty() {
            return None;
        }
        let (value, length) = character(bytes);
        bytes = &bytes[length..];
        Some(value)
    })
}

fn fold(c: u32) -> u32 {
    if (65..=90).contains(&c) { c + 32 } else { c }
}

impl Pattern {
    pub fn like(pattern: &[u8], escape: Option<u32>) -> Self {
        let mut parts = Vec::new();
        let mut characters = characters(pattern);
        while let Some(c) = characters.next() {
            parts.push(if Some(c) == escape {
                characters.next().map_or(Part::Never, |c| Part::Literal(fold(c)))
            } else {
                match char::from_u32(c) {
                    Some('%') => Part::Any,
                    Some('_') => Part::One,
                    _ => Part::Literal(fold(c)),
                }
            });
        }
        Self { parts, folds: true }
    }

    pub fn glob(pattern: &[u8]) -> Self {
        let mut parts = Vec::new();
        let mut characters = characters(pattern).peekable();
        while let Some(c) = characters.next() {
            parts.push(match char::from_u32(c) {
                Some('*') => Part::Any,
                Some('?') => Part::One,
                Some('[') => set(&mut characters),
                _ => Part::Literal(c),
            });
        }
        Self { parts, folds: false }
    }

    /// Returns whether it matches all of `text`; nothing when `is_over` says so first.
    pub fn matches(&self, text: &[u8], is_over: &mut dyn FnMut() -> bool) -> Option<bool> {
        let (mut at, mut part) = (0, 0);
        // after an `Any`: the part that follows it, and where it was tried last
        let mut again = None::<(usize, usize)>;
        let mut steps = 0_u32;
        while at < text.len() {
            steps = steps.wrapping_add(1);
            if steps.is_multiple_of(1 << 14) && is_over() {
                return None;
            }
            if matches!(self.parts.get(part), Some(Part::Any)) {
                part += 1;
                again = Some((part, at));
                continue;
            }
            let (c, length) = character(&text[at..]);
            if self.parts.get(part).is_some_and(|part| self.is(part, c)) {
                (at, part) = (at + length, part + 1);
                continue;
            }
            let Some((after, tried)) = again else { return Some(false) };
            (at, part) = (tried + character(&text[tried..]).1, after);
            again = Some((after, at));
        }
        Some(self.parts[part.min(self.parts.len())..].iter().all(|part| matches!(part, Part::Any)))
    }

    fn is(&self, part: &Part, c: u32) -> bool {
        match part {
            Part::Any | Part::Never => false,
            Part::One => true,
            Part::Literal(literal) => *literal == if self.folds { fold(c) } else { c },
            Part::Set(ranges, inverted) => {
                ranges.iter().any(|(first, last)| (first..=last).contains(&&c)) != *inverted
            }
        }
    }
}

/// Returns what stands between `[` and `]`.
fn set(characters: &mut std::iter::Peekable<impl Iterator<Item = u32>>) -> Part {
    let (close, range, caret) = (u32::from(']'), u32::from('-'), u32::from('^'));
    let inverted = characters.next_if_eq(&caret).is_some();
    let mut ranges = Vec::new();
    if characters.next_if_eq(&close).is_some() {
        ranges.push((close, close));
    }
    let mut before = None;
    loop {
        match characters.next() {
            None => return Part::Never,
            Some(c) if c == close => return Part::Set(ranges, inverted),
            Some(c) => match (before.take(), characters.peek()) {
                (Some(first), Some(&last)) if c == range && last != close => {
                    characters.next();
                    ranges.push((first, last));
                }
                _ => {
                    ranges.push((c, c));
                    before = Some(c);
                }
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::*;

    /// Returns what `SQLite` itself makes of it.
    fn own<T: rusqlite::types::FromSql>(sql: &str, values: &[&dyn rusqlite::ToSql]) -> T {
        Connection::open_in_memory().unwrap().query_row(sql, values, |row| row.get(0)).unwrap()
    }

    #[test]
    fn patterns_match_what_sqlite_s_do() {
        let texts = ["", "a", "abc", "ABC", "a%c", "aXbXc", "äöü", "a]c", "a-c", "[x]", "aaaaab"];
        let patterns = [
            "", "%", "_", "a%", "%c", "a_c", "a!%c", "%b%", "ä%", "_ö_", "a!", "%%a%%b", "!!", "%aab",
            "a%b%c",
        ];
        for text in texts {
            for pattern in patterns {
                let ours = Pattern::like(pattern.as_bytes(), Some('!'.into()))
                    .matches(text.as_bytes(), &mut || false);
                let own: bool = own("SELECT like(?1, ?2, '!')", &[&pattern, &text]);
                assert_eq!(ours, Some(own), "{text:?} LIKE {pattern:?}");
            }
            for pattern in [
                "", "*", "?", "a*", "[a-c]*", "[^a]*", "*[]]*", "a[]-]c", "[", "[x", "[[]x[]]", "a[b-]c",
                "?ö*", "[ä-ü]*",
            ] {
                let ours = Pattern::glob(pattern.as_bytes()).matches(text.as_bytes(), &mut || false);
                let own: bool = own("SELECT glob(?1, ?2)", &[&pattern, &text]);
                assert_eq!(ours, Some(own), "{text:?} GLOB {pattern:?}");
            }
        }
    }

    #[test]
    fn positions_and_replacements_are_sqlite_s() {
        for text in ["", "a", "aaaa", "abcabd", "äbäb", "xaabaabaaab"] {
            for part in ["", "a", "aa", "abd", "b", "äb", "aabaaab", "zz"] {
                let own_position: i64 = own("SELECT instr(?1, ?2)", &[&text, &part]);
                assert_eq!(position(text.as_bytes(), part.as_bytes(), false), own_position, "{text} {part}");
                let own_text: String = own("SELECT replace(?1, ?2, 'xyz')", &[&text, &part]);
                let length = replaced_length(text.as_bytes(), part.as_bytes(), b"xyz").unwrap();
                let ours = replace(text.as_bytes(), part.as_bytes(), b"xyz", length);
                assert_eq!((ours.len(), &*ours), (length, own_text.as_bytes()), "{text} {part}");
            }
        }
    }

    #[test]
    fn numbers_are_written_as_sqlite_does() {
        let numbers = [
            0.0,
            -0.5,
            1.0,
            1.5,
            1e15,
            1e16,
            1e17,
            1e18,
            123_456_789.125,
            1e-4,
            1e-5,
            -2.5e-300,
            1e300,
            0.1,
            49.47,
            1.0 / 3.0,
            f64::MAX,
            f64::MIN_POSITIVE,
            5e-324,
            f64::INFINITY,
            f64::NEG_INFINITY,
        ];
        for x in numbers {
            let ours = text(ValueRef::Real(x)).unwrap();
            assert_eq!(str::from_utf8(&ours), Ok(&*own::<String>("SELECT CAST(?1 AS TEXT)", &[&x])), "{x}");
        }
    }
}
