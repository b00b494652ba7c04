use alloc::vec::Vec;
use core::mem;

use super::allowance::{Allowance, SPARE};
use super::sink::{Full, Sink, SliceSink};

/// A [`Sink`] that writes into a window and, from the first byte that does not fit, beside it.
///
/// ```
/// use hostfn_abi::codec::{self, Spilling, Written};
///
/// let (mut window, mut spill) = ([0; 4], Vec::new());
/// let mut sink = Spilling::new(&mut window, &mut spill, 1024);
/// codec::encode("four", &mut sink)?;
/// assert_eq!(sink.finish(), Written::Spill(5));
/// assert_eq!(spill, b"\xa4four");
/// # Ok::<(), codec::Error>(())
/// ```
#[derive(Debug)]
pub struct Spilling<'a> {
    window: SliceSink<'a>,
    spill: &'a mut Vec<u8>,
    limit: usize,
    /// Set while output goes to the spill, because the window has no room for it.
    spilled: bool,
    starved: bool,
    allowance: Option<&'a dyn Allowance>,
}

/// The place where a [`Spilling`] sink left the bytes, and how many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// At the start of the window.
    Window(usize),
    /// All of them in the spill; what is in the window means nothing.
    Spill(usize),
}

impl<'a> Spilling<'a> {
    /// A sink that takes `limit` bytes at most. `spill` is emptied first.
    #[inline]
    pub fn new(window: &'a mut [u8], spill: &'a mut Vec<u8>, limit: usize) -> Self {
        spill.clear();
        let room = window.len().min(limit);
        Self {
            window: SliceSink::new(window.get_mut(..room).unwrap_or_default()),
            spill,
            limit,
            // without a window, the first byte need not find out that it has no room
            spilled: room == 0,
            starved: false,
            allowance: None,
        }
    }

    /// The spill takes from `allowance` what it has [room](Spilling::charged) for, beyond what was charged for it
    /// before.
    #[inline]
    #[must_use]
    pub fn within(mut self, allowance: &'a dyn Allowance) -> Self {
        self.allowance = Some(allowance);
        self
    }

    /// The bytes that a spill with room for `capacity` takes from its allowance.
    #[inline]
    pub const fn charged(capacity: usize) -> usize {
        capacity.saturating_sub(SPARE)
    }

    /// Returns whether the allowance refused more bytes.
    pub fn is_starved(&self) -> bool {
        self.starved
    }

    /// Takes `limit` bytes at most from here on, if that is less than before.
    pub fn lower_limit(&mut self, limit: usize) {
        if limit < self.limit {
            self.limit = limit;
            self.window.shorten(limit);
        }
    }

    /// Returns how many bytes it takes at most.
    #[inline]
    pub fn limit(&self) -> usize {
        self.limit
    }

    /// Returns how many bytes are written.
    #[inline]
    pub fn len(&self) -> usize {
        self.window.len() + self.spill.len()
    }

    /// Returns whether nothing is written yet.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns whether what is written is in the spill; nothing is, where nothing is written.
    #[inline]
    pub fn has_spilled(&self) -> bool {
        !self.spill.is_empty()
    }

    /// Returns where the bytes are.
    #[inline]
    pub fn finish(self) -> Written {
        if self.has_spilled() { Written::Spill(self.spill.len()) } else { Written::Window(self.window.len()) }
    }

    /// The spill, with room for `more`. Most of what is put there fits what was put aside before.
    #[inline]
    fn spill(&mut self, more: usize) -> Result<&mut Vec<u8>, Full> {
        let room = self.spill.capacity().min(self.limit);
        if !self.spilled || more > room.saturating_sub(self.spill.len()) {
            self.make_room(more)?;
        }
        Ok(self.spill)
    }

    // out of line, so that what writes into a window is small enough to be inlined
    #[inline(never)]
    fn put_spill(&mut self, bytes: &[u8]) -> Result<(), Full> {
        self.spill(bytes.len())?.extend_from_slice(bytes);
        Ok(())
    }

    #[inline(never)]
    fn put_spill_marked(&mut self, marker: u8, bytes: &[u8]) -> Result<(), Full> {
        let spill = self.spill(1 + bytes.len())?;
        spill.push(marker);
        spill.extend_from_slice(bytes);
        Ok(())
    }

    /// Moves on to the spill, or enlarges it.
    #[cold]
    #[inline(never)]
    fn make_room(&mut self, more: usize) -> Result<(), Full> {
        if more > self.limit.saturating_sub(self.len()) {
            return Err(Full);
        }
        let needed = self.len() + more;
        if needed > self.spill.capacity() {
            self.grow(needed)?;
        }
        if !self.spilled {
            // an empty window is one that nothing fits into
            let window = mem::replace(&mut self.window, SliceSink::new(&mut []));
            self.spill.extend_from_slice(window.written());
            self.spilled = true;
        }
        Ok(())
    }

    /// Room for `needed` bytes or more. The room is charged; while it moves, both blocks.
    #[cold]
    #[inline(never)]
    fn grow(&mut self, needed: usize) -> Result<(), Full> {
        let old = self.spill.capacity();
        let roomy = needed.max(old.saturating_mul(2)).min(self.limit).max(needed);
        let granted = [roomy, needed].into_iter().find(|&capacity| {
            let charged = Self::charged(capacity);
            charged == 0 || self.allowance.is_none_or(|allowance| allowance.take(charged))
        });
        let Some(capacity) = granted else {
            self.starved = true;
            return Err(Full);
        };
        self.spill.reserve_exact(capacity - self.spill.len());
        if let Some(allowance) = self.allowance {
            // an allocator may have given more than was asked for
            let more = Self::charged(self.spill.capacity()) - Self::charged(capacity);
            if more > 0 && !allowance.take(more) {
                self.spill.shrink_to(capacity);
            }
            allowance.give_back(Self::charged(old));
        }
        Ok(())
    }
}

impl Sink for Spilling<'_> {
    #[inline]
    fn put(&mut self, bytes: &[u8]) -> Result<(), Full> {
        self.window.put(bytes).or_else(|Full| self.put_spill(bytes))
    }

    #[inline]
    fn put_marked(&mut self, marker: u8, bytes: &[u8]) -> Result<(), Full> {
        self.window.put_marked(marker, bytes).or_else(|Full| self.put_spill_marked(marker, bytes))
    }

    #[inline]
    fn put_iter<I: Iterator<Item = u8>>(&mut self, len: usize, bytes: I) -> Result<usize, Full> {
        if self.window.has_room(len) {
            self.window.put_iter(len, bytes)
        } else {
            self.spill(len)?.put_iter(len, bytes)
        }
    }

    #[inline]
    fn hold(&mut self) -> usize {
        self.len()
    }

    fn release(&mut self, mark: usize, header: &[u8]) -> Result<(), Full> {
        if !self.spilled && self.window.has_room(header.len()) {
            self.window.release(mark, header)
        } else {
            self.spill(header.len())?.release(mark, header)
        }
    }
}
