//! Why no bindings can be made of a listing.

use std::fmt;

/// One thing in a listing that a language has no bindings for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    code: &'static str,
    place: String,
    what: String,
    remedy: &'static str,
}

impl Problem {
    pub(crate) const NAMES: &'static str = "H0801";
    pub(crate) const SHAPE: &'static str = "H0802";
    pub(crate) const TYPE: &'static str = "H0803";

    pub(crate) fn new(
        code: &'static str,
        place: impl Into<String>,
        what: impl Into<String>,
        remedy: &'static str,
    ) -> Self {
        Self { code, place: place.into(), what: what.into(), remedy }
    }

    /// The stable code: `H0801` for names that collide, `H0802` for a shape that the language cannot hold,
    /// `H0803` for a type that the listing does not define.
    pub fn code(&self) -> &str {
        self.code
    }

    /// The function or method, and the parameter or type.
    pub fn place(&self) -> &str {
        &self.place
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}; {}", self.code, self.place, self.what, self.remedy)
    }
}

/// Everything in a listing that a language has no bindings for, sorted. There is at least one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", lines(.0))]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// `Ok` when there are none.
    pub(crate) fn check(mut problems: Vec<Problem>) -> Result<(), Problems> {
        if problems.is_empty() {
            return Ok(());
        }
        problems.sort();
        problems.dedup();
        Err(Problems(problems))
    }

    /// The problems, in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Problem> {
        self.0.iter()
    }
}

impl<'a> IntoIterator for &'a Problems {
    type Item = &'a Problem;
    type IntoIter = std::slice::Iter<'a, Problem>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

fn lines(problems: &[Problem]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}
