use super::error::{BYTES, Error, ErrorKind};
use super::text::text;

/// A cursor over the input. What it takes off is always there.
#[derive(Clone, Copy)]
pub(super) struct Reader<'de> {
    rest: &'de [u8],
    total: usize,
}

/// A value up to its contents, whose length is known to be possible.
///
/// A tag and one word, errors included: it comes back in two registers.
pub(super) enum Head {
    Nil,
    False,
    True,
    F32,
    F64,
    Unsigned(u64),
    Negative(i64),
    Str(usize),
    Bin(usize),
    Array(usize),
    Map(usize),
    Bad(Error),
}

impl Head {
    pub(super) const NIL: u8 = 0xc0;

    #[cold]
    pub(super) fn instead_of(self, expected: &'static str) -> Error {
        let found = match self {
            Head::Nil => "nil",
            Head::False | Head::True => "a boolean",
            Head::Unsigned(_) | Head::Negative(_) => "an integer",
            Head::F32 | Head::F64 => "a float",
            Head::Str(_) => "a string",
            Head::Bin(_) => BYTES,
            Head::Array(_) => "an array",
            Head::Map(_) => "a map",
            Head::Bad(error) => return error,
        };
        Error::mismatch(expected, found)
    }
}

impl<'de> Reader<'de> {
    #[inline]
    pub(super) fn new(input: &'de [u8]) -> Self {
        Self { rest: input, total: input.len() }
    }

    /// Number of bytes left.
    #[inline]
    pub(super) fn left(&self) -> usize {
        self.rest.len()
    }

    #[inline]
    pub(super) fn offset(&self) -> usize {
        self.total - self.rest.len()
    }

    #[inline]
    pub(super) fn is_empty_input(&self) -> bool {
        self.total == 0
    }

    /// Takes the next byte if it is this one.
    #[inline]
    pub(super) fn eat(&mut self, byte: u8) -> bool {
        match self.rest {
            [first, rest @ ..] if *first == byte => {
                self.rest = rest;
                true
            }
            _ => false,
        }
    }

    /// Takes a short string if it is this one. A guest never finds it: the code of each name that is expected makes it larger.
    #[inline]
    pub(super) fn eat_text(&mut self, text: &str) -> bool {
        if cfg!(target_arch = "wasm32") {
            return false;
        }
        let [marker, rest @ ..] = self.rest else { return false };
        if text.len() > 0x1f || usize::from(*marker) != 0xa0 | text.len() {
            return false;
        }
        match rest.split_at_checked(text.len()) {
            Some((found, rest)) if found == text.as_bytes() => {
                self.rest = rest;
                true
            }
            _ => false,
        }
    }

    /// Takes a value whose size its marker tells, by this table; 0 is no size.
    #[inline]
    pub(super) fn eat_sized(&mut self, sizes: &[u8; 256]) -> bool {
        let Some(&marker) = self.rest.first() else {
            return false;
        };
        let size = usize::from(sizes[usize::from(marker)]);
        match self.rest.get(size..) {
            Some(rest) if size > 0 => {
                self.rest = rest;
                true
            }
            _ => false,
        }
    }

