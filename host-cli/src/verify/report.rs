//! What is found, as data.

use schemars::JsonSchema;
use serde::Serialize;

use crate::text::{self, cut};

/// The version of the JSON form.
pub(super) const SCHEMA: u32 = 1;

/// What the sources of a package annotate, held to a listing.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Verification {
    /// The version of this form.
    pub(super) schema: u32,
    /// The package.
    pub(super) package: String,
    /// How many annotated functions its sources have, those of tests not counted.
    pub(super) annotated: usize,
    /// How many more there are under `#[cfg(test)]`, which no build has.
    pub(super) in_tests: usize,
    /// The annotated functions that the listing lacks, by file and line.
    pub(super) missing: Vec<Missing>,
    /// The specs that are written by hand, by file and line.
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
    /// Why it is not there.
    pub(super) why: String,
    /// What to do about it.
    pub(super) remedy: &'static str,
}

/// A spec that is written by hand.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct ByHand {
    /// `module.name`; `?` for what is no literal.
    pub(super) function: String,
    /// The file, relative to the package.
    pub(super) file: String,
    /// The line.
    pub(super) line: usize,
    /// Whether the listing has a function of this name; nothing where the name is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) listed: Option<bool>,
}

/// A file that could not be read.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Unread {
    /// The file, relative to the package.
    pub(super) file: String,
    /// Why.
    pub(super) why: String,
}

impl Verification {
    /// Whether the listing has all that the sources annotate, as far as they could be read.
    pub(crate) fn is_complete(&self) -> bool {
        self.missing.is_empty() && self.unread.is_empty()
    }

    /// JSON, indented, with a final line feed.
    pub(crate) fn to_json(&self) -> String {
        text::json(&serde_json::json!(self))
    }

    /// For a terminal.
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
            out += &format!("  {function} ({}:{}): {why}; {}\n", cut(&row.file), row.line, row.remedy);
        }
        if !self.by_hand.is_empty() {
            out += &format!("\nwritten by hand: {}\n", self.by_hand.len());
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
