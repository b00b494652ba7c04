use super::pack::{ARRAY, BINARY, Head, TEXT, UNSIGNED};
use crate::Status;

/// Values of the host, one after the other: the reply of a call, or the arguments of an export. Each method takes the
/// next one. Where it is of another kind, or it is absent, the method gives nothing, 0 or "", as do all that come
/// after, and [`end`](Unpack::end) says so.
///
/// ```
/// use hostfn_guest::Status;
/// use hostfn_guest::bare::Unpack;
///
/// let mut args = Unpack::new(b"\x92\xa5world\x03");
/// assert_eq!(args.array(), 2);
/// assert_eq!(args.text(), "world");
/// assert_eq!(args.unsigned(), 3);
/// assert_eq!(args.end(), Ok(()));
///
/// let mut args = Unpack::new(b"\x92\xa5world\x03");
/// assert_eq!((args.array(), args.unsigned(), args.unsigned()), (2, 0, 0));
/// assert_eq!(args.end(), Err(Status::BAD_INPUT));
/// ```
#[derive(Clone, Debug)]
pub struct Unpack<'a> {
    rest: &'a [u8],
    failed: bool,
}

impl<'a> Unpack<'a> {
    /// The values that these bytes are.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, failed: false }
    }

    /// Returns whether every value was there, and all were taken.
    ///
    /// # Errors
    /// `BAD_INPUT` if not.
    pub fn end(&self) -> Result<(), Status> {
        if self.failed || !self.rest.is_empty() { Err(Status::BAD_INPUT) } else { Ok(()) }
    }

    /// All values that are left, as the `MessagePack` that they are.
    pub fn rest(&mut self) -> &'a [u8] {
        core::mem::take(&mut self.rest)
    }

    /// Returns how many values of an array follow.
    pub fn array(&mut self) -> u32 {
        self.len(ARRAY)
    }

    /// Returns whether it is `nil`, an option without a value; if not, the value is taken by its own method.
    pub fn nil(&mut self) -> bool {
        let is_nil = self.rest.first() == Some(&0xc0);
        if is_nil {
            self.byte();
        }
        is_nil
    }

    /// A boolean.
    pub fn boolean(&mut self) -> bool {
        let marker = self.byte();
        if marker & 0xfe != 0xc2 {
            self.fail();
        }
        marker == 0xc3
    }

    /// An integer from 0 up.
    pub fn unsigned(&mut self) -> u64 {
        self.head(UNSIGNED)
    }

    /// An integer.
    pub fn signed(&mut self) -> i64 {
        match self.rest.first().copied().unwrap_or_default() {
            marker @ 0xe0.. => {
                self.byte();
                i64::from(marker.cast_signed())
            }
            marker @ 0xd0..=0xd3 => {
                self.byte();
                let width = 1 << (marker - 0xd0);
                let unused = 64 - 8 * width;
                (self.wide(width) << unused).cast_signed() >> unused
            }
            _ => {
                let n = i64::try_from(self.unsigned());
                n.unwrap_or_else(|_| {
                    self.fail();
                    0
                })
            }
        }
    }

    /// Text.
    pub fn text(&mut self) -> &'a str {
        let bytes = self.bytes(TEXT);
        core::str::from_utf8(bytes).unwrap_or_else(|_| {
            self.fail();
            ""
        })
    }

    /// Bytes that were written as such.
    pub fn binary(&mut self) -> &'a [u8] {
        self.bytes(BINARY)
    }

    fn bytes(&mut self, head: Head) -> &'a [u8] {
        let len = usize::try_from(self.len(head)).unwrap_or(usize::MAX);
        let Some((bytes, rest)) = self.rest.split_at_checked(len) else {
            self.fail();
            return &[];
        };
        self.rest = rest;
        bytes
    }

    fn len(&mut self, head: Head) -> u32 {
        u32::try_from(self.head(head)).unwrap_or_else(|_| {
            self.fail();
            0
        })
    }

    /// The number or length that begins so.
    // out of line, it would be in a small guest once for each value
    #[inline(never)]
    fn head(&mut self, head: Head) -> u64 {
        let marker = self.byte();
        let few = marker.wrapping_sub(head.few());
        if few < head.count() {
            return if self.failed { 0 } else { u64::from(few) };
        }
        let form = u32::from(marker.wrapping_sub(head.forms()));
        let width = head.first() << (form & 3);
        if form > 3 || width > head.widest() {
            self.fail();
        }
        self.wide(width)
    }

    fn wide(&mut self, width: u32) -> u64 {
        let mut n = 0;
        for _ in 0..width {
            n = n << 8 | u64::from(self.byte());
        }
        if self.failed { 0 } else { n }
    }

    fn byte(&mut self) -> u8 {
        let Some((&byte, rest)) = self.rest.split_first() else {
            self.failed = true;
            return 0;
        };
        self.rest = rest;
        byte
    }

    fn fail(&mut self) {
        (self.rest, self.failed) = (&[], true);
    }
}