    #[inline]
    pub(super) fn take(&mut self, len: usize) -> Result<&'de [u8], Error> {
        match self.rest.split_at_checked(len) {
            Some((taken, rest)) => {
                self.rest = rest;
                Ok(taken)
            }
            None => Err(self.truncated()),
        }
    }

    #[inline]
    pub(super) fn text(&mut self, len: usize) -> Result<&'de str, Error> {
        text(self.take(len)?).ok_or_else(not_utf8)
    }

    #[cfg_attr(target_arch = "wasm32", inline(never))]
    #[cfg_attr(not(target_arch = "wasm32"), inline)]
    pub(super) fn str(&mut self) -> Result<&'de str, Error> {
        if let Some(&marker @ 0xa0..=0xbf) = self.rest.first() {
            self.take(1)?;
            return self.text(usize::from(marker & 0x1f));
        }
        match self.head() {
            Head::Str(len) => self.text(len),
            other => Err(other.instead_of("a string")),
        }
    }

    /// An integer that fits `T`, which is called `target`.
    #[inline]
    pub(super) fn integer<T>(&mut self, target: &'static str) -> Result<T, Error>
    where
        T: TryFrom<u64> + TryFrom<i64>,
    {
        if let [n @ 0..=0x7f, rest @ ..] = self.rest {
            self.rest = rest;
            return T::try_from(u64::from(*n)).map_err(|_| out_of_range(target));
        }
        let (n, rest) = self.any_integer(target)?;
        self.rest = rest;
        Ok(n)
    }

    /// An integer in any form. Out of line: callers stay small enough to be inlined themselves. By value: where a reader
    /// is lent to nobody, it is kept in registers.
    #[inline(never)]
    fn any_integer<T>(mut self, target: &'static str) -> Result<(T, &'de [u8]), Error>
    where
        T: TryFrom<u64> + TryFrom<i64>,
    {
        let n = match self.try_head()? {
            Head::Unsigned(n) => T::try_from(n).map_err(|_| out_of_range(target)),
            Head::Negative(n) => T::try_from(n).map_err(|_| out_of_range(target)),
            other => Err(other.instead_of("an integer")),
        };
        Ok((n?, self.rest))
    }

    /// Bytes that are written as such, if that is what comes next.
    #[inline]
    pub(super) fn bin(&mut self) -> Option<&'de [u8]> {
        let (len, rest) = match *self.rest {
            [0xc4, len, ref rest @ ..] => (len.into(), rest),
            [0xc5, a, b, ref rest @ ..] => (u16::from_be_bytes([a, b]).into(), rest),
            [0xc6, a, b, c, d, ref rest @ ..] => (u32::from_be_bytes([a, b, c, d]) as usize, rest),
            _ => return None,
        };
        let (bytes, rest) = rest.split_at_checked(len)?;
        self.rest = rest;
        Some(bytes)
    }

    /// The contents of a [`Head::F32`].
    #[inline]
    pub(super) fn f32(&mut self) -> Result<f32, Error> {
        Ok(f32::from_be_bytes(self.array()?))
    }

    /// The contents of a [`Head::F64`].
    #[inline]
    pub(super) fn f64(&mut self) -> Result<f64, Error> {
        Ok(f64::from_be_bytes(self.array()?))
    }

    /// The length of an array, or `None` if it is something else.
    #[inline]
    pub(super) fn array_len(&mut self) -> Result<Option<usize>, Error> {
        if let [marker @ 0x90..=0x9f, rest @ ..] = self.rest {
            let len = usize::from(marker & 0x0f);
            if len <= rest.len() {
                self.rest = rest;
                return Ok(Some(len));
            }
        }
        match self.head() {
            Head::Array(len) => Ok(Some(len)),
            Head::Bad(error) => Err(error),
            _ => Ok(None),
        }
    }

    /// The next value's marker, and what comes with it but for contents.
    #[inline]
    pub(super) fn head(&mut self) -> Head {
        let (head, rest) = self.next_head();
        self.rest = rest;
        head
    }

    /// By value: where a reader is lent to nobody, it is kept in registers.
    #[inline(never)]
    fn next_head(mut self) -> (Head, &'de [u8]) {
        let head = self.try_head().unwrap_or_else(Head::Bad);
        (head, self.rest)
    }

    // a guest is to be small, and has it once
    #[cfg_attr(target_arch = "wasm32", inline(never))]
    #[cfg_attr(not(target_arch = "wasm32"), inline)]
    fn try_head(&mut self) -> Result<Head, Error> {
        let [marker] = self.array()?;
        let low = usize::from(marker & 0x0f);
        match marker {
            0x00..=0x7f => Ok(Head::Unsigned(marker.into())),
            0x80..=0x8f => self.map(low),
            0x90..=0x9f => self.items(low),
            0xa0..=0xbf => self.string(usize::from(marker & 0x1f)),
            0xc0 => Ok(Head::Nil),
            0xc1 => Err(ErrorKind::NeverUsed.into()),
            0xc2 => Ok(Head::False),
            0xc3 => Ok(Head::True),
            0xc4 => self.u8().and_then(|len| self.bytes(len)),
            0xc5 => self.u16().and_then(|len| self.bytes(len)),
            0xc6 => self.u32().and_then(|len| self.bytes(len)),
            0xc7..=0xc9 | 0xd4..=0xd8 => Err(ErrorKind::Extension.into()),
            0xca => Ok(Head::F32),
            0xcb => Ok(Head::F64),
            0xcc => Ok(Head::Unsigned(u8::from_be_bytes(self.array()?).into())),
            0xcd => Ok(Head::Unsigned(u16::from_be_bytes(self.array()?).into())),
            0xce => Ok(Head::Unsigned(u32::from_be_bytes(self.array()?).into())),
            0xcf => Ok(Head::Unsigned(u64::from_be_bytes(self.array()?))),
            0xd0 => Ok(integer(i8::from_be_bytes(self.array()?).into())),
            0xd1 => Ok(integer(i16::from_be_bytes(self.array()?).into())),
            0xd2 => Ok(integer(i32::from_be_bytes(self.array()?).into())),
            0xd3 => Ok(integer(i64::from_be_bytes(self.array()?))),
            0xd9 => self.u8().and_then(|len| self.string(len)),
            0xda => self.u16().and_then(|len| self.string(len)),
            0xdb => self.u32().and_then(|len| self.string(len)),
            0xdc => self.u16().and_then(|len| self.items(len)),
            0xdd => self.u32().and_then(|len| self.items(len)),
            0xde => self.u16().and_then(|len| self.map(len)),
            0xdf => self.u32().and_then(|len| self.map(len)),
            0xe0..=0xff => Ok(Head::Negative(marker.cast_signed().into())),
        }
    }

    #[inline]
    fn array<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        match self.rest.split_first_chunk() {
            Some((taken, rest)) => {
                self.rest = rest;
                Ok(*taken)
            }
            None => Err(self.truncated()),
        }
    }

    #[inline]
    fn u8(&mut self) -> Result<usize, Error> {
        Ok(u8::from_be_bytes(self.array()?).into())
    }

    #[inline]
    fn u16(&mut self) -> Result<usize, Error> {
        Ok(u16::from_be_bytes(self.array()?).into())
    }

    #[inline]
    fn u32(&mut self) -> Result<usize, Error> {
        Ok(u32::from_be_bytes(self.array()?) as usize)
    }

    #[inline]
    fn string(&self, len: usize) -> Result<Head, Error> {
        self.possible(len, 1).map(Head::Str)
    }

    #[inline]
    fn bytes(&self, len: usize) -> Result<Head, Error> {
        self.possible(len, 1).map(Head::Bin)
    }

    #[inline]
    fn items(&self, len: usize) -> Result<Head, Error> {
        self.possible(len, 1).map(Head::Array)
    }

    #[inline]
    fn map(&self, len: usize) -> Result<Head, Error> {
        self.possible(len, 2).map(Head::Map)
    }

    /// `len`, if so many things of `size` bytes or more can follow.
    #[inline]
    fn possible(&self, len: usize, size: usize) -> Result<usize, Error> {
        if len <= self.rest.len() / size { Ok(len) } else { Err(ErrorKind::LengthExceedsInput.into()) }
    }

    #[inline]
    pub(super) fn truncated(&self) -> Error {
        truncated(self.total)
    }
}

#[inline]
fn integer(n: i64) -> Head {
    u64::try_from(n).map_or(Head::Negative(n), Head::Unsigned)
}

#[cold]
fn truncated(total: usize) -> Error {
    Error::from(ErrorKind::Truncated).or_at(total)
}

#[cold]
fn not_utf8() -> Error {
    ErrorKind::NotUtf8.into()
}

#[cold]
fn out_of_range(target: &'static str) -> Error {
    ErrorKind::OutOfRange { target }.into()
}
