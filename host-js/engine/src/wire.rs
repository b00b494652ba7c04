//! MessagePack, written.

fn tagged<const N: usize>(out: &mut Vec<u8>, tag: u8, bytes: [u8; N]) {
    out.push(tag);
    out.extend_from_slice(&bytes);
}

pub(crate) fn nil(out: &mut Vec<u8>) {
    out.push(0xc0);
}

pub(crate) fn boolean(out: &mut Vec<u8>, value: bool) {
    out.push(0xc2 | u8::from(value));
}

pub(crate) fn unsigned(out: &mut Vec<u8>, value: u64) {
    match value {
        0..0x80 => out.push(value as u8),
        0x80..0x100 => tagged(out, 0xcc, [value as u8]),
        0x100..0x1_0000 => tagged(out, 0xcd, (value as u16).to_be_bytes()),
        0x1_0000..0x1_0000_0000 => tagged(out, 0xce, (value as u32).to_be_bytes()),
        _ => tagged(out, 0xcf, value.to_be_bytes()),
    }
}

pub(crate) fn signed(out: &mut Vec<u8>, value: i64) {
    match value {
        0.. => unsigned(out, value as u64),
        -0x20..0 => out.push(value as u8),
        -0x80..-0x20 => tagged(out, 0xd0, [value as u8]),
        -0x8000..-0x80 => tagged(out, 0xd1, (value as i16).to_be_bytes()),
        -0x8000_0000..-0x8000 => tagged(out, 0xd2, (value as i32).to_be_bytes()),
        _ => tagged(out, 0xd3, value.to_be_bytes()),
    }
}

pub(crate) fn f32(out: &mut Vec<u8>, value: f32) {
    tagged(out, 0xca, value.to_bits().to_be_bytes());
}

pub(crate) fn f64(out: &mut Vec<u8>, value: f64) {
    tagged(out, 0xcb, value.to_bits().to_be_bytes());
}

pub(crate) fn text(out: &mut Vec<u8>, value: &str) {
    match value.len() {
        len @ 0..0x20 => out.push(0xa0 | len as u8),
        len @ 0x20..0x100 => tagged(out, 0xd9, [len as u8]),
        len @ 0x100..0x1_0000 => tagged(out, 0xda, (len as u16).to_be_bytes()),
        len => tagged(out, 0xdb, (len as u32).to_be_bytes()),
    }
    out.extend_from_slice(value.as_bytes());
}

pub(crate) fn bytes(out: &mut Vec<u8>, value: &[u8]) {
    match value.len() {
        len @ 0..0x100 => tagged(out, 0xc4, [len as u8]),
        len @ 0x100..0x1_0000 => tagged(out, 0xc5, (len as u16).to_be_bytes()),
        len => tagged(out, 0xc6, (len as u32).to_be_bytes()),
    }
    out.extend_from_slice(value);
}

pub(crate) fn array(out: &mut Vec<u8>, len: usize) {
    match len {
        0..0x10 => out.push(0x90 | len as u8),
        0x10..0x1_0000 => tagged(out, 0xdc, (len as u16).to_be_bytes()),
        _ => tagged(out, 0xdd, (len as u32).to_be_bytes()),
    }
}

pub(crate) fn map(out: &mut Vec<u8>, len: usize) {
    match len {
        0..0x10 => out.push(0x80 | len as u8),
        0x10..0x1_0000 => tagged(out, 0xde, (len as u16).to_be_bytes()),
        _ => tagged(out, 0xdf, (len as u32).to_be_bytes()),
    }
}

/// The start of a value in a message.
pub(crate) enum Token<'a> {
    Nil,
    Bool(bool),
    Unsigned(u64),
    Signed(i64),
    F32(f32),
    F64(f64),
    Text(&'a str),
    Bytes(&'a [u8]),
    Array(usize),
    Map(usize),
}

/// MessagePack, read token by token.
#[derive(Clone)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Reader { rest: bytes }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.rest.split_at_checked(len)?;
        self.rest = rest;
        Some(head)
    }

    fn number(&mut self, len: usize) -> Option<u64> {
        Some(self.take(len)?.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }

    fn len(&mut self, bytes: usize) -> Option<usize> {
        usize::try_from(self.number(bytes)?).ok()
    }

    fn text(&mut self, len: usize) -> Option<Token<'a>> {
        Some(Token::Text(std::str::from_utf8(self.take(len)?).ok()?))
    }

    /// A length, unless that many elements cannot be there.
    fn elements(&self, len: usize, each: usize) -> Option<usize> {
        (len.checked_mul(each)? <= self.rest.len()).then_some(len)
    }

    /// The next token; `None` when the bytes end or are none that the profile has.
    pub(crate) fn token(&mut self) -> Option<Token<'a>> {
        let tag = self.take(1)?[0];
        Some(match tag {
            0..=0x7f => Token::Unsigned(tag.into()),
            0xe0..=0xff => Token::Signed((tag as i8).into()),
            0x80..=0x8f => Token::Map(self.elements((tag & 15).into(), 2)?),
            0x90..=0x9f => Token::Array(self.elements((tag & 15).into(), 1)?),
            0xa0..=0xbf => self.text((tag & 31).into())?,
            0xc0 => Token::Nil,
            0xc2 | 0xc3 => Token::Bool(tag == 0xc3),
            0xc4..=0xc6 => {
                let len = self.len(1 << (tag - 0xc4))?;
                Token::Bytes(self.take(len)?)
            }
            0xca => Token::F32(f32::from_bits(self.number(4)? as u32)),
            0xcb => Token::F64(f64::from_bits(self.number(8)?)),
            0xcc..=0xcf => Token::Unsigned(self.number(1 << (tag - 0xcc))?),
            0xd0 => Token::Signed((self.number(1)? as i8).into()),
            0xd1 => Token::Signed((self.number(2)? as i16).into()),
            0xd2 => Token::Signed((self.number(4)? as i32).into()),
            0xd3 => Token::Signed(self.number(8)? as i64),
            0xd9..=0xdb => {
                let len = self.len(1 << (tag - 0xd9))?;
                self.text(len)?
            }
            0xdc | 0xdd => {
                let len = self.len(2 << (tag - 0xdc))?;
                Token::Array(self.elements(len, 1)?)
            }
            0xde | 0xdf => {
                let len = self.len(2 << (tag - 0xde))?;
                Token::Map(self.elements(len, 2)?)
            }
            _ => return None,
        })
    }
}
