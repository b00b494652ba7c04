use alloc::vec::Vec;

use serde::ser::{Serialize, SerializeSeq, Serializer};

use super::byte::{byte_of, is_byte};
use super::compound::Compound;
use super::error::{Error, ErrorKind};
use super::sink::{Sink, SliceSink};
use super::write::{self, ARRAY, BIN, Form, MAP, STR};
use crate::limits::MAX_DEPTH;

/// Writes `value` to `sink`: nothing at all for `()`.
///
/// # Errors
/// [`ErrorKind::Full`] when the sink has no room, [`ErrorKind::TooDeep`], and whatever the value's
/// own `Serialize` fails with.
#[inline]
pub fn encode<T, S>(value: &T, sink: &mut S) -> Result<(), Error>
where
    T: Serialize + ?Sized,
    S: Sink,
{
    value.serialize(&mut Encoder::new::<T>(sink))
}

/// The bytes of `value`.
///
/// ```
/// use hostfn_abi::codec;
///
/// assert_eq!(codec::to_vec(&("world", 3))?, b"\x92\xa5world\x03");
/// assert_eq!(codec::to_vec(&vec![1_u8, 2, 255])?, b"\xc4\x03\x01\x02\xff");
/// assert!(codec::to_vec(&())?.is_empty());
/// # Ok::<(), codec::Error>(())
/// ```
///
/// # Errors
/// Those of [`encode`]; a `Vec` is never full.
#[inline]
pub fn to_vec<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    encode(value, &mut bytes)?;
    Ok(bytes)
}

/// Writes `value` to the start of `room` and returns its length.
///
/// # Errors
/// Those of [`encode`].
#[inline]
pub fn to_slice<T: Serialize + ?Sized>(value: &T, room: &mut [u8]) -> Result<usize, Error> {
    let mut sink = SliceSink::new(room);
    encode(value, &mut sink)?;
    Ok(sink.len())
}

pub(super) struct Encoder<'s, S> {
    pub(super) sink: &'s mut S,
    pub(super) depth: u32,
    /// Inside something that a unit would be missed in: it is nil there.
    inside: bool,
    /// The whole value is of the type `()`, which is no bytes; what merely serializes as a unit is nil.
    unit: bool,
    /// The value that was written last is nil.
    nil: bool,
}

#[inline]
fn is_unit<T: ?Sized>() -> bool {
    let of = typeid::of::<T>();
    of == typeid::of::<()>() || of == typeid::of::<&()>()
}

impl<'s, S: Sink> Encoder<'s, S> {
    #[inline]
    fn new<T: ?Sized>(sink: &'s mut S) -> Self {
        Self { sink, depth: 0, inside: false, unit: is_unit::<T>(), nil: false }
    }

    /// Leaves the arrays and maps that `levels` counts: whatever they hold, they are not nil.
    #[inline]
    pub(super) fn leave(&mut self, levels: u32) {
        self.depth -= levels;
        self.nil = false;
    }

    #[inline]
    fn enter(&mut self) -> Result<(), Error> {
        if self.depth == MAX_DEPTH {
            return Err(ErrorKind::TooDeep.into());
        }
        self.depth += 1;
        self.inside = true;
        Ok(())
    }

    #[inline]
    pub(super) fn text(&mut self, text: &str) -> Result<(), Error> {
        if let Some(marker) = write::short(&STR, text.len()) {
            return Ok(self.sink.put_marked(marker, text.as_bytes())?);
        }
        write::header(self.sink, &STR, text.len())?;
        Ok(self.sink.put(text.as_bytes())?)
    }

    #[inline]
    fn open(&mut self, form: &'static Form, len: usize) -> Result<Compound<'_, 's, S>, Error> {
        self.enter()?;
        write::header(self.sink, form, len)?;
        Ok(Compound::known(self, len))
    }

    #[inline]
    fn open_unsized(
        &mut self,
        form: &'static Form,
        len: Option<usize>,
    ) -> Result<Compound<'_, 's, S>, Error> {
        if let Some(len) = len {
            return self.open(form, len);
        }
        self.enter()?;
        let mark = self.sink.hold();
        Ok(Compound::unknown(self, form, mark))
    }

    /// The map of one entry that a variant with a payload is, up to the payload.
    #[inline]
    fn open_variant(&mut self, name: &str) -> Result<(), Error> {
        self.enter()?;
        write::header(self.sink, &MAP, 1)?;
        self.text(name)
    }

    #[inline]
    fn bytes<I>(&mut self, items: I) -> Result<(), Error>
    where
        I: Iterator,
        I::Item: Serialize,
    {
        let (least, most) = items.size_hint();
        let bytes = items.map(|item| byte_of(&item));
        if most == Some(least) {
            write::header(self.sink, &BIN, least)?;
            let found = self.sink.put_iter(least, bytes)?;
            return check_len(least, found);
        }
        let mark = self.sink.hold();
        let mut len = 0;
        for byte in bytes {
            self.sink.put_u8(byte)?;
            len += 1;
        }
        release(self.sink, mark, &BIN, len)
    }
}

#[inline]
pub(super) fn check_len(expected: usize, found: usize) -> Result<(), Error> {
    if expected == found { Ok(()) } else { Err(ErrorKind::Length { expected, found }.into()) }
}

/// Puts the header of `len` items in front of them.
pub(super) fn release<S: Sink>(sink: &mut S, mark: usize, form: &Form, len: usize) -> Result<(), Error> {
    let mut room = [0; 5];
    let mut header = SliceSink::new(&mut room);
    write::header(&mut header, form, len)?;
    Ok(sink.release(mark, header.written())?)
}

