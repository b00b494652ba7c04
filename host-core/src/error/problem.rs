use std::fmt;

use crate::error::{Code, Untrusted, misleads};

/// One thing that is wrong: its code, where it is, what it is and what to do.
///
/// Its texts are one line each and safe to print: names that a plugin or a file chose are escaped as [`Untrusted`] is, and
/// what is longer than 2,000 characters is cut. In Markdown or HTML, escape them again with [`Untrusted`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    code: Code,
    place: String,
    what: String,
    remedy: String,
    origin: Option<String>,
}

/// Characters of each text of a problem.
const LONGEST: usize = 2000;

/// Most texts are ours and plain, and stay as they are.
fn line(text: String) -> String {
    if text.len() <= LONGEST && !text.contains(misleads) {
        return text;
    }
    Untrusted::new(&text).at_most(LONGEST).to_string()
}

impl Problem {
    /// A problem at `place`: `what` is the matter, and `remedy` is what helps.
    pub fn new(
        code: Code,
        place: impl Into<String>,
        what: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self {
            code,
            place: line(place.into()),
            what: line(what.into()),
            remedy: line(remedy.into()),
            origin: None,
        }
    }

    /// The same problem, which code of the host at `origin` caused. `Debug` shows that; `Display`, which users of plugins
    /// see, does not.
    #[must_use]
    pub(crate) fn caused_at(mut self, origin: impl fmt::Display) -> Self {
        self.origin = Some(origin.to_string());
        self
    }

    /// The place in the host's own code that caused it, if that is not its [`place`](Problem::place): for the host's
    /// authors, and not for users of plugins.
    pub fn origin(&self) -> Option<&str> {
        self.origin.as_deref()
    }

    /// The same problem, at a place in `outer`.
    #[must_use]
    pub(crate) fn within(&self, outer: &str) -> Self {
        Self { place: line(format!("{outer}, {}", self.place)), ..self.clone() }
    }

    /// The stable code.
    pub fn code(&self) -> Code {
        self.code
    }

    /// Where it is: a function, a line of the grants, an import.
    pub fn place(&self) -> &str {
        &self.place
    }

    /// What is the matter.
    pub fn what(&self) -> &str {
        &self.what
    }

    /// What to do about it.
    pub fn remedy(&self) -> &str {
        &self.remedy
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}; {}", self.code, self.place, self.what, self.remedy)
    }
}
