use core::{iter, slice};

use serde::de::{DeserializeSeed, Deserializer, EnumAccess, MapAccess, SeqAccess, VariantAccess, Visitor};
use serde::forward_to_deserialize_any;

use super::buffered::is_buffer;
use super::decode::Decoder;
use super::error::{BYTES, Error, ErrorKind};
use super::grown::Left;
use super::key::{Key, Name};

/// The rest of an array or map.
pub(super) struct Items<'a, 'de> {
    decoder: &'a mut Decoder<'de>,
    left: usize,
    /// The most of them that room is made for at once.
    hint: usize,
}

impl<'a, 'de> Items<'a, 'de> {
    /// Those of an array.
    #[inline]
    pub(super) fn new(decoder: &'a mut Decoder<'de>, len: usize) -> Self {
        let hint = decoder.claim(len);
        Self { decoder, left: len, hint }
    }

    /// Those of a map, each a key and a value.
    #[inline]
    pub(super) fn pairs(decoder: &'a mut Decoder<'de>, len: usize) -> Self {
        let hint = decoder.claim(2 * len) / 2;
        Self { decoder, left: len, hint }
    }

    /// A caller that asked for `len` of them must have taken them all.
    #[inline]
    pub(super) fn finish(&self, len: usize) -> Result<(), Error> {
        if self.left == 0 {
            return Ok(());
        }
        Err(ErrorKind::Length { expected: len - self.left, found: len }.into())
    }
}

impl<'de> Left<'de> for Items<'_, 'de> {
    #[inline]
    fn is_empty(&self) -> bool {
        self.left == 0
    }

    #[inline]
    fn decoder(&mut self) -> &mut Decoder<'de> {
        self.decoder
    }

    #[inline]
    fn finish(&self, len: usize) -> Result<(), Error> {
        Items::finish(self, len)
    }
}

impl<'de> SeqAccess<'de> for Items<'_, 'de> {
    type Error = Error;

    #[inline]
    fn next_element_seed<T>(&mut self, seed: T) -> Result<Option<T::Value>, Error>
    where
        T: DeserializeSeed<'de>,
    {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        self.decoder.inner(seed).map(Some)
    }

    #[inline]
    fn size_hint(&self) -> Option<usize> {
        Some(self.left.min(self.hint))
    }
}

/// The rest of a map that becomes a struct with these fields.
pub(super) struct Fields<'a, 'de> {
    items: Items<'a, 'de>,
    names: slice::Iter<'static, &'static str>,
}

impl<'a, 'de> Fields<'a, 'de> {
    #[inline]
    pub(super) fn new(decoder: &'a mut Decoder<'de>, len: usize, names: &'static [&'static str]) -> Self {
        Self { items: Items::pairs(decoder, len), names: names.iter() }
    }

    #[inline]
    pub(super) fn finish(&self, len: usize) -> Result<(), Error> {
        self.items.finish(len)
    }
}

impl<'de> MapAccess<'de> for Fields<'_, 'de> {
    type Error = Error;

    #[inline]
    fn next_key_seed<K>(&mut self, seed: K) -> Result<Option<K::Value>, Error>
    where
        K: DeserializeSeed<'de>,
    {
        if self.items.left == 0 {
            return Ok(None);
        }
        self.items.left -= 1;
        let decoder = &mut *self.items.decoder;
        let start = decoder.input.offset();
        let name = Name { decoder, expected: self.names.next().copied() };
        seed.deserialize(name).map(Some).map_err(|e| e.or_at(start))
    }

    #[inline]
    fn next_value_seed<V>(&mut self, seed: V) -> Result<V::Value, Error>
    where
        V: DeserializeSeed<'de>,
    {
        self.items.decoder.inner(seed)
    }

    #[inline]
    fn size_hint(&self) -> Option<usize> {
        MapAccess::size_hint(&self.items)
    }
}

impl<'de> MapAccess<'de> for Items<'_, 'de> {
    type Error = Error;

    #[inline]
    fn next_key_seed<K>(&mut self, seed: K) -> Result<Option<K::Value>, Error>
    where
        K: DeserializeSeed<'de>,
    {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        self.decoder.inner(seed).map(Some)
    }

    #[inline]
    fn next_value_seed<V>(&mut self, seed: V) -> Result<V::Value, Error>
    where
        V: DeserializeSeed<'de>,
    {
        self.decoder.inner(seed)
    }

    #[inline]
    fn size_hint(&self) -> Option<usize> {
        Some(self.left.min(self.hint))
    }
}

