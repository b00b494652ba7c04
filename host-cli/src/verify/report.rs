//! A verification as data.

use schemars::JsonSchema;
use serde::Serialize;

use crate::text::{self, cut};

/// The version of the JSON form.
pub(super) const SCHEMA: u32 = 2;

/// Annotated functions of a package, compared with a listing.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Verification {
    /// The version of this form.
    pub(super) schema: u32,
    /// The package.
    pub(super) package: String,
    /// The number of annotated functions in its sources, without those of tests.
    pub(super) annotated: usize,
    /// The number of annotated functions under `#[cfg(test)]`.
    pub(super) in_tests: usize,
    /// The annotated functions that the listing lacks, by file and line.
    pub(super) missing: Vec<Missing>,
    /// The handwritten specs, by file and line.
    pub(super) by_hand: Vec<ByHand>,
    /// The files that could not be read.
    pub(super) unread: Vec<Unread>,
}

/// An annotated function that the listing lacks.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Missing {
    /// `module.name`.
    pub(super) function: String,
    /// The file, relative to the package.
    pub(super) file: String,
    /// The line.
    pub(super) line: usize,
    /// The reason the listing lacks it.
    pub(super) why: String,
    /// The remedy.
    pub(super) help: &'static str,
}

/// A handwritten spec.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct ByHand {
    /// `module.name`; `?` for a part that is not a literal.
    pub(super) function: String,
    /// The file, relative to the package.
    pub(super) file: String,
    /// The line.
    pub(super) line: usize,
    /// True if the listing has a function of this name; nothing where the name is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) listed: Option<bool>,
}

/// A file that could not be read.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Unread {
    /// The file, relative to the package.
    pub(super) file: String,
    /// The reason.
    pub(super) why: String,
}

impl Verification {
    /// Returns whether the listing has every annotated function, and every file could be read.
    pub(crate) fn is_complete(&self) -> bool {
        self.missing.is_empty() && self.unread.is_empty()
    }

    /// JSON, indented, with a final line feed.
    pub(crate) fn to_json(&self) -> String {
        text::json(&serde_json::json!(self))
    }

    /// Text for a terminal.
    pub(crate) fn to_text(&self) -> String {
        let listed = self.annotated - self.missing.len();
        let mut out = format!(
            "package {}: the listing has {listed} of {} annotated functions",
            cut(&self.package),
            self.annotated
        );
        if self.in_tests > 0 {
            out += &format!("; {} in tests not counted", self.in_tests);
        }
        out.push('\n');
        if !self.missing.is_empty() {
            out += &format!("\nnot in the listing: {}\n", self.missing.len());
        }
        for row in &self.missing {
            let (function, why) = (cut(&row.function), cut(&row.why));
            out += &format!("  {function} ({}:{}): {why}; {}\n", cut(&row.file), row.line, row.help);
        }
        if !self.by_hand.is_empty() {
            out += &format!("\nhandwritten specs: {}\n", self.by_hand.len());
        }
        for row in &self.by_hand {
            let listed = match row.listed {
                Some(true) => "the listing has it",
                Some(false) => "not in the listing",
                None => "its name is not a literal",
            };
            out += &format!("  {} ({}:{}): {listed}\n", cut(&row.function), cut(&row.file), row.line);
        }
        if !self.unread.is_empty() {
            out += &format!("\nnot read: {}\n", self.unread.len());
        }
        for row in &self.unread {
            out += &format!("  {}: {}\n", cut(&row.file), cut(&row.why));
        }
        out
    }
}
