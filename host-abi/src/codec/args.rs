use serde::de::{Deserialize, DeserializeSeed, Deserializer, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;

use super::decode::Decoder;
use super::error::{Error, ErrorKind};
use super::scratch::Scratch;

/// Takes an argument array apart: `T` is a tuple with an element per parameter, or `()`.
///
/// No bytes at all are an empty array. An error tells which argument it is about:
/// [`Error::element`].
///
/// ```
/// use hostfn_abi::codec;
///
/// let (name, times): (&str, u32) = codec::decode_args(b"\x92\xa5world\x03")?;
/// assert_eq!((name, times), ("world", 3));
///
/// let error = codec::decode_args::<(u32,)>(b"\x92\x01\x02").unwrap_err();
/// assert_eq!(error.to_string(), "expected 1 argument, found 2");
/// # Ok::<(), codec::Error>(())
/// ```
///
/// # Errors
/// [`ErrorKind::NotAnArray`], [`ErrorKind::Arity`], and those of [`decode`](super::decode).
#[inline]
pub fn decode_args<'de, T: Deserialize<'de>>(input: &'de [u8]) -> Result<T, Error> {
    decode(input, None)
}

/// As [`decode_args`], but a `&[u8]` can also be had from an array of integers.
///
/// # Errors
/// Those of [`decode_args`].
#[inline]
pub fn decode_args_with<'de, T>(input: &'de [u8], scratch: &'de Scratch) -> Result<T, Error>
where
    T: Deserialize<'de>,
{
    decode(input, Some(scratch))
}

#[inline]
fn decode<'de, T>(input: &'de [u8], scratch: Option<&'de Scratch>) -> Result<T, Error>
where
    T: Deserialize<'de>,
{
    let mut decoder = Decoder::new(input, scratch);
    let len = decoder.enter_args()?;
    let value = T::deserialize(Args { decoder: &mut decoder, len, next: 0 })?;
    decoder.finish().map(|()| value)
}

struct Args<'a, 'de> {
    decoder: &'a mut Decoder<'de>,
    len: usize,
    next: usize,
}

impl Args<'_, '_> {
    #[inline]
    fn exactly(&self, expected: usize) -> Result<(), Error> {
        if self.len == expected {
            return Ok(());
        }
        Err(ErrorKind::Arity { expected, found: self.len }.into())
    }
}

impl<'de> Deserializer<'de> for Args<'_, 'de> {
    type Error = Error;

    #[inline]
    fn deserialize_any<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Error> {
        let value = visitor.visit_seq(&mut self)?;
        self.exactly(self.next).map(|()| value)
    }

    #[inline]
    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.exactly(0)?;
        visitor.visit_unit()
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
    fn deserialize_tuple<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Error> {
        self.exactly(len)?;
        self.deserialize_any(visitor)
    }

    #[inline]
    fn is_human_readable(&self) -> bool {
        false
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        seq tuple_struct map struct enum identifier ignored_any
    }
}

impl<'de> SeqAccess<'de> for Args<'_, 'de> {
    type Error = Error;

    #[inline]
    fn next_element_seed<T>(&mut self, seed: T) -> Result<Option<T::Value>, Error>
    where
        T: DeserializeSeed<'de>,
    {
        if self.next == self.len {
            return Ok(None);
        }
        let index = self.next;
        self.next += 1;
        let start = self.decoder.input.offset();
        match seed.deserialize(&mut *self.decoder) {
            Ok(value) => Ok(Some(value)),
            Err(error) => Err(error.in_element(index, start)),
        }
    }

    #[inline]
    fn size_hint(&self) -> Option<usize> {
        Some((self.len - self.next).min(self.decoder.input.left()))
    }
}
