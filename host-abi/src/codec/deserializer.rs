use serde::de::value::BorrowedStrDeserializer;
use serde::de::{Deserializer, Visitor};

use super::access::{ByteItems, Variant};
use super::buffered::is_buffer;
use super::byte_vec;
use super::decode::{Decoder, LONG};
use super::error::{BYTES, Error, ErrorKind};
use super::grown::size_of_scalar;
use super::read::Head;

macro_rules! integers {
    ($($method:ident => $visit:ident($type:ty);)*) => {$(
        #[inline]
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            visitor.$visit(self.input.integer(stringify!($type))?)
        }
    )*};
}

macro_rules! floats {
    ($($method:ident => $visit:ident($type:ident);)*) => {$(
        #[inline]
        #[allow(
            clippy::cast_lossless,
            clippy::cast_possible_truncation,
            clippy::cast_precision_loss,
            reason = "either width is accepted, and integers are checked"
        )]
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            const TARGET: &str = stringify!($type);
            let x = match self.input.head() {
                Head::F32 => self.input.f32()? as $type,
                Head::F64 => self.input.f64()? as $type,
                Head::Unsigned(n) => exact(n, $type::MANTISSA_DIGITS, TARGET).map(|()| n as $type)?,
                Head::Negative(n) => {
                    exact(n.unsigned_abs(), $type::MANTISSA_DIGITS, TARGET).map(|()| n as $type)?
                }
                other => return Err(other.instead_of("a float")),
            };
            visitor.$visit(x)
        }
    )*};
}

/// Returns whether a float with so many digits can hold `n`: any exponent will do, as no integer here
/// reaches the largest.
#[inline]
fn exact(n: u64, digits: u32, target: &'static str) -> Result<(), Error> {
    let odd = n.checked_shr(n.trailing_zeros()).unwrap_or(0);
    if odd >> digits == 0 {
        return Ok(());
    }
    Err(ErrorKind::NotExact { target }.into())
}

