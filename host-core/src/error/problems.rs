//! Problems that were found together.

use std::error::Error as StdError;
use std::fmt;

use crate::error::Problem;

/// One or more problems that were found together, sorted by code, then place. At most 64 are kept; the others are
/// [counted](Problems::more).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problems {
    kept: Vec<Problem>,
    more: usize,
}

impl Problems {
    /// The most problems that are kept.
    pub const MOST: usize = 64;

    /// Returns `Ok` when there are no problems, and otherwise the first 64 of them, sorted.
    ///
    /// ```
    /// use hostfn_core::{Code, Problem, Problems};
    ///
    /// let problems = (0..100).map(|i| Problem::new(Code::UnknownImport, format!("import {i:03}"), "unknown", "remove it"));
    /// let problems = Problems::check(problems.collect()).unwrap_err();
    /// assert_eq!((problems.iter().len(), problems.more()), (64, 36));
    /// assert!(problems.to_string().ends_with("\nand 36 more problems"));
    /// ```
    ///
    /// # Errors
    /// The problems, if there are any.
    pub fn check(problems: Vec<Problem>) -> Result<(), Problems> {
        ProblemList::from(problems).into_result()
    }

    /// The first of them.
    pub fn first(&self) -> &Problem {
        &self.kept[0]
    }

    /// The problems that were kept, in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Problem> {
        self.kept.iter()
    }

    /// The number of problems that were found and not kept.
    pub fn more(&self) -> usize {
        self.more
    }

    /// The same problems, at a place in `outer`.
    #[must_use]
    pub fn within(&self, outer: &str) -> Problems {
        Problems { kept: self.iter().map(|problem| problem.within(outer)).collect(), more: self.more }
    }

    pub(crate) fn as_slice(&self) -> &[Problem] {
        &self.kept
    }
}

impl<'a> IntoIterator for &'a Problems {
    type Item = &'a Problem;
    type IntoIter = std::slice::Iter<'a, Problem>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl From<Problem> for Problems {
    fn from(problem: Problem) -> Self {
        Problems { kept: vec![problem], more: 0 }
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, problem) in self.kept.iter().enumerate() {
            if i > 0 {
                f.write_str("\n")?;
            }
            problem.fmt(f)?;
        }
        match self.more {
            0 => Ok(()),
            1 => f.write_str("\nand 1 more problem"),
            more => write!(f, "\nand {more} more problems"),
        }
    }
}

impl StdError for Problems {}

/// Collects problems: it keeps the first 64 different ones and counts the rest, so that an input of any size costs
/// little memory. [`into_result`](ProblemList::into_result) makes an error of it.
///
/// ```
/// use hostfn_core::{Code, Problem, ProblemList};
///
/// let mut found = ProblemList::new();
/// assert!(found.clone().into_result().is_ok());
/// found.push_with(|| Problem::new(Code::UnknownImport, "import `a`", "unknown", "remove it"));
/// assert!(found.into_result().is_err());
/// ```
#[derive(Clone, Debug, Default)]
pub struct ProblemList {
    kept: Vec<Problem>,
    more: usize,
}

impl ProblemList {
    /// An empty list.
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns `Ok` when there are no problems, and otherwise those that were kept, sorted.
    ///
    /// # Errors
    /// The problems, if there are any.
    pub fn into_result(self) -> Result<(), Problems> {
        let ProblemList { mut kept, more } = self;
        if kept.is_empty() {
            return Ok(());
        }
        kept.sort();
        Err(Problems { kept, more })
    }

    /// Adds a problem.
    pub fn push(&mut self, problem: Problem) {
        self.push_with(|| problem);
    }

    /// Adds a problem, whose text is only written when it is kept.
    pub fn push_with(&mut self, problem: impl FnOnce() -> Problem) {
        if self.is_full() {
            self.more = self.more.saturating_add(1);
            return;
        }
        let problem = problem();
        if !self.kept.contains(&problem) {
            self.kept.push(problem);
        }
    }

    /// Adds all problems of `found`, and counts what `found` did not keep.
    pub fn merge(&mut self, found: &Problems) {
        self.extend(found.iter().cloned());
        self.more = self.more.saturating_add(found.more);
    }

    /// Returns whether another problem may say what was probably meant: of many, the first 16, because looking for names takes
    /// time.
    pub(crate) fn may_suggest(&self) -> bool {
        self.kept.len() < 16
    }

    /// Returns whether further problems are only counted.
    pub fn is_full(&self) -> bool {
        self.kept.len() >= Problems::MOST
    }

    /// Returns whether there are no problems.
    pub fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// The number of problems, those that are only counted included.
    pub fn len(&self) -> usize {
        self.kept.len().saturating_add(self.more)
    }

    /// The problems that were kept, in the order in which they were found.
    pub fn iter(&self) -> std::slice::Iter<'_, Problem> {
        self.kept.iter()
    }
}

impl<'a> IntoIterator for &'a ProblemList {
    type Item = &'a Problem;
    type IntoIter = std::slice::Iter<'a, Problem>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl Extend<Problem> for ProblemList {
    fn extend<T: IntoIterator<Item = Problem>>(&mut self, problems: T) {
        problems.into_iter().for_each(|problem| self.push(problem));
    }
}

impl FromIterator<Problem> for ProblemList {
    fn from_iter<T: IntoIterator<Item = Problem>>(problems: T) -> Self {
        let mut list = Self::new();
        list.extend(problems);
        list
    }
}

impl From<Vec<Problem>> for ProblemList {
    fn from(mut problems: Vec<Problem>) -> Self {
        // what is kept of many comes first, as it would be shown
        problems.sort();
        problems.dedup();
        let more = problems.len().saturating_sub(Problems::MOST);
        problems.truncate(Problems::MOST);
        Self { kept: problems, more }
    }
}
