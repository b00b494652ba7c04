//! Patterns of names.

use super::{List, Pattern, Wild, Wrong, needs_wild};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NamePattern(Wild);

/// Bytes of a name that is matched.
const LONGEST_NAME: usize = 1_024;

impl Pattern for NamePattern {
    const LONGEST: usize = LONGEST_NAME;

    type Value<'v> = &'v str;

    fn everything() -> Self {
        NamePattern(Wild::new("*"))
    }

    fn read(text: &str, _: List) -> Result<Self, Wrong> {
        if text.matches('*').count() > 1 {
            return Err(Wrong::new("has more than one `*`", "write several patterns with one `*` each"));
        }
        Ok(NamePattern(Wild::new(text)))
    }

    fn value(text: &str) -> Option<&str> {
        (!text.is_empty() && text.len() <= LONGEST_NAME && !text.contains('\0')).then_some(text)
    }

    fn matches(&self, value: &&str) -> bool {
        self.0.matches(value.as_bytes())
    }

    fn covers(&self, other: &Self) -> bool {
        self.0.covers(&other.0)
    }

    fn overlaps(&self, other: &Self) -> bool {
        self.0.overlaps(&other.0)
    }

    fn narrowest(value: &&str) -> String {
        match (value.split_once(needs_wild), value.rsplit_once(needs_wild)) {
            (Some((before, _)), Some((_, after))) => format!("{before}*{after}"),
            _ => (*value).to_owned(),
        }
    }
}
