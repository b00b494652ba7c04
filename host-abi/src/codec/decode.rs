use alloc::vec::Vec;

use serde::de::{Deserialize, DeserializeSeed, Visitor};

use super::access::{Entries, Fields, Items};
use super::error::{BYTES, Error, ErrorKind};
use super::grown::Grown;
use super::read::Reader;
use super::scan;
use super::scratch::Scratch;
use crate::limits::MAX_DEPTH;

/// The value that all of `input` is. `()` is no bytes at all.
///
/// ```
/// use hostfn_abi::codec;
///
/// assert_eq!(codec::decode::<(&str, u64)>(b"\x92\xa5world\x03")?, ("world", 3));
/// codec::decode::<()>(b"")?;
/// # Ok::<(), codec::Error>(())
/// ```
///
/// # Errors
/// Whenever `input` is not exactly one `T`, or breaks a limit: [`ErrorKind`] lists how.
#[inline]
pub fn decode<'de, T: Deserialize<'de>>(input: &'de [u8]) -> Result<T, Error> {
    Decoder::new(input, None).whole()
}

/// As [`decode`], but a `&[u8]` can also be had from an array of integers.
///
/// # Errors
/// Those of [`decode`].
#[inline]
pub fn decode_with<'de, T>(input: &'de [u8], scratch: &'de Scratch) -> Result<T, Error>
where
    T: Deserialize<'de>,
{
    Decoder::new(input, Some(scratch)).whole()
}

pub(super) struct Decoder<'de> {
    pub(super) input: Reader<'de>,
    scratch: Option<&'de Scratch>,
    /// The number of items that all arrays and maps together may announce. Each takes a byte or more, so that what sound input
    /// announces is never more, and lengths that lie make room for no more than that either.
    unclaimed: usize,
    /// The number of arrays and maps that the current value is inside of.
    depth: u32,
    /// The number of options that the current value is inside of.
    options: usize,
    /// Bytes that decoded values may take up before the scratch is asked for more.
    free: usize,
}

/// Options take no bytes, so that no input ends a type that holds itself through options alone.
const MOST_OPTIONS: usize = 4 * MAX_DEPTH as usize;

/// From how many bytes on a text is charged. All shorter ones together take up at most what the input has, which has a
/// limit of its own, and they are most of the texts of a call: a charge for each keeps the code of a struct's fields from
/// being inlined, 4 % of the instructions of a call with four of them.
pub(super) const LONG: usize = 256;

/// Bytes of the allocator's own per block.
const HEADER: usize = 16;

impl<'de> Decoder<'de> {
    #[inline]
    pub(super) fn new(input: &'de [u8], scratch: Option<&'de Scratch>) -> Self {
        let free = scratch.map_or(usize::MAX, Scratch::spare);
        Self { input: Reader::new(input), scratch, unclaimed: input.len(), depth: 0, options: 0, free }
    }

    /// Charges the bytes that the next decoded value takes.
    #[inline]
    pub(super) fn charge(&mut self, bytes: usize) -> Result<(), Error> {
        match self.free.checked_sub(bytes) {
            Some(free) => {
                self.free = free;
                Ok(())
            }
            None => self.ask(bytes),
        }
    }

    #[cold]
    #[inline(never)]
    pub(super) fn charge_text(&mut self, text: &str) -> Result<(), Error> {
        self.charge(text.len())
    }

    /// As [`charge`](Self::charge), of a value that may have a block of its own.
    #[inline]
    pub(super) fn charge_value<T>(&mut self) -> Result<(), Error> {
        self.charge(size_of::<T>() + HEADER)
    }

    #[cold]
    #[inline(never)]
    fn ask(&mut self, bytes: usize) -> Result<(), Error> {
        match self.scratch.map_or(Some(bytes), |scratch| scratch.ask(bytes)) {
            Some(granted) => {
                self.free += granted - bytes;
                Ok(())
            }
            None => Err(ErrorKind::OutOfMemory.into()),
        }
    }

    #[inline]
    pub(super) fn in_option<T>(
        &mut self,
        some: impl FnOnce(&mut Self) -> Result<T, Error>,
    ) -> Result<T, Error> {
        if self.options == MOST_OPTIONS {
            return Err(ErrorKind::TooDeep.into());
        }
        self.options += 1;
        let value = some(self);
        self.options -= 1;
        value
    }

