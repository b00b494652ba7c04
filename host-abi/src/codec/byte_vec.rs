//! `Vec<u8>` out of bytes. serde reads it item by item, at eleven instructions for each byte, and has no way to hand over
//! all of them at once: its visitor takes a sequence and nothing else.

use alloc::vec::Vec;
use core::any::TypeId;
use core::fmt::{self, Display};

use serde::de::{self, Deserialize, Deserializer, Visitor};
use serde::forward_to_deserialize_any;

/// Copies `bytes`, if what reads them is serde's own visitor of a `Vec<u8>`. A visitor of somebody else's may do something
/// with each item, whatever it makes of them.
#[inline]
pub(super) fn copied<'de, V: Visitor<'de>>(bytes: &[u8]) -> Option<V::Value> {
    if !reads_byte_vec::<V>() {
        return None;
    }
    let mut value: Option<V::Value> = None;
    let vec = castaway::cast!(&mut value, &mut Option<Vec<u8>>).ok()?;
    *vec = Some(bytes.to_vec());
    value
}

/// The visitor's type is private to serde, so `Vec<u8>` is asked which it uses. Compiled, the answer is a constant.
#[inline]
fn reads_byte_vec<V>() -> bool {
    let asked = Vec::<u8>::deserialize(Probe);
    asked.err().and_then(|Asked(visitor)| visitor) == Some(typeid::of::<V>())
}

/// The visitor that was to read a value.
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

/// Holds no value, and fails with the visitor that it is given.
struct Probe;

impl<'de> Deserializer<'de> for Probe {
    type Error = Asked;

    #[inline]
    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Asked> {
        Err(Asked(Some(typeid::of::<V>())))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit
        unit_struct newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}
