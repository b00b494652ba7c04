use serde::de::{Deserializer, Visitor};

use super::decode::Decoder;
use super::error::Error;
use super::read::Head;

/// A key of a map. Of a flattened map it is asked for as an identifier, whatever its type is.
pub(super) struct Key<'a, 'de> {
    pub(super) decoder: &'a mut Decoder<'de>,
}

/// The name of a field, which most writers write in the order of the struct.
pub(super) struct Name<'a, 'de> {
    pub(super) decoder: &'a mut Decoder<'de>,
    pub(super) expected: Option<&'static str>,
}

macro_rules! as_a_value {
    () => {
        as_a_value! {
            deserialize_any();
            deserialize_bool();
            deserialize_char();
            deserialize_str();
            deserialize_string();
            deserialize_u8();
            deserialize_u16();
            deserialize_u32();
            deserialize_u64();
            deserialize_u128();
            deserialize_i8();
            deserialize_i16();
            deserialize_i32();
            deserialize_i64();
            deserialize_i128();
            deserialize_f32();
            deserialize_f64();
            deserialize_bytes();
            deserialize_byte_buf();
            deserialize_option();
            deserialize_unit();
            deserialize_seq();
            deserialize_map();
            deserialize_ignored_any();
            deserialize_unit_struct(name: &'static str);
            deserialize_newtype_struct(name: &'static str);
            deserialize_tuple(len: usize);
            deserialize_tuple_struct(name: &'static str, len: usize);
            deserialize_struct(name: &'static str, fields: &'static [&'static str]);
            deserialize_enum(name: &'static str, variants: &'static [&'static str]);
        }

        #[inline]
        fn is_human_readable(&self) -> bool {
            false
        }
    };
    ($($method:ident($($arg:ident: $type:ty),*);)*) => {$(
        #[inline]
        fn $method<V: Visitor<'de>>(self, $($arg: $type,)* visitor: V) -> Result<V::Value, Error> {
            self.decoder.$method($($arg,)* visitor)
        }
    )*};
}

impl<'de> Deserializer<'de> for Key<'_, 'de> {
    type Error = Error;

    as_a_value!();

    #[inline]
    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let input = &mut self.decoder.input;
        let start = *input;
        match input.head() {
            Head::Str(len) => visitor.visit_borrowed_str(input.text(len)?),
            // bytes that spell the name of a field would be taken for it
            bytes @ Head::Bin(_) => Err(bytes.instead_of("a string")),
            _ => {
                *input = start;
                self.decoder.deserialize_any(visitor)
            }
        }
    }
}

impl<'de> Deserializer<'de> for Name<'_, 'de> {
    type Error = Error;

    as_a_value!();

    #[inline]
    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.expected {
            // one comparison, in place of a check for UTF-8
            Some(name) if self.decoder.input.eat_text(name) => visitor.visit_borrowed_str(name),
            _ => self.decoder.deserialize_identifier(visitor),
        }
    }
}