macro_rules! numbers {
    ($($method:ident($type:ty) => $write:ident;)*) => {$(
        #[inline]
        fn $method(self, n: $type) -> Result<(), Error> {
            Ok(write::$write(self.sink, n.into())?)
        }
    )*};
}

impl<'a, 's, S: Sink> Serializer for &'a mut Encoder<'s, S> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Compound<'a, 's, S>;
    type SerializeTuple = Compound<'a, 's, S>;
    type SerializeTupleStruct = Compound<'a, 's, S>;
    type SerializeTupleVariant = Compound<'a, 's, S>;
    type SerializeMap = Compound<'a, 's, S>;
    type SerializeStruct = Compound<'a, 's, S>;
    type SerializeStructVariant = Compound<'a, 's, S>;

    numbers! {
        serialize_u8(u8) => unsigned;
        serialize_u16(u16) => unsigned;
        serialize_u32(u32) => unsigned;
        serialize_u64(u64) => unsigned;
        serialize_i8(i8) => signed;
        serialize_i16(i16) => signed;
        serialize_i32(i32) => signed;
        serialize_i64(i64) => signed;
        serialize_f32(f32) => float32;
        serialize_f64(f64) => float64;
    }

    fn serialize_i128(self, n: i128) -> Result<(), Error> {
        match (u64::try_from(n), i64::try_from(n)) {
            (Ok(n), _) => self.serialize_u64(n),
            (_, Ok(n)) => self.serialize_i64(n),
            _ => Err(ErrorKind::OutOfRange { target: "64 bits" }.into()),
        }
    }

    fn serialize_u128(self, n: u128) -> Result<(), Error> {
        match u64::try_from(n) {
            Ok(n) => self.serialize_u64(n),
            Err(_) => Err(ErrorKind::OutOfRange { target: "64 bits" }.into()),
        }
    }

    #[inline]
    fn serialize_bool(self, b: bool) -> Result<(), Error> {
        Ok(self.sink.put_u8(0xc2 | u8::from(b))?)
    }

    #[inline]
    fn serialize_char(self, c: char) -> Result<(), Error> {
        self.text(c.encode_utf8(&mut [0; 4]))
    }

    #[inline]
    fn serialize_str(self, text: &str) -> Result<(), Error> {
        self.text(text)
    }

    #[inline]
    fn serialize_bytes(self, bytes: &[u8]) -> Result<(), Error> {
        write::header(self.sink, &BIN, bytes.len())?;
        Ok(self.sink.put(bytes)?)
    }

    #[inline]
    fn serialize_none(self) -> Result<(), Error> {
        self.nil = true;
        Ok(self.sink.put_u8(0xc0)?)
    }

    #[inline]
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Error> {
        self.inside = true;
        self.nil = false;
        value.serialize(&mut *self)?;
        if self.nil { Err(ErrorKind::NilInOption.into()) } else { Ok(()) }
    }

    #[inline]
    fn serialize_unit(self) -> Result<(), Error> {
        if self.unit && !self.inside { Ok(()) } else { self.serialize_none() }
    }

    #[inline]
    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Error> {
        if self.inside { self.serialize_none() } else { Ok(()) }
    }

    #[inline]
    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<(), Error> {
        self.text(variant)
    }

    #[inline]
    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        self.unit = is_unit::<T>();
        value.serialize(self)
    }

    #[inline]
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        self.open_variant(variant)?;
        value.serialize(&mut *self)?;
        self.leave(1);
        Ok(())
    }

    #[inline]
    fn serialize_seq(self, len: Option<usize>) -> Result<Self::SerializeSeq, Error> {
        self.open_unsized(&ARRAY, len)
    }

    #[inline]
    fn serialize_tuple(self, len: usize) -> Result<Self::SerializeTuple, Error> {
        self.open(&ARRAY, len)
    }

    #[inline]
    fn serialize_tuple_struct(
        self,
        _: &'static str,
        len: usize,
    ) -> Result<Self::SerializeTupleStruct, Error> {
        self.open(&ARRAY, len)
    }

    #[inline]
    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Self::SerializeTupleVariant, Error> {
        self.open_variant(variant)?;
        Ok(self.open(&ARRAY, len)?.in_variant())
    }

    #[inline]
    fn serialize_map(self, len: Option<usize>) -> Result<Self::SerializeMap, Error> {
        self.open_unsized(&MAP, len)
    }

    #[inline]
    fn serialize_struct(self, _: &'static str, len: usize) -> Result<Self::SerializeStruct, Error> {
        self.open(&MAP, len)
    }

    #[inline]
    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Self::SerializeStructVariant, Error> {
        self.open_variant(variant)?;
        Ok(self.open(&MAP, len)?.in_variant())
    }

    /// `Vec<u8>` and `[u8]` are sequences to serde. Telling by the type of the items, not by the
    /// items, makes an empty one bytes as well.
    #[inline]
    fn collect_seq<I>(self, items: I) -> Result<(), Error>
    where
        I: IntoIterator,
        I::Item: Serialize,
    {
        let items = items.into_iter();
        if is_byte::<I::Item>() {
            return self.bytes(items);
        }
        let len = match items.size_hint() {
            (least, Some(most)) if least == most => Some(least),
            _ => None,
        };
        let mut seq = self.serialize_seq(len)?;
        for item in items {
            seq.serialize_element(&item)?;
        }
        seq.end()
    }

    #[inline]
    fn is_human_readable(&self) -> bool {
        false
    }
}
