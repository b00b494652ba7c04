//! A text in which ranges become spaces.

/// The text, and what becomes of it.
pub(crate) struct Blanked<'s> {
    pub(crate) text: &'s str,
    is_blank: Vec<bool>,
    put: Vec<(usize, char)>,
}

impl<'s> Blanked<'s> {
    pub(crate) fn new(text: &'s str) -> Self {
        Blanked { text, is_blank: vec![false; text.len()], put: Vec::new() }
    }

    /// Makes spaces of a range. Ends of lines stay.
    pub(crate) fn blank(&mut self, from: u32, to: u32) {
        if let Some(range) = self.is_blank.get_mut(from as usize..to as usize) {
            range.fill(true);
        }
    }

    /// Writes a character in place of the one that begins at `at`, or that has it inside.
    pub(crate) fn put(&mut self, at: u32, char: char) {
        let at = (0..=at as usize).rev().find(|at| self.text.is_char_boundary(*at)).unwrap_or(0);
        self.put.push((at, char));
    }

    /// Returns the first place from `at` on that is neither white space nor a comment.
    pub(crate) fn skip(&self, at: u32) -> u32 {
        let mut at = at as usize;
        while let Some(rest) = self.text.get(at..) {
            let trimmed = rest.trim_start();
            at += rest.len() - trimmed.len();
            let len = if trimmed.starts_with("//") {
                trimmed.find(['\n', '\r', '\u{2028}', '\u{2029}']).unwrap_or(trimmed.len())
            } else if let Some(comment) = trimmed.strip_prefix("/*") {
                comment.find("*/").map_or(trimmed.len(), |end| end + 4)
            } else {
                break;
            };
            at += len;
        }
        number(at)
    }

    /// Returns the word that begins at `at`, which can be empty.
    pub(crate) fn word(&self, at: u32) -> &'s str {
        let rest = self.text.get(at as usize..).unwrap_or_default();
        let end = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
        &rest[..end]
    }

    pub(crate) fn has_line_end(&self, from: u32, to: u32) -> bool {
        self.text.get(from as usize..to as usize).is_some_and(|text| text.contains(is_line_end))
    }

    /// Returns true if the next token is on a later line, and would go on with what ends at `at`.
    pub(crate) fn would_go_on(&self, at: u32) -> bool {
        let next = self.skip(at);
        let is_later = self.has_line_end(at, next);
        is_later && self.text[next as usize..].starts_with(['(', '[', '`', '+', '-', '/', '*'])
    }

    /// Line and column, both from 1, the column in characters.
    pub(crate) fn place(&self, at: u32) -> (u32, u32) {
        let before = self.text.get(..at as usize).unwrap_or(self.text);
        let line = before.matches('\n').count() + 1;
        let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
        (number(line), number(column))
    }

    pub(crate) fn finish(mut self) -> String {
        let mut out = String::with_capacity(self.text.len());
        self.put.sort_by_key(|(at, _)| *at);
        let mut put = self.put.into_iter().peekable();
        for (at, char) in self.text.char_indices() {
            let mut found = None;
            while let Some((_, char)) = put.next_if(|(place, _)| *place <= at) {
                found = Some(char);
            }
            out.push(match found {
                Some(char) => char,
                None if self.is_blank[at] && !is_line_end(char) => ' ',
                None => char,
            });
        }
        out
    }
}

fn is_line_end(char: char) -> bool {
    matches!(char, '\n' | '\r' | '\u{2028}' | '\u{2029}')
}

/// Modules have less than 4 GiB.
#[expect(clippy::cast_possible_truncation, reason = "the parser takes no more")]
fn number(at: usize) -> u32 {
    at as u32
}
