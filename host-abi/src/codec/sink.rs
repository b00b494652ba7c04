use alloc::vec::Vec;
use core::fmt;

/// A sink for encoded bytes.
///
/// [`hold`](Sink::hold) and [`release`](Sink::release) are for sequences and maps of unknown length:
/// their header can only be written once their items are.
pub trait Sink {
    /// Writes all of `bytes`, or none of them.
    ///
    /// # Errors
    /// [`Full`] when there is no room for them; everything written before is still there.
    fn put(&mut self, bytes: &[u8]) -> Result<(), Full>;

    /// Writes one byte.
    ///
    /// # Errors
    /// [`Full`] when there is no room for it.
    #[inline]
    fn put_u8(&mut self, byte: u8) -> Result<(), Full> {
        self.put(&[byte])
    }

    /// Writes `marker` and all of `bytes`.
    ///
    /// # Errors
    /// [`Full`] when there is no room for them.
    #[inline]
    fn put_marked(&mut self, marker: u8, bytes: &[u8]) -> Result<(), Full> {
        self.put_u8(marker)?;
        self.put(bytes)
    }

    /// Writes the first `len` of `bytes` and returns how many there were. An implementation should
    /// make room once and then copy as fast as the iterator goes.
    ///
    /// # Errors
    /// [`Full`] when there is no room for `len` bytes.
    #[inline]
    fn put_iter<I>(&mut self, len: usize, bytes: I) -> Result<usize, Full>
    where
        I: Iterator<Item = u8>,
        Self: Sized,
    {
        let bytes: Vec<u8> = bytes.take(len).collect();
        self.put(&bytes)?;
        Ok(bytes.len())
    }

    /// From here on, bytes may have to move: returns a mark for [`release`](Sink::release). Holds
    /// nest, and are released last first.
    fn hold(&mut self) -> usize;

    /// Puts `header` in front of everything written since `mark`.
    ///
    /// # Errors
    /// [`Full`] when there is no room for it.
    fn release(&mut self, mark: usize, header: &[u8]) -> Result<(), Full>;
}

/// A [`Sink`] has no room left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full;

impl fmt::Display for Full {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no room left in the output")
    }
}

impl core::error::Error for Full {}

impl Sink for Vec<u8> {
    #[inline]
    fn put(&mut self, bytes: &[u8]) -> Result<(), Full> {
        self.extend_from_slice(bytes);
        Ok(())
    }

    #[inline]
    fn put_u8(&mut self, byte: u8) -> Result<(), Full> {
        self.push(byte);
        Ok(())
    }

    #[inline]
    fn put_marked(&mut self, marker: u8, bytes: &[u8]) -> Result<(), Full> {
        self.reserve(1 + bytes.len());
        self.push(marker);
        self.extend_from_slice(bytes);
        Ok(())
    }

    #[inline]
    fn put_iter<I: Iterator<Item = u8>>(&mut self, len: usize, bytes: I) -> Result<usize, Full> {
        let before = self.len();
        self.extend(bytes.take(len));
        Ok(self.len() - before)
    }

    #[inline]
    fn hold(&mut self) -> usize {
        self.len()
    }

    fn release(&mut self, mark: usize, header: &[u8]) -> Result<(), Full> {
        self.splice(mark..mark, header.iter().copied());
        Ok(())
    }
}

/// A [`Sink`] that fills a slice from its start.
///
/// ```
/// use hostfn_abi::codec::{self, SliceSink};
///
/// let mut room = [0; 3];
/// let mut sink = SliceSink::new(&mut room);
/// assert!(codec::encode(&(1, "long"), &mut sink).is_err());
/// assert_eq!(sink.len(), 2); // the array's header, the 1
/// ```
#[derive(Debug)]
pub struct SliceSink<'a> {
    room: &'a mut [u8],
    len: usize,
}

impl<'a> SliceSink<'a> {
    /// A sink that writes to the start of `room`.
    #[inline]
    pub const fn new(room: &'a mut [u8]) -> Self {
        Self { room, len: 0 }
    }

    /// Returns how many bytes are written.
    #[inline]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Returns whether nothing is written yet.
    #[inline]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Returns what is written.
    #[inline]
    pub fn written(&self) -> &[u8] {
        self.room.get(..self.len).unwrap_or_default()
    }

    /// Has room for `most` bytes in all at the most.
    pub(super) fn shorten(&mut self, most: usize) {
        let room = core::mem::take(&mut self.room);
        let kept = most.clamp(self.len, room.len().max(self.len));
        self.room = room.get_mut(..kept).unwrap_or_default();
    }

    #[inline]
    pub(super) fn has_room(&self, len: usize) -> bool {
        len <= self.room.len() - self.len
    }

    #[inline]
    fn free(&mut self, len: usize) -> Result<&mut [u8], Full> {
        let free = self.room.get_mut(self.len..).and_then(|free| free.get_mut(..len));
        free.ok_or(Full)
    }
}

impl Sink for SliceSink<'_> {
    #[inline]
    fn put(&mut self, bytes: &[u8]) -> Result<(), Full> {
        self.free(bytes.len())?.copy_from_slice(bytes);
        self.len += bytes.len();
        Ok(())
    }

    #[inline]
    fn put_marked(&mut self, marker: u8, bytes: &[u8]) -> Result<(), Full> {
        let Some((first, rest)) = self.free(1 + bytes.len())?.split_first_mut() else { return Err(Full) };
        *first = marker;
        rest.copy_from_slice(bytes);
        self.len += 1 + bytes.len();
        Ok(())
    }

    #[inline]
    fn put_iter<I: Iterator<Item = u8>>(&mut self, len: usize, bytes: I) -> Result<usize, Full> {
        let written = fill(self.free(len)?, bytes);
        self.len += written;
        Ok(written)
    }

    #[inline]
    fn hold(&mut self) -> usize {
        self.len
    }

    fn release(&mut self, mark: usize, header: &[u8]) -> Result<(), Full> {
        self.free(header.len())?;
        let after = mark + header.len();
        self.room.copy_within(mark..self.len, after);
        self.room[mark..after].copy_from_slice(header);
        self.len += header.len();
        Ok(())
    }
}

/// Kept out of its callers, so that the optimiser knows that `room` overlaps with nothing: the bytes
/// of a slice are then copied by `memcpy`.
#[inline(never)]
fn fill(room: &mut [u8], bytes: impl Iterator<Item = u8>) -> usize {
    let mut written = 0;
    for (slot, byte) in room.iter_mut().zip(bytes) {
        *slot = byte;
        written += 1;
    }
    written
}
