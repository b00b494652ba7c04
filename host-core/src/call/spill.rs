//! The buffer of a reply that does not fit the window.

use std::ops::Deref;

use hostfn_abi::codec::{SPARE, Spilling};

use crate::state::MemoryBudget;

/// The bytes of a reply that does not fit the window. Its room is charged to the instance's memory, all but 64 KiB,
/// for as long as it is held.
#[derive(Debug)]
pub struct Spill {
    bytes: Vec<u8>,
    memory: MemoryBudget,
}

impl Spill {
    pub(super) fn new(memory: &MemoryBudget) -> Self {
        Self { bytes: Vec::new(), memory: memory.clone() }
    }

    /// A sink that writes into the window, and here what does not fit.
    #[inline]
    pub(super) fn beside<'a>(&'a mut self, window: &'a mut [u8], limit: usize) -> Spilling<'a> {
        Spilling::new(window, &mut self.bytes, limit).within(&self.memory)
    }

    /// Empties it, and keeps a small buffer for the next reply.
    pub(super) fn clear(&mut self) {
        let before = Spilling::charged(self.bytes.capacity());
        self.bytes.clear();
        self.bytes.shrink_to(SPARE);
        self.memory.give_back(before - Spilling::charged(self.bytes.capacity()));
    }
}

impl Deref for Spill {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Spill {
    fn drop(&mut self) {
        self.memory.give_back(Spilling::charged(self.bytes.capacity()));
    }
}
