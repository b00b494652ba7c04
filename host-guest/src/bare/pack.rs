/// Values for the host, one after the other: the arguments of a call, or the result of an export.
///
/// ```
/// use hostfn_guest::bare::Pack;
///
/// let mut room = [0; 8];
/// let mut args = Pack::new(&mut room);
/// args.array(2).text("world").unsigned(3);
/// assert_eq!(args.bytes(), Some(&b"\x92\xa5world\x03"[..]));
///
/// args.nil();
/// assert_eq!(args.bytes(), None); // it has no room
/// ```
#[derive(Debug)]
pub struct Pack<'a> {
    room: &'a mut [u8],
    /// More than there is room for when it is full.
    len: usize,
}

impl<'a> Pack<'a> {
    /// Nothing yet, with room for as many bytes as there are.
    pub const fn new(room: &'a mut [u8]) -> Self {
        Self { room, len: 0 }
    }

    /// An array of so many values, which are to follow: arguments, or a tuple or sequence among them.
    pub fn array(&mut self, len: u16) -> &mut Self {
        self.head(ARRAY, u64::from(len))
    }

    /// `nil`: an option without a value.
    pub fn nil(&mut self) -> &mut Self {
        self.byte(0xc0)
    }

    /// A boolean.
    pub fn boolean(&mut self, value: bool) -> &mut Self {
        self.byte(if value { 0xc3 } else { 0xc2 })
    }

    /// An integer from 0 up.
    pub fn unsigned(&mut self, n: u64) -> &mut Self {
        self.head(UNSIGNED, n)
    }

    /// An integer.
    pub fn signed(&mut self, n: i64) -> &mut Self {
        let wide = n.cast_unsigned();
        match n {
            0.. => self.unsigned(wide),
            -32.. => self.byte(n.to_le_bytes()[0]),
            -0x80.. => self.wide(0xd0, 1, wide),
            -0x8000.. => self.wide(0xd1, 2, wide),
            -0x8000_0000.. => self.wide(0xd2, 4, wide),
            _ => self.wide(0xd3, 8, wide),
        }
    }

    /// Text.
    pub fn text(&mut self, text: &str) -> &mut Self {
        self.head(TEXT, text.len() as u64).put(text.as_bytes())
    }

    /// Bytes.
    pub fn binary(&mut self, bytes: &[u8]) -> &mut Self {
        self.head(BINARY, bytes.len() as u64).put(bytes)
    }

    /// Values that are `MessagePack` already.
    pub fn raw(&mut self, values: &[u8]) -> &mut Self {
        self.put(values)
    }

    /// The encoded bytes; `None` when it had no room.
    pub fn bytes(&self) -> Option<&[u8]> {
        self.room.get(..self.len)
    }

    #[inline(never)]
    fn head(&mut self, head: Head, n: u64) -> &mut Self {
        if n < u64::from(head.count()) {
            return self.byte(head.few() | n.to_le_bytes()[0]);
        }
        let (mut width, mut marker) = (head.first(), head.forms());
        while width < 8 && n >> (8 * width) != 0 {
            width *= 2;
            marker += 1;
        }
        self.wide(marker, width, n)
    }

    fn wide(&mut self, marker: u8, width: u32, n: u64) -> &mut Self {
        self.byte(marker);
        let mut left = 8 * width;
        while left > 0 {
            left -= 8;
            self.byte((n >> left).to_le_bytes()[0]);
        }
        self
    }

    #[inline(never)]
    fn put(&mut self, bytes: &[u8]) -> &mut Self {
        for &byte in bytes {
            match self.room.get_mut(self.len) {
                Some(slot) => {
                    *slot = byte;
                    self.len += 1;
                }
                // beyond the end for good
                None => self.len = usize::MAX,
            }
        }
        self
    }

    // out of line, it would be in a small guest a dozen times
    #[inline(never)]
    fn byte(&mut self, byte: u8) -> &mut Self {
        self.put(&[byte])
    }
}

/// The first byte of a number or a length: as a marker of its own where it is one of a few, and else after a marker that says
/// how wide it is. In one number, because that is what costs a call least.
#[derive(Clone, Copy)]
pub(super) struct Head(u32);

impl Head {
    const fn new(few: u8, count: u8, forms: u8, first: u8, widest: u8) -> Self {
        Self(u32::from_le_bytes([few, count, forms, widest << 4 | first]))
    }

    /// The marker of 0.
    pub(super) fn few(self) -> u8 {
        self.0.to_le_bytes()[0]
    }

    /// Returns how many have a marker of their own.
    pub(super) fn count(self) -> u8 {
        self.0.to_le_bytes()[1]
    }

    /// The marker of the narrowest form. Each further one has twice as many bytes.
    pub(super) fn forms(self) -> u8 {
        self.0.to_le_bytes()[2]
    }

    /// Returns how many bytes the narrowest form has.
    pub(super) fn first(self) -> u32 {
        self.0 >> 24 & 0xf
    }

    /// Returns how many bytes the widest form has.
    pub(super) fn widest(self) -> u32 {
        self.0 >> 28
    }
}

pub(super) const ARRAY: Head = Head::new(0x90, 16, 0xdc, 2, 4);
pub(super) const UNSIGNED: Head = Head::new(0, 0x80, 0xcc, 1, 8);
pub(super) const TEXT: Head = Head::new(0xa0, 32, 0xd9, 1, 4);
pub(super) const BINARY: Head = Head::new(0, 0, 0xc4, 1, 4);
