//! Text with a `*` for any run of characters.

/// Returns what a pattern cannot hold as it is, and a `*` has to stand for.
pub(super) fn needs_wild(c: char) -> bool {
    c == '*' || c.is_control()
}

/// Text in which each `*` stands for any run of characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wild {
    text: Box<str>,
    /// The place where its first and its last `*` is.
    stars: Option<(usize, usize)>,
}

impl Wild {
    pub(super) fn new(text: impl Into<Box<str>>) -> Self {
        let text = text.into();
        let stars = text.find('*').zip(text.rfind('*'));
        Self { text, stars }
    }

    /// It is a `*` and nothing else.
    pub(super) fn is_any(&self) -> bool {
        *self.text == *"*"
    }

    /// It has no `*`.
    pub(super) fn is_literal(&self) -> bool {
        self.stars.is_none()
    }

    /// Returns what it begins and ends with, around the `*`s.
    fn ends(&self) -> Option<(&[u8], &[u8])> {
        let (first, last) = self.stars?;
        let text = self.text.as_bytes();
        Some((&text[..first], &text[last + 1..]))
    }

    /// Returns whether it matches `text`, which is UTF-8: of bytes, because no part of one is found within another character.
    pub(super) fn matches(&self, text: &[u8]) -> bool {
        let Some((head, tail)) = self.ends() else { return *self.text.as_bytes() == *text };
        // taking the ends off first keeps them from overlapping
        let rest = text.strip_prefix(head).and_then(|text| text.strip_suffix(tail));
        rest.is_some_and(|rest| self.middle().is_none_or(|middle| contains_in_order(rest, middle)))
    }

    /// Returns what lies between its first and its last `*`, if these are two.
    fn middle(&self) -> Option<&str> {
        self.stars.filter(|(first, last)| first < last).map(|(first, last)| &self.text[first + 1..last])
    }

    /// Returns whether it matches all that `other` does.
    pub(super) fn covers(&self, other: &Wild) -> bool {
        // no part of a pattern has a `*` in it, so one of `other` lies where one of ours stands for anything
        self.matches(other.text.as_bytes())
    }

    /// Returns whether there is a text that both match.
    pub(super) fn overlaps(&self, other: &Wild) -> bool {
        let (Some((a, a_end)), Some((b, b_end))) = (self.ends(), other.ends()) else {
            return self.covers(other) || other.covers(self);
        };
        // what is between the ends of the two fits one after the other
        (a.starts_with(b) || b.starts_with(a)) && (a_end.ends_with(b_end) || b_end.ends_with(a_end))
    }
}

/// Returns whether the parts of `middle` lie in `text` one after the other: the leftmost find of each leaves the most for the
/// next, so nothing is ever tried twice.
fn contains_in_order(text: &[u8], middle: &str) -> bool {
    let Ok(text) = str::from_utf8(text) else { return false };
    middle.split('*').try_fold(text, |text, part| Some(text.split_once(part)?.1)).is_some()
}
