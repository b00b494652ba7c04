//! Bytes inside internally tagged, untagged and flattened types. serde's derived code reads such a value into a
//! buffer of its own, `Content`, before it knows the type, and later refuses to read `Content::Bytes` as a
//! sequence (`Vec<u8>`) but reads it as a `String` where it happens to be UTF-8. A sequence of `u8` can be read
//! as either kind of bytes and never as text, so that is what the buffer receives.

use core::any::TypeId;
use core::fmt::{self, Display};

use serde::Deserialize;
use serde::de::{self, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde::forward_to_deserialize_any;

/// Returns whether derived code buffers a value, or a key beside a tag, in a `T`. The types are private to serde,
/// so two derived enums are asked which types they read.
#[cold]
pub(super) fn is_buffer<T>() -> bool {
    let of = Some(typeid::of::<T>());
    of == asked(Untagged::deserialize(Probe { key: false }))
        || of == asked(Tagged::deserialize(Probe { key: true }))
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Untagged {
    Any(IgnoredAny),
}

#[derive(Deserialize)]
#[serde(tag = "t")]
enum Tagged {}

fn asked<T>(result: Result<T, Asked>) -> Option<TypeId> {
    result.err().and_then(|Asked(id)| id)
}

/// The type that was asked for.
#[derive(Debug)]
struct Asked(Option<TypeId>);

impl Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a probe holds no value")
    }
}

impl core::error::Error for Asked {}

impl de::Error for Asked {
    fn custom<T: Display>(_: T) -> Self {
        Asked(None)
    }
}

/// Holds no value, and fails with the type that is asked for: of the first key of a map, if `key`.
struct Probe {
    key: bool,
}

impl<'de> Deserializer<'de> for Probe {
    type Error = Asked;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Asked> {
        if self.key { visitor.visit_map(self) } else { Err(Asked(Some(typeid::of::<V::Value>()))) }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit
        unit_struct newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

impl<'de> MapAccess<'de> for Probe {
    type Error = Asked;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Asked> {
        seed.deserialize(Probe { key: false }).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, _: V) -> Result<V::Value, Asked> {
        Err(Asked(None))
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::{Probe, Tagged, Untagged, asked, is_buffer};

    #[test]
    fn buffer_types_of_serde_are_found() {
        assert!(asked(Untagged::deserialize(Probe { key: false })).is_some());
        assert!(asked(Tagged::deserialize(Probe { key: true })).is_some());
        assert!(!is_buffer::<crate::Value>());
    }
}
