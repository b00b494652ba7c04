use serde::ser::{Error as _, Impossible, Serialize, Serializer};

use super::error::Error;

/// Returns whether `T` is `u8` or `&u8`, whatever it is called where it is used.
#[inline]
pub(super) fn is_byte<T>() -> bool {
    let item = typeid::of::<T>();
    item == typeid::of::<u8>() || item == typeid::of::<&u8>()
}

/// The byte that `item` is, if [`is_byte`] is true of its type.
#[inline]
pub(super) fn byte_of<T: Serialize>(item: &T) -> u8 {
    item.serialize(ByteOf).unwrap_or_default()
}

/// The only safe way from a `T: Serialize` that is known to be a byte to that byte. The optimiser
/// sees through it: a loop of these over a slice becomes a copy.
struct ByteOf;

type Never = Impossible<u8, Error>;

fn no_byte<T>() -> Result<T, Error> {
    Err(Error::custom("not a byte"))
}

macro_rules! refuse {
    ($($method:ident($($arg:ty),*) -> $ok:ty;)*) => {$(
        fn $method(self, $(_: $arg),*) -> Result<$ok, Error> {
            no_byte()
        }
    )*};
}

impl Serializer for ByteOf {
    type Ok = u8;
    type Error = Error;
    type SerializeSeq = Never;
    type SerializeTuple = Never;
    type SerializeTupleStruct = Never;
    type SerializeTupleVariant = Never;
    type SerializeMap = Never;
    type SerializeStruct = Never;
    type SerializeStructVariant = Never;

    #[inline]
    fn serialize_u8(self, byte: u8) -> Result<u8, Error> {
        Ok(byte)
    }

    refuse! {
        serialize_bool(bool) -> u8;
        serialize_i8(i8) -> u8;
        serialize_i16(i16) -> u8;
        serialize_i32(i32) -> u8;
        serialize_i64(i64) -> u8;
        serialize_u16(u16) -> u8;
        serialize_u32(u32) -> u8;
        serialize_u64(u64) -> u8;
        serialize_f32(f32) -> u8;
        serialize_f64(f64) -> u8;
        serialize_char(char) -> u8;
        serialize_str(&str) -> u8;
        serialize_bytes(&[u8]) -> u8;
        serialize_none() -> u8;
        serialize_unit() -> u8;
        serialize_unit_struct(&'static str) -> u8;
        serialize_unit_variant(&'static str, u32, &'static str) -> u8;
        serialize_seq(Option<usize>) -> Never;
        serialize_tuple(usize) -> Never;
        serialize_tuple_struct(&'static str, usize) -> Never;
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> Never;
        serialize_map(Option<usize>) -> Never;
        serialize_struct(&'static str, usize) -> Never;
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> Never;
    }

    fn serialize_some<T: Serialize + ?Sized>(self, _: &T) -> Result<u8, Error> {
        no_byte()
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, _: &T) -> Result<u8, Error> {
        no_byte()
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<u8, Error> {
        no_byte()
    }
}
