//! The buffer of a reply that does not fit the window.

use std::mem;
use std::ops::Deref;

use hostfn_abi::codec::{SPARE, Spilling};

use crate::state::{MemoryBudget, MemoryReservation};

/// The spill buffer of an instance or a task. Its room is charged to the instance's memory, all but 64 KiB.
#[derive(Debug)]
pub(super) struct SpillBuffer {
    bytes: Vec<u8>,
    memory: MemoryBudget,
}

/// A reply that was taken out of the spill buffer. It is charged to the instance's memory as before, until it is given
/// back or dropped.
#[derive(Debug)]
pub struct Spill {
    bytes: Vec<u8>,
    /// `None` for a buffer that is not charged: most replies are short, and a reference to the budget has a cost.
    held: Option<MemoryReservation>,
}

impl SpillBuffer {
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
        let before = self.charged();
        emptied(&mut self.bytes);
        self.memory.give_back(before - self.charged());
    }

    /// Takes the reply out; the buffer is empty, then.
    #[inline]
    pub(super) fn take(&mut self) -> Spill {
        let held = match self.charged() {
            0 => None,
            charged => Some(self.memory.hold(charged)),
        };
        Spill { bytes: mem::take(&mut self.bytes), held }
    }

    /// Keeps the buffer of a reply that was taken out. What was written meanwhile is dropped.
    #[inline]
    pub(super) fn give_back(&mut self, spill: Spill) {
        let Spill { mut bytes, held } = spill;
        emptied(&mut bytes);
        drop(held);
        if self.bytes.capacity() > 0 {
            self.release();
        }
        self.bytes = bytes;
    }

    fn charged(&self) -> usize {
        Spilling::charged(self.bytes.capacity())
    }

    #[cold]
    fn release(&mut self) {
        let charged = self.charged();
        self.bytes = Vec::new();
        self.memory.give_back(charged);
    }
}

/// Without more room than every buffer may have.
#[inline]
fn emptied(bytes: &mut Vec<u8>) {
    bytes.clear();
    if bytes.capacity() > SPARE {
        bytes.shrink_to(SPARE);
    }
}

impl Deref for SpillBuffer {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for SpillBuffer {
    fn drop(&mut self) {
        if self.bytes.capacity() > 0 {
            self.release();
        }
    }
}

impl Deref for Spill {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes
    }
}