impl<'de> Deserializer<'de> for &mut Decoder<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.input.head() {
            Head::Nil => visitor.visit_unit(),
            Head::False => visitor.visit_bool(false),
            Head::True => visitor.visit_bool(true),
            Head::Unsigned(n) => visitor.visit_u64(n),
            Head::Negative(n) => visitor.visit_i64(n),
            Head::F32 => visitor.visit_f32(self.input.f32()?),
            Head::F64 => visitor.visit_f64(self.input.f64()?),
            Head::Str(len) => {
                self.charge(len)?;
                visitor.visit_borrowed_str(self.input.text(len)?)
            }
            Head::Bin(len) if is_buffer::<V::Value>() => {
                self.charge(len.saturating_mul(2 * size_of::<V::Value>()))?;
                visitor.visit_seq(ByteItems::new(self.input.take(len)?))
            }
            Head::Bin(len) => {
                self.charge(len)?;
                visitor.visit_borrowed_bytes(self.input.take(len)?)
            }
            Head::Array(len) => self.list(len, visitor),
            Head::Map(len) => self.table(len, visitor),
            // no bytes are a unit
            Head::Bad(_) if self.input.is_empty_input() => visitor.visit_unit(),
            Head::Bad(error) => Err(error),
        }
    }

    integers! {
        deserialize_u8 => visit_u8(u8);
        deserialize_u16 => visit_u16(u16);
        deserialize_u32 => visit_u32(u32);
        deserialize_u64 => visit_u64(u64);
        deserialize_u128 => visit_u128(u128);
        deserialize_i8 => visit_i8(i8);
        deserialize_i16 => visit_i16(i16);
        deserialize_i32 => visit_i32(i32);
        deserialize_i64 => visit_i64(i64);
        deserialize_i128 => visit_i128(i128);
    }

    floats! {
        deserialize_f32 => visit_f32(f32);
        deserialize_f64 => visit_f64(f64);
    }

    #[inline]
    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.input.head() {
            Head::False => visitor.visit_bool(false),
            Head::True => visitor.visit_bool(true),
            other => Err(other.instead_of("a boolean")),
        }
    }

    #[inline]
    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_str(visitor)
    }

    #[inline]
    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_borrowed_str(self.input.str()?)
    }

    #[inline]
    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let text = self.input.str()?;
        if text.len() >= LONG {
            self.charge_text(text)?;
        }
        visitor.visit_borrowed_str(text)
    }

    #[inline]
    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_str(visitor)
    }

    #[inline]
    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if let Some(bytes) = self.input.bin() {
            return visitor.visit_borrowed_bytes(bytes);
        }
        match self.input.head() {
            Head::Bin(len) => visitor.visit_borrowed_bytes(self.input.take(len)?),
            Head::Array(len) => self.bytes_of_array(len, visitor),
            other => Err(other.instead_of(BYTES)),
        }
    }

    #[inline]
    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.input.head() {
            Head::Bin(len) => {
                self.charge(len)?;
                visitor.visit_borrowed_bytes(self.input.take(len)?)
            }
            Head::Array(len) => visitor.visit_byte_buf(self.byte_array(len)?),
            other => Err(other.instead_of(BYTES)),
        }
    }

    #[inline]
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.input.eat(Head::NIL) {
            return visitor.visit_none();
        }
        // no bytes are a unit, but not one inside an option
        if self.input.is_empty_input() {
            return Err(self.input.truncated());
        }
        self.in_option(|decoder| visitor.visit_some(decoder))
    }

    #[inline]
    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.input.is_empty_input() {
            return visitor.visit_unit();
        }
        match self.input.head() {
            Head::Nil => visitor.visit_unit(),
            other => Err(other.instead_of("nil")),
        }
    }

    #[inline]
    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_unit(visitor)
    }

    #[inline]
    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    #[inline]
    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.input.head() {
            Head::Array(len) => match size_of_scalar::<V::Value>() {
                Some(size) => {
                    self.charge(len.saturating_mul(2 * size))?;
                    self.array(len, visitor)
                }
                None => self.list(len, visitor),
            },
            Head::Bin(len) => {
                self.charge(len)?;
                let bytes = self.input.take(len)?;
                match byte_vec::copied::<V>(bytes) {
                    Some(vec) => Ok(vec),
                    None => visitor.visit_seq(ByteItems::new(bytes)),
                }
            }
            other => Err(other.instead_of("an array")),
        }
    }

    #[inline]
    fn deserialize_tuple<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Error> {
        match self.input.head() {
            Head::Array(found) if found == len => self.array(len, visitor),
            Head::Array(found) => Err(ErrorKind::Length { expected: len, found }.into()),
            other => Err(other.instead_of("an array")),
        }
    }

    #[inline]
    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.input.head() {
            Head::Array(len) => self.array(len, visitor),
            other => Err(other.instead_of("an array")),
        }
    }

    #[inline]
    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.input.head() {
            Head::Map(len) => self.entries(len, visitor),
            other => Err(other.instead_of("a map")),
        }
    }

    #[inline]
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.input.head() {
            Head::Map(len) => self.fields(len, fields, visitor),
            Head::Array(len) => self.array(len, visitor),
            other => Err(other.instead_of("a map")),
        }
    }

    #[inline]
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.input.head() {
            Head::Str(len) => visitor.visit_enum(BorrowedStrDeserializer::new(self.input.text(len)?)),
            Head::Map(1) => {
                self.charge_value::<V::Value>()?;
                self.nested(|decoder| visitor.visit_enum(Variant::new(decoder)))
            }
            Head::Map(found) => Err(ErrorKind::Length { expected: 1, found }.into()),
            other => Err(other.instead_of("a variant's name, or a map of one entry")),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if !self.input.is_empty_input() {
            self.skip()?;
        }
        visitor.visit_unit()
    }

    #[inline]
    fn is_human_readable(&self) -> bool {
        false
    }
}
