use alloc::vec::Vec;
use core::mem;

use super::sink::{Full, Sink, SliceSink};

/// A [`Sink`] that writes into a window and, from the first byte that does not fit, beside it.
///
/// ```
/// use host_abi::codec::{self, Spilling, Written};
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
    spilled: bool,
}

/// Where a [`Spilling`] sink left the bytes, and how many.
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
            spilled: false,
        }
    }

    /// Takes `limit` bytes at most from here on, if that is less than before.
    pub fn lower_limit(&mut self, limit: usize) {
        if limit < self.limit {
            self.limit = limit;
            self.window.shorten(limit);
        }
    }

    /// How many bytes it takes at most.
    #[inline]
    pub fn limit(&self) -> usize {
        self.limit
    }

    /// How many bytes are written.
    #[inline]
    pub fn len(&self) -> usize {
        self.window.len() + self.spill.len()
    }

    /// Whether nothing is written yet.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether what is written is in the spill.
    #[inline]
    pub fn has_spilled(&self) -> bool {
        self.spilled
    }

    /// Where the bytes are.
    #[inline]
    pub fn finish(self) -> Written {
        if self.spilled { Written::Spill(self.spill.len()) } else { Written::Window(self.window.len()) }
    }

    /// Moves on to the spill, with room for `more`.
    fn spill(&mut self, more: usize) -> Result<&mut Vec<u8>, Full> {
        if more > self.limit.saturating_sub(self.len()) {
            return Err(Full);
        }
        if !self.spilled {
            // an empty window is one that nothing fits into
            let window = mem::replace(&mut self.window, SliceSink::new(&mut []));
            self.spill.reserve(window.len() + more);
            self.spill.extend_from_slice(window.written());
            self.spilled = true;
        }
        Ok(self.spill)
    }
}

impl Sink for Spilling<'_> {
    #[inline]
    fn put(&mut self, bytes: &[u8]) -> Result<(), Full> {
        if self.window.put(bytes).is_err() {
            self.spill(bytes.len())?.extend_from_slice(bytes);
        }
        Ok(())
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
