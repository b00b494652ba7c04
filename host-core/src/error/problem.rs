use std::fmt;

use crate::error::{Code, Untrusted, misleads};

/// One problem: its code, its location, a message and the help for it, as rustc names them.
///
/// Its texts are one line each and safe to print: names that a plugin or a file chose are escaped as [`Untrusted`] is, and
/// what is longer than 2,000 characters is cut. In Markdown or HTML, escape them again with [`Untrusted`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    code: Code,
    location: String,
    message: String,
    help: String,
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
    /// Creates a problem. `message` says what is wrong at `location`, and `help` what to write instead.
    pub fn new(
        code: Code,
        location: impl Into<String>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        Self {
            code,
            location: line(location.into()),
            message: line(message.into()),
            help: line(help.into()),
            origin: None,
        }
    }

    /// Adds the place in the host's code that caused the problem. `Debug` shows it; `Display`, which users of plugins see,
    /// does not.
    #[must_use]
    pub(crate) fn caused_at(mut self, origin: impl fmt::Display) -> Self {
        self.origin = Some(origin.to_string());
        self
    }

    /// Returns the place in the host's own code that caused it, if that is not its [`location`](Problem::location): for the
    /// host's authors, and not for users of plugins.
    pub fn origin(&self) -> Option<&str> {
        self.origin.as_deref()
    }

    /// Puts `outer` before the location.
    #[must_use]
    pub(crate) fn within(&self, outer: &str) -> Self {
        Self { location: line(format!("{outer}, {}", self.location)), ..self.clone() }
    }

    /// The stable code.
    pub fn code(&self) -> Code {
        self.code
    }

    /// Location: a function, a line of the grants, an import.
    pub fn location(&self) -> &str {
        &self.location
    }

    /// The message: what is wrong.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The help: what to write or to change.
    pub fn help(&self) -> &str {
        &self.help
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}; {}", self.code, self.location, self.message, self.help)
    }
}
