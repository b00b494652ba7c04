use crate::policy::{Grants, Manifest};
use crate::state::{CancelToken, Interrupt, MemoryBudget};

/// The instance that a state initialiser creates a state for.
#[derive(Clone, Copy, Debug)]
pub struct StateCx<'a> {
    pub(crate) plugin: &'a str,
    pub(crate) manifest: Option<&'a Manifest>,
    pub(crate) grants: &'a Grants,
    pub(crate) granted: &'a Grants,
    pub(crate) life: &'a CancelToken,
    pub(crate) startup: &'a CancelToken,
    pub(crate) interrupt: &'a Interrupt,
    pub(crate) memory: &'a MemoryBudget,
}

impl<'a> StateCx<'a> {
    /// The plugin's name.
    pub fn plugin(&self) -> &'a str {
        self.plugin
    }

    /// The plugin's manifest, if it has one.
    pub fn manifest(&self) -> Option<&'a Manifest> {
        self.manifest
    }

    /// Returns what the instance is granted in effect: what the plugin asks for, cut down to what the operator grants.
    pub fn grants(&self) -> &'a Grants {
        self.grants
    }

    /// Returns what the operator grants, before it is cut down to what the plugin asks for. The words are the operator's alone:
    /// in [`grants`](StateCx::grants), a pattern may be the plugin's own, where the operator's covers it.
    pub fn granted(&self) -> &'a Grants {
        self.granted
    }

    /// The instance's end: cancelled when the instance is closed or told to end. Background work that a
    /// state begins watches it, and one that cannot go on without its state may cancel it.
    pub fn lifetime(&self) -> &'a CancelToken {
        self.life
    }

    /// Cancelled when the instance's start is called off: an initialiser that takes long watches it.
    pub fn startup(&self) -> &'a CancelToken {
        self.startup
    }

    /// Tells host functions that take long when to stop.
    pub fn interrupt(&self) -> &'a Interrupt {
        self.interrupt
    }

    /// Returns what the instance may take up, its linear memory and what its host functions hold for it.
    pub fn memory(&self) -> &'a MemoryBudget {
        self.memory
    }
}