    #[inline]
    fn whole<T: Deserialize<'de>>(mut self) -> Result<T, Error> {
        let value = T::deserialize(&mut self).map_err(|e| e.or_at(0))?;
        self.finish().map(|()| value)
    }

    #[inline]
    pub(super) fn finish(&self) -> Result<(), Error> {
        if self.input.left() == 0 {
            return Ok(());
        }
        Err(trailing(self.input.offset()))
    }

    /// Enters the argument array, if there is one, and returns how many arguments there are.
    #[inline]
    pub(super) fn enter_args(&mut self) -> Result<usize, Error> {
        self.depth = 1;
        if self.input.is_empty_input() {
            return Ok(0);
        }
        let len = self.input.array_len().map_err(|e| e.or_at(0))?;
        len.ok_or_else(|| ErrorKind::NotAnArray.into())
    }

    /// The number of items, of `len`, that room may be made for before they are read.
    #[inline]
    pub(super) fn claim(&mut self, len: usize) -> usize {
        let claimed = len.min(self.unclaimed);
        self.unclaimed -= claimed;
        claimed
    }

    /// Reads the contents of an array or map, whose head has been taken off.
    #[inline]
    pub(super) fn nested<T>(
        &mut self,
        contents: impl FnOnce(&mut Self) -> Result<T, Error>,
    ) -> Result<T, Error> {
        if self.depth == MAX_DEPTH {
            return Err(ErrorKind::TooDeep.into());
        }
        self.depth += 1;
        let value = contents(self);
        self.depth -= 1;
        value
    }

    /// A value that nobody wants: it has to be one all the same.
    pub(super) fn skip(&mut self) -> Result<(), Error> {
        scan::skip(&mut self.input, self.depth as usize)
    }

    /// A value inside another.
    #[inline]
    pub(super) fn inner<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Error> {
        let start = self.input.offset();
        seed.deserialize(self).map_err(|e| e.or_at(start))
    }

    /// The items of an array, whose head has been taken off.
    #[inline]
    pub(super) fn array<V: Visitor<'de>>(&mut self, len: usize, visitor: V) -> Result<V::Value, Error> {
        self.charge_value::<V::Value>()?;
        self.nested(|decoder| {
            let mut items = Items::new(decoder, len);
            let value = visitor.visit_seq(&mut items)?;
            items.finish(len).map(|()| value)
        })
    }

    /// The fields of a struct, from a map whose head has been taken off. Most are written in the order of the struct.
    #[inline]
    pub(super) fn fields<V: Visitor<'de>>(
        &mut self,
        len: usize,
        names: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.charge_value::<V::Value>()?;
        self.nested(|decoder| {
            let mut fields = Fields::new(decoder, len, names);
            let value = visitor.visit_map(&mut fields)?;
            fields.finish(len).map(|()| value)
        })
    }

    /// The same as [`array`](Decoder::array), of items that go to the heap.
    #[inline]
    pub(super) fn list<V: Visitor<'de>>(&mut self, len: usize, visitor: V) -> Result<V::Value, Error> {
        self.charge_value::<V::Value>()?;
        self.nested(|decoder| {
            let mut items = Grown::new(Items::new(decoder, len));
            let value = visitor.visit_seq(&mut items)?;
            items.finish(len).map(|()| value)
        })
    }

    /// The entries of a map, whose head has been taken off. They go to the heap.
    #[inline]
    pub(super) fn table<V: Visitor<'de>>(&mut self, len: usize, visitor: V) -> Result<V::Value, Error> {
        self.charge_value::<V::Value>()?;
        self.nested(|decoder| {
            let mut entries = Grown::new(Items::pairs(decoder, len));
            let value = visitor.visit_map(&mut entries)?;
            entries.finish(len).map(|()| value)
        })
    }

    /// As [`table`](Self::table), for a type that asked for a map and not for a struct.
    #[inline]
    pub(super) fn entries<V: Visitor<'de>>(&mut self, len: usize, visitor: V) -> Result<V::Value, Error> {
        self.charge_value::<V::Value>()?;
        self.nested(|decoder| {
            let mut entries = Grown::new(Entries::new(decoder, len));
            let value = visitor.visit_map(&mut entries)?;
            entries.finish(len).map(|()| value)
        })
    }

    /// An array of so many integers, as bytes.
    pub(super) fn byte_array(&mut self, len: usize) -> Result<Vec<u8>, Error> {
        self.charge(len)?;
        let mut bytes = Vec::with_capacity(len);
        for _ in 0..len {
            let start = self.input.offset();
            bytes.push(self.input.integer("u8").map_err(|e| e.or_at(start))?);
        }
        Ok(bytes)
    }

    pub(super) fn bytes_of_array<V: Visitor<'de>>(
        &mut self,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        // with the slot of the scratch that keeps them
        self.charge_value::<[usize; 6]>()?;
        let bytes = self.byte_array(len)?;
        match self.scratch {
            Some(_) if bytes.is_empty() => visitor.visit_borrowed_bytes(&[]),
            Some(scratch) => visitor.visit_borrowed_bytes(scratch.keep(bytes.into())),
            None => visitor.visit_byte_buf(bytes).map_err(|error: Error| match error.kind() {
                ErrorKind::Type { found: BYTES, .. } => ErrorKind::NeedsScratch.into(),
                _ => error,
            }),
        }
    }
}

#[cold]
fn trailing(offset: usize) -> Error {
    Error::from(ErrorKind::TrailingBytes).or_at(offset)
}
