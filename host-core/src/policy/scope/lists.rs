use std::collections::HashSet;

use super::error::{PatternError, Wrong};
use super::pattern::{List, Pattern};

/// The patterns of a scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Lists<P> {
    pub(super) allow: Box<[P]>,
    pub(super) deny: Box<[P]>,
}

impl<P: Pattern> Lists<P> {
    pub(super) fn read<S: AsRef<str>>(
        allow: Option<&[S]>,
        deny: &[S],
        errors: &mut Vec<PatternError>,
    ) -> Self {
        let mut read = |patterns: &[S], list| {
            let patterns = patterns.iter().map(AsRef::as_ref);
            let read = patterns.filter_map(|text| match read_pattern(text, list) {
                Ok(pattern) => Some(pattern),
                Err(wrong) => {
                    errors.push(PatternError { pattern: text.to_owned(), wrong });
                    None
                }
            });
            read.collect()
        };
        Self {
            allow: allow.map_or_else(|| [P::everything()].into(), |allow| read(allow, List::Allow)),
            deny: read(deny, List::Deny),
        }
    }

    pub(super) fn allows(&self, value: &str) -> bool {
        P::value(value).is_some_and(|value| self.admitting(&value).is_some())
    }

    /// The allow pattern that lets `value` through.
    fn admitting(&self, value: &P::Value<'_>) -> Option<&P> {
        let admitting = self.allow.iter().find(|pattern| pattern.matches(value))?;
        let denied = self.deny.iter().any(|pattern| pattern.matches(value));
        (!denied).then_some(admitting)
    }

    /// Of what may be hostile, the inner side, no two patterns are compared with each other: the time is in
    /// proportion to its length, not to the square.
    pub(super) fn within(&self, outer: &Self) -> Kept {
        let fits: Vec<bool> = self.allow.iter().map(|pattern| covered(&outer.allow, pattern)).collect();
        // of what does not fit, an outer pattern may be a part; to what fits, it would add nothing
        let part = |pattern| !covered(chosen(&self.allow, &fits), pattern) && covered(&self.allow, pattern);
        let inner: Vec<bool> = self
            .allow
            .iter()
            .zip(&fits)
            .map(|(pattern, fits)| *fits && !covered(&outer.deny, pattern))
            .collect();
        let denied = |pattern| covered(&self.deny, pattern) || covered(&outer.deny, pattern);
        let outside: Vec<bool> =
            outer.allow.iter().map(|pattern| part(pattern) && !denied(pattern)).collect();
        let matters = |denial: &P| {
            chosen(&self.allow, &inner)
                .chain(chosen(&outer.allow, &outside))
                .any(|pattern| pattern.overlaps(denial))
        };
        let deny = outer.deny.iter().map(|denial| matters(denial) && !covered(&self.deny, denial)).collect();
        Kept { inner, outer: outside, deny }
    }

    pub(super) fn cover(&self, inner: &Self) -> bool {
        let cuts = |denial: &P| {
            inner.allow.iter().any(|pattern| pattern.overlaps(denial)) && !covered(&inner.deny, denial)
        };
        inner.allow.iter().all(|pattern| covered(&self.allow, pattern)) && !self.deny.iter().any(cuts)
    }
}

/// The patterns that remain when a scope is narrowed to an outer one.
pub(super) struct Kept {
    pub(super) inner: Vec<bool>,
    pub(super) outer: Vec<bool>,
    /// Of the outer deny list; all of the inner one stay.
    pub(super) deny: Vec<bool>,
}

pub(super) fn chosen<'p, P>(patterns: &'p [P], chosen: &[bool]) -> impl Iterator<Item = &'p P> {
    patterns.iter().zip(chosen).filter(|(_, chosen)| **chosen).map(|(pattern, _)| pattern)
}

/// Each of them at its first place only.
pub(super) fn once<'p>(patterns: impl Iterator<Item = &'p Box<str>>) -> Vec<&'p str> {
    let mut seen = HashSet::new();
    patterns.map(AsRef::as_ref).filter(|pattern| seen.insert(*pattern)).collect()
}

fn covered<'p, P: Pattern + 'p>(by: impl IntoIterator<Item = &'p P>, pattern: &P) -> bool {
    by.into_iter().any(|outer| outer.covers(pattern))
}

fn read_pattern<P: Pattern>(text: &str, list: List) -> Result<P, Wrong> {
    if text.is_empty() {
        return Err(Wrong::new("is empty", "leave it out"));
    }
    if text.len() > P::LONGEST {
        let what = format!("is {} bytes long, and one of its kind has at most {}", text.len(), P::LONGEST);
        return Err(Wrong { what: what.into(), remedy: "shorten it, or let a `*` cover a part of it" });
    }
    if text.contains(char::is_control) {
        return Err(Wrong::new("has a control character in it", "leave it out, or let a `*` cover it"));
    }
    P::read(text, list)
}
