use std::borrow::Cow;
use std::fmt;

use super::Scope;
use crate::error::{Code, Problem};
use crate::spec::ScopeKind;

/// The first pattern that makes a scope larger than it may be.
pub(super) fn too_many<S: AsRef<str>>(kind: ScopeKind, allow: &[S], deny: &[S]) -> Option<PatternError> {
    let error = |pattern: &S, what: String, remedy| PatternError {
        pattern: pattern.as_ref().to_owned(),
        wrong: Wrong { what: what.into(), remedy },
    };
    if let Some((list, first)) =
        [allow, deny].into_iter().find_map(|list| Some((list, list.get(Scope::MAX_PATTERNS)?)))
    {
        let what = format!("is one of {} in its list", list.len());
        return Some(error(
            first,
            what,
            "keep a list to 1,024 patterns, with a `*` where one stands for many",
        ));
    }
    let mut bytes = 0;
    let first = allow.iter().chain(deny).find(|pattern| {
        let pattern = pattern.as_ref();
        // a match of the costliest scope took 0.7 s where these counted once, and takes 0.1 s
        let times = if kind == ScopeKind::Path && pattern.contains("/**/") { 8 } else { 1 };
        // one that is too long by itself is refused as such
        bytes += times * pattern.len().min(4_096);
        bytes > Scope::MAX_PATTERN_BYTES
    })?;
    let remedy = "keep them to 64 KiB; a path with `**` before its end counts 8 times, so end it there";
    Some(error(first, "brings the patterns of its scope to more than 64 KiB".to_owned(), remedy))
}

/// A pattern that is not one of its kind: what is wrong with it and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{}` {}; {}", shown(pattern), wrong.what, wrong.remedy)]
pub struct PatternError {
    pub(super) pattern: String,
    pub(super) wrong: Wrong,
}

impl PatternError {
    /// Pattern as written.
    pub fn pattern(&self) -> &str {
        &self.pattern
    }

    /// Message about the pattern, such as `is not absolute`.
    pub fn message(&self) -> &str {
        &self.wrong.what
    }

    /// Help: what to write instead.
    pub fn help(&self) -> &str {
        self.wrong.remedy
    }

    pub(crate) fn at(&self, place: impl Into<String>) -> Problem {
        let what = format!("the pattern `{}` {}", shown(&self.pattern), self.message());
        Problem::new(Code::BadPattern, place, what, self.help())
    }
}

/// Every bad pattern of a [`Scope`], at least one.
///
/// ```
/// use hostfn_core::{Scope, ScopeKind};
///
/// let errors = Scope::new(ScopeKind::Path, &["data", "/srv/**"], &["tmp"]).unwrap_err();
/// assert_eq!(errors.len(), 2);
/// assert_eq!(errors[0].pattern(), "data");
/// assert!(errors.to_string().contains("`tmp` is not absolute"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatternErrors(Vec<PatternError>);

impl PatternErrors {
    /// Returns an error unless the list is empty.
    pub(super) fn check(errors: Vec<PatternError>) -> Result<(), Self> {
        if errors.is_empty() { Ok(()) } else { Err(Self(errors)) }
    }
}

impl fmt::Display for PatternErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, error) in self.0.iter().enumerate() {
            write!(f, "{}{error}", if at == 0 { "" } else { "\n" })?;
        }
        Ok(())
    }
}

impl std::error::Error for PatternErrors {}

impl std::ops::Deref for PatternErrors {
    type Target = [PatternError];

    fn deref(&self) -> &[PatternError] {
        &self.0
    }
}

impl IntoIterator for PatternErrors {
    type Item = PatternError;
    type IntoIter = std::vec::IntoIter<PatternError>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'e> IntoIterator for &'e PatternErrors {
    type Item = &'e PatternError;
    type IntoIter = std::slice::Iter<'e, PatternError>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

/// A pattern in a message: in one line, and cut where it is long.
fn shown(pattern: &str) -> String {
    const LONGEST: usize = 256;
    let cut = pattern.floor_char_boundary(LONGEST);
    let rest = if cut < pattern.len() { "..." } else { "" };
    format!("{}{rest}", pattern[..cut].escape_debug())
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wrong {
    pub(super) what: Cow<'static, str>,
    pub(super) remedy: &'static str,
}

impl Wrong {
    pub(super) const fn new(what: &'static str, remedy: &'static str) -> Self {
        Self { what: Cow::Borrowed(what), remedy }
    }
}