/// As [`Items`], but a key that is asked for as an identifier may be any scalar: that is how a flattened map
/// is read.
pub(super) struct Entries<'a, 'de>(Items<'a, 'de>);

impl<'a, 'de> Entries<'a, 'de> {
    #[inline]
    pub(super) fn new(decoder: &'a mut Decoder<'de>, len: usize) -> Self {
        Self(Items::pairs(decoder, len))
    }
}

impl<'de> Left<'de> for Entries<'_, 'de> {
    #[inline]
    fn is_empty(&self) -> bool {
        self.0.left == 0
    }

    #[inline]
    fn decoder(&mut self) -> &mut Decoder<'de> {
        self.0.decoder
    }

    #[inline]
    fn finish(&self, len: usize) -> Result<(), Error> {
        self.0.finish(len)
    }
}

impl<'de> MapAccess<'de> for Entries<'_, 'de> {
    type Error = Error;

    #[inline]
    fn next_key_seed<K>(&mut self, seed: K) -> Result<Option<K::Value>, Error>
    where
        K: DeserializeSeed<'de>,
    {
        if self.0.left == 0 {
            return Ok(None);
        }
        self.0.left -= 1;
        let start = self.0.decoder.input.offset();
        seed.deserialize(Key { decoder: self.0.decoder }).map(Some).map_err(|e| e.or_at(start))
    }

    #[inline]
    fn next_value_seed<V>(&mut self, seed: V) -> Result<V::Value, Error>
    where
        V: DeserializeSeed<'de>,
    {
        self.0.next_value_seed(seed)
    }

    #[inline]
    fn size_hint(&self) -> Option<usize> {
        MapAccess::size_hint(&self.0)
    }
}

/// The one entry of the map that a variant with a payload is.
pub(super) struct Variant<'a, 'de>(&'a mut Decoder<'de>);

impl<'a, 'de> Variant<'a, 'de> {
    #[inline]
    pub(super) fn new(decoder: &'a mut Decoder<'de>) -> Self {
        Self(decoder)
    }
}

impl<'de> EnumAccess<'de> for Variant<'_, 'de> {
    type Error = Error;
    type Variant = Self;

    #[inline]
    fn variant_seed<T>(self, seed: T) -> Result<(T::Value, Self), Error>
    where
        T: DeserializeSeed<'de>,
    {
        Ok((self.0.inner(seed)?, self))
    }
}

impl<'de> VariantAccess<'de> for Variant<'_, 'de> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        Err(Error::mismatch("the name of a variant without payload", "a map"))
    }

    #[inline]
    fn newtype_variant_seed<T>(self, seed: T) -> Result<T::Value, Error>
    where
        T: DeserializeSeed<'de>,
    {
        self.0.inner(seed)
    }

    #[inline]
    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Error> {
        let start = self.0.input.offset();
        let payload = self.0.deserialize_tuple_struct("", len, visitor);
        payload.map_err(|e| e.or_at(start))
    }

    #[inline]
    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let start = self.0.input.offset();
        let payload = self.0.deserialize_struct("", fields, visitor);
        payload.map_err(|e| e.or_at(start))
    }
}

/// Bytes where a sequence is asked for, as `Vec<u8>` does.
pub(super) struct ByteItems<'de>(iter::Copied<slice::Iter<'de, u8>>);

impl<'de> ByteItems<'de> {
    #[inline]
    pub(super) fn new(bytes: &'de [u8]) -> Self {
        Self(bytes.iter().copied())
    }
}

impl<'de> SeqAccess<'de> for ByteItems<'de> {
    type Error = Error;

    #[inline]
    fn next_element_seed<T>(&mut self, seed: T) -> Result<Option<T::Value>, Error>
    where
        T: DeserializeSeed<'de>,
    {
        match self.0.next() {
            Some(byte) => seed.deserialize(Byte(byte)).map(Some),
            None => Ok(None),
        }
    }

    #[inline]
    fn size_hint(&self) -> Option<usize> {
        Some(self.0.len())
    }
}

/// Nothing but a `u8`, so that bytes do not pass for a sequence of anything else.
struct Byte(u8);

impl<'de> Deserializer<'de> for Byte {
    type Error = Error;

    /// Into a [buffer](super::buffered), where another integer would arrive as a `u64`.
    #[inline]
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if is_buffer::<V::Value>() {
            return visitor.visit_u8(self.0);
        }
        Err(Error::mismatch("an array", BYTES))
    }

    #[inline]
    fn deserialize_u8<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_u8(self.0)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit
        unit_struct newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}
