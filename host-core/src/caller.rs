//! Who is calling.

use std::sync::Arc;

/// Who calls a host function: `#[caller] c: &Caller`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    plugin: Arc<str>,
    instance: u64,
    depth: u32,
}

impl Caller {
    /// The instance numbered `instance` of `plugin`, which is not running.
    pub fn new(plugin: impl Into<Arc<str>>, instance: u64) -> Self {
        Self { plugin: plugin.into(), instance, depth: 0 }
    }

    /// The plugin's name.
    pub fn plugin(&self) -> &str {
        &self.plugin
    }

    /// The instance's number, which no other instance of the process has.
    pub fn instance(&self) -> u64 {
        self.instance
    }

    /// How many calls from the host into the guest are under way: 1, or more when the guest was
    /// called back, for a block of its memory, by a host function. 0 in a start function.
    pub fn depth(&self) -> u32 {
        self.depth
    }

    pub(crate) fn set_depth(&mut self, depth: u32) {
        self.depth = depth;
    }
}
