use super::error::Wrong;

/// The list that a pattern stands in.
#[derive(Clone, Copy)]
pub(super) enum List {
    Allow,
    Deny,
}

/// One kind of pattern.
pub(super) trait Pattern: Sized {
    /// Bytes of a pattern.
    const LONGEST: usize;

    /// A value in the form that is matched.
    type Value<'v>;

    /// Returns what matches every value.
    fn everything() -> Self;

    /// Reads a pattern that is not empty and has no control characters.
    fn read(text: &str, list: List) -> Result<Self, Wrong>;

    /// `None` for what is no value of this kind, or too long to be matched.
    fn value(text: &str) -> Option<Self::Value<'_>>;

    fn matches(&self, value: &Self::Value<'_>) -> bool;

    /// Returns whether it is certain that it matches every value that `other` matches.
    fn covers(&self, other: &Self) -> bool;

    /// Returns whether there may be a value that both match.
    fn overlaps(&self, other: &Self) -> bool;

    /// Returns what to write for a pattern that matches `value` and as little else as can be.
    fn narrowest(value: &Self::Value<'_>) -> String;
}

/// The pattern of a capability without a scope, which cannot be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unscoped;

impl Pattern for Unscoped {
    const LONGEST: usize = 1_024;

    type Value<'v> = ();

    fn everything() -> Self {
        Unscoped
    }

    fn read(_: &str, _: List) -> Result<Self, Wrong> {
        Err(Wrong::new("narrows what has no scope", "leave it out"))
    }

    fn value(_: &str) -> Option<()> {
        Some(())
    }

    fn matches(&self, (): &()) -> bool {
        true
    }

    fn covers(&self, _: &Self) -> bool {
        true
    }

    fn overlaps(&self, _: &Self) -> bool {
        true
    }

    fn narrowest((): &()) -> String {
        String::new()
    }
}
