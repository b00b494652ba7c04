use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, Serializer};

use crate::codec;

/// A value whose type is not known: anything that may cross the boundary.
///
/// ```
/// use hostfn_abi::Value;
///
/// assert_eq!(
///     Value::from_serialize(&(7, "a"))?,
///     Value::Array(vec![Value::Unsigned(7), Value::String("a".to_owned())]),
/// );
/// # Ok::<(), hostfn_abi::codec::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Nothing: `None`, `()`.
    Nil,
    /// A boolean.
    Bool(bool),
    /// An integer from 0 up, however it was written.
    Unsigned(u64),
    /// An integer below 0.
    Signed(i64),
    /// A float of 32 bits.
    F32(f32),
    /// A float of 64 bits.
    F64(f64),
    /// Text.
    String(String),
    /// Bytes that were written as bytes; an array of integers stays an array.
    Bytes(Vec<u8>),
    /// A sequence or tuple.
    Array(Vec<Value>),
    /// A map or struct, in the order it was written; keys may occur twice.
    Map(Vec<(Value, Value)>),
}

impl Value {
    /// The value that `of` is on the wire. `()` is [`Value::Nil`].
    ///
    /// # Errors
    /// Those of [`codec::to_vec`].
    pub fn from_serialize<T: Serialize + ?Sized>(value: &T) -> Result<Self, codec::Error> {
        let bytes = codec::to_vec(value)?;
        if bytes.is_empty() {
            return Ok(Value::Nil);
        }
        codec::decode(&bytes)
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            // a unit would be no bytes at all when it is the whole value
            Value::Nil => serializer.serialize_none(),
            Value::Bool(b) => serializer.serialize_bool(*b),
            Value::Unsigned(n) => serializer.serialize_u64(*n),
            Value::Signed(n) => serializer.serialize_i64(*n),
            Value::F32(x) => serializer.serialize_f32(*x),
            Value::F64(x) => serializer.serialize_f64(*x),
            Value::String(text) => serializer.serialize_str(text),
            Value::Bytes(bytes) => serializer.serialize_bytes(bytes),
            Value::Array(items) => serializer.collect_seq(items),
            Value::Map(entries) => serializer.collect_map(entries.iter().map(|(k, v)| (k, v))),
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}

struct ValueVisitor;

/// A length is only a claim until its items are there.
const MAX_CAPACITY: usize = 1024;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Nil)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Nil)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        Value::deserialize(deserializer)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        Value::deserialize(deserializer)
    }

    fn visit_bool<E>(self, b: bool) -> Result<Value, E> {
        Ok(Value::Bool(b))
    }

    fn visit_u64<E>(self, n: u64) -> Result<Value, E> {
        Ok(Value::Unsigned(n))
    }

    fn visit_i64<E>(self, n: i64) -> Result<Value, E> {
        Ok(u64::try_from(n).map_or(Value::Signed(n), Value::Unsigned))
    }

    fn visit_f32<E>(self, x: f32) -> Result<Value, E> {
        Ok(Value::F32(x))
    }

    fn visit_f64<E>(self, x: f64) -> Result<Value, E> {
        Ok(Value::F64(x))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::String(text.into()))
    }

    fn visit_string<E>(self, text: String) -> Result<Value, E> {
        Ok(Value::String(text))
    }

    fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Value, E> {
        Ok(Value::Bytes(bytes.into()))
    }

    fn visit_byte_buf<E>(self, bytes: Vec<u8>) -> Result<Value, E> {
        Ok(Value::Bytes(bytes))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut bytes = Vec::new();
        while let Some(item) = seq.next_element()? {
            match item {
                Item::Byte(byte) => bytes.push(byte),
                Item::Value(first) => return rest(bytes, first, seq),
            }
        }
        Ok(if bytes.is_empty() { Value::Array(Vec::new()) } else { Value::Bytes(bytes) })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut entries = Vec::with_capacity(map.size_hint().unwrap_or(0).min(MAX_CAPACITY));
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Value::Map(entries))
    }
}

/// An array whose items so far are `bytes`, which were none after all, and `first`.
fn rest<'de, A: SeqAccess<'de>>(bytes: Vec<u8>, first: Value, mut seq: A) -> Result<Value, A::Error> {
    let len = seq.size_hint().unwrap_or(0).min(MAX_CAPACITY);
    let mut items = Vec::with_capacity(bytes.len() + 1 + len);
    items.extend(bytes.into_iter().map(|byte| Value::Unsigned(byte.into())));
    items.push(first);
    while let Some(item) = seq.next_element()? {
        items.push(item);
    }
    Ok(Value::Array(items))
}

/// An item of a sequence. Bytes that derived code has buffered arrive as items that are a `u8` each, while an
/// integer of an array arrives as a `u64`.
enum Item {
    Byte(u8),
    Value(Value),
}

impl<'de> Deserialize<'de> for Item {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ItemVisitor)
    }
}

struct ItemVisitor;

macro_rules! as_a_value {
    ($($method:ident($type:ty);)+) => {$(
        fn $method<E: de::Error>(self, value: $type) -> Result<Item, E> {
            ValueVisitor.$method(value).map(Item::Value)
        }
    )+};
}

impl<'de> Visitor<'de> for ItemVisitor {
    type Value = Item;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        ValueVisitor.expecting(f)
    }

    fn visit_u8<E>(self, byte: u8) -> Result<Item, E> {
        Ok(Item::Byte(byte))
    }

    as_a_value! {
        visit_bool(bool);
        visit_u64(u64);
        visit_i64(i64);
        visit_f32(f32);
        visit_f64(f64);
        visit_str(&str);
        visit_string(String);
        visit_bytes(&[u8]);
        visit_byte_buf(Vec<u8>);
    }

    fn visit_unit<E>(self) -> Result<Item, E> {
        Ok(Item::Value(Value::Nil))
    }

    fn visit_none<E>(self) -> Result<Item, E> {
        Ok(Item::Value(Value::Nil))
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Item, D::Error> {
        Value::deserialize(deserializer).map(Item::Value)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Item, D::Error> {
        Value::deserialize(deserializer).map(Item::Value)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Item, A::Error> {
        ValueVisitor.visit_seq(seq).map(Item::Value)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Item, A::Error> {
        ValueVisitor.visit_map(map).map(Item::Value)
    }
}
