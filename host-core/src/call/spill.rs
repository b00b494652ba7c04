//! The buffer of a reply that does not fit the window.

use std::mem;
use std::ops::Deref;

use hostfn_abi::Status;
use hostfn_abi::codec::{self, SPARE, Spilling};

use super::Reply;
use super::refusals::not_encoded;
use super::reply_slot::ReplySlot;
use crate::spec::IntoReply;
use crate::state::{MemoryBudget, MemoryReservation};

/// Bytes of the host's own that serve as the window of a guest without one.
const ROOM: usize = 4096;

/// The spill buffer of an instance or a task. Its room is charged to the instance's memory, all but 65 KiB.
#[derive(Debug)]
pub(super) struct SpillBuffer {
    bytes: Vec<u8>,
    /// The window of a guest without one, once it was used: bytes that exist are written faster than a `Vec` grows.
    room: Box<[u8]>,
    /// The length of the reply in `room`, if the last reply is there. One in `bytes` comes first.
    in_room: usize,
    memory: MemoryBudget,
}

/// A reply that was taken out of the spill buffer. It is charged to the instance's memory as before, until it is given
/// back or dropped.
#[derive(Debug)]
pub struct Spill {
    bytes: Taken,
    /// `None` for a buffer that is not charged: most replies are short, and a reference to the budget has a cost.
    held: Option<MemoryReservation>,
}

#[derive(Debug)]
enum Taken {
    Bytes(Vec<u8>),
    Room(Box<[u8]>, usize),
}

impl SpillBuffer {
    pub(super) fn new(memory: &MemoryBudget) -> Self {
        Self { bytes: Vec::new(), room: Box::default(), in_room: 0, memory: memory.clone() }
    }

    /// Encodes the reply of a call into the window, or here what does not fit or has no window.
    #[inline]
    pub(super) fn encode<T: IntoReply + ?Sized>(
        &mut self,
        window: &mut [u8],
        limit: usize,
        value: &T,
    ) -> Reply {
        if window.is_empty() {
            return self.encode_in_room(limit, value);
        }
        let mut sink = self.beside(window, limit);
        match codec::encode(value, &mut sink) {
            Ok(()) => Ok(ReplySlot::new(Status::OK, &sink)),
            Err(error) => Err(not_encoded(&sink, &error)),
        }
    }

    // out of line, so that the call function stays small: most guests have a window
    #[inline(never)]
    fn encode_in_room<T: IntoReply + ?Sized>(&mut self, limit: usize, value: &T) -> Reply {
        if self.room.is_empty() {
            self.make_room();
        }
        let mut sink = Spilling::new(&mut self.room, &mut self.bytes, limit).within(&self.memory);
        if let Err(error) = codec::encode(value, &mut sink) {
            return Err(not_encoded(&sink, &error));
        }
        let placed = ReplySlot::new(Status::OK, &sink);
        if placed.is_spilled() || placed.len() == 0 {
            return Ok(placed);
        }
        self.in_room = placed.len() as usize;
        Ok(ReplySlot::spilled(Status::OK, self.in_room))
    }

    #[cold]
    fn make_room(&mut self) {
        self.room = vec![0; ROOM].into_boxed_slice();
    }

    /// A sink that writes into the window, and here what does not fit.
    #[inline]
    pub(super) fn beside<'a>(&'a mut self, window: &'a mut [u8], limit: usize) -> Spilling<'a> {
        Spilling::new(window, &mut self.bytes, limit).within(&self.memory)
    }

    /// Empties it, and keeps a small buffer for the next reply.
    pub(super) fn clear(&mut self) {
        let before = self.charged();
        self.in_room = 0;
        emptied(&mut self.bytes);
        self.memory.give_back(before - self.charged());
    }

    /// Takes the reply out; the buffer is empty, then.
    #[inline]
    pub(super) fn take(&mut self) -> Spill {
        if self.bytes.is_empty() {
            let len = mem::take(&mut self.in_room);
            return Spill { bytes: Taken::Room(mem::take(&mut self.room), len), held: None };
        }
        let held = match self.charged() {
            0 => None,
            charged => Some(self.memory.hold(charged)),
        };
        Spill { bytes: Taken::Bytes(mem::take(&mut self.bytes)), held }
    }

    /// Keeps the buffer of a reply that was taken out. What was written meanwhile is dropped.
    #[inline]
    pub(super) fn give_back(&mut self, spill: Spill) {
        let Spill { bytes, held } = spill;
        let mut bytes = match bytes {
            Taken::Room(room, _) => {
                self.room = room;
                return;
            }
            Taken::Bytes(bytes) => bytes,
        };
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
        if self.bytes.is_empty() { self.room.get(..self.in_room).unwrap_or_default() } else { &self.bytes }
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

    #[inline]
    fn deref(&self) -> &[u8] {
        match &self.bytes {
            Taken::Bytes(bytes) => bytes,
            Taken::Room(room, len) => room.get(..*len).unwrap_or_default(),
        }
    }
}
