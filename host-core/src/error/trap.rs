//! The place and kind of a trap.

use super::Untrusted;

/// A trap, the function of the guest, and the last line of the guest's log.
///
/// The function's name is from the module's name section. It and the line are the guest's own text: show them as
/// [`Untrusted`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TrapSite {
    /// The kind of trap, such as `out of bounds memory access` or `unreachable`.
    pub kind: String,
    /// The function's name, or `function 7` where the module has no names; `None` where no function ran.
    pub function: Option<String>,
    /// The last line that the guest wrote into the log in this call, of which 1 KiB is kept.
    pub log: Option<String>,
}

impl TrapSite {
    /// Creates the site of a trap.
    ///
    /// ```
    /// let site = hostfn_core::TrapSite::new("unreachable", Some("run".to_owned()));
    /// assert_eq!(site.kind, "unreachable");
    /// ```
    pub fn new(kind: impl Into<String>, function: Option<String>) -> Self {
        Self { kind: kind.into(), function, log: None }
    }

    /// Adds the last line of the guest's log.
    #[must_use]
    pub fn logged(mut self, line: Option<String>) -> Self {
        self.log = line;
        self
    }

    /// In one line, with the last line of the guest's log. A guest that panics logs why and then runs into
    /// `unreachable`, so there the line is the reason.
    pub(super) fn line(&self) -> String {
        let mut out = Untrusted::new(&self.kind).to_string();
        if let Some(function) = &self.function {
            out += &format!(" in `{}`", Untrusted::new(function));
        }
        match &self.log {
            Some(line) if self.kind == "unreachable" => out += &format!(": {}", Untrusted::new(line)),
            Some(line) => out += &last_line(line),
            None => {}
        }
        out
    }
}

/// Returns the last line of a guest's log, for the end of an error text.
pub(crate) fn last_line(line: &str) -> String {
    format!("; its last log line: {}", Untrusted::new(line))
}
