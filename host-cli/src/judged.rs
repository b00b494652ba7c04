//! Differences of two listings, judged by their classes.

use std::path::Path;

use hostfn_core::{Class, Diff};

use crate::outcome::Exit;

/// Differences, the classes that are denied, and the file that the listing is compared with.
pub(crate) struct Judged<'j> {
    pub(crate) diff: &'j Diff,
    pub(crate) denied: &'j [Class],
    pub(crate) old: &'j Path,
}

impl Judged<'_> {
    /// Returns how a command ends that finds these differences.
    pub(crate) fn exit(&self) -> Exit {
        let denied = self.denied.iter().any(|class| self.diff.has(*class));
        if denied { Exit::Denied } else { Exit::Success }
    }
}
