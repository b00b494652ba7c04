//! A word for every type without a name of its own, and that it is how values really go.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::num::{NonZeroU8, Wrapping};
use std::path::PathBuf;

use hostfn_core::{Shape, TypeShape, Value, reply_shape};
use serde::{Deserialize, Serialize};
use serde_bytes::{ByteBuf, Bytes};

use super::shape;

#[derive(Serialize, Deserialize)]
#[serde(transparent)]
struct Transparent(u8);

#[derive(Clone, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
struct ThroughText(String);

impl From<String> for ThroughText {
    fn from(text: String) -> Self {
        ThroughText(text)
    }
}

impl From<ThroughText> for String {
    fn from(text: ThroughText) -> Self {
        text.0
    }
}

/// Returns whether a value on the wire is of this shape.
fn is(value: &Value, shape: &Shape) -> bool {
    match (shape, value) {
        (Shape::Unit, Value::Nil)
        | (Shape::Bool, Value::Bool(_))
        | (Shape::U8 | Shape::U16 | Shape::U32 | Shape::U64 | Shape::U128, Value::Unsigned(_))
        | (
            Shape::I8 | Shape::I16 | Shape::I32 | Shape::I64 | Shape::I128,
            Value::Signed(_) | Value::Unsigned(_),
        )
        | (Shape::F32, Value::F32(_))
        | (Shape::F64, Value::F64(_))
        | (Shape::Str, Value::String(_))
        | (Shape::Bytes, Value::Bytes(_)) => true,
        (Shape::Char, Value::String(text)) => text.chars().count() == 1,
        (Shape::Option(inner), value) => *value == Value::Nil || is(value, inner),
        (Shape::Seq(item), Value::Array(items)) => items.iter().all(|value| is(value, item)),
        (Shape::Map(key, item), Value::Map(entries)) => {
            entries.iter().all(|(k, v)| is(k, key) && is(v, item))
        }
        (Shape::Tuple(shapes), Value::Array(items)) => {
            shapes.len() == items.len() && shapes.iter().zip(items).all(|(shape, value)| is(value, shape))
        }
        _ => false,
    }
}

fn row<T: Serialize + Deserialize<'static>>(sample: &T, word: &str, reply: &TypeShape) {
    let rust = std::any::type_name::<T>();
    let traced = shape::<T>();
    assert_eq!(traced.shape.to_string(), word, "{rust}");
    assert!(traced.types.is_empty(), "{rust}: {:?}", traced.types);
    assert_eq!(traced, *reply, "{rust} is something else as a reply");
    let sample = Value::from_serialize(sample).unwrap();
    assert!(is(&sample, &traced.shape), "{rust} goes as {sample:?}");
}

macro_rules! rows {
    ($($rust:ty = $sample:expr => $word:literal,)+) => {
        $({
            let sample: $rust = $sample;
            row(&sample, $word, &reply_shape!($rust).shape());
        })+
    };
}

#[test]
fn every_type_without_a_name_has_a_word() {
    rows! {
        () = () => "unit",
        bool = true => "bool",
        i8 = -1 => "i8",
        i16 = 1 => "i16",
        i32 = i32::MIN => "i32",
        i64 = i64::MIN => "i64",
        i128 = -1 => "i128",
        isize = -1 => "i64",
        u8 = 255 => "u8",
        u16 = 1 => "u16",
        u32 = 1 => "u32",
        u64 = u64::MAX => "u64",
        u128 = 1 => "u128",
        usize = 1 => "u64",
        NonZeroU8 = NonZeroU8::MIN => "u8",
        f32 = 0.5 => "f32",
        f64 = 0.5 => "f64",
        char = 'ß' => "char",
    };
}

#[test]
fn text_and_bytes_are_what_they_are_however_they_are_held() {
    rows! {
        &str = "text" => "str",
        String = "text".to_owned() => "str",
        Box<str> = "text".into() => "str",
        Cow<'_, str> = "text".into() => "str",
        PathBuf = "/a".into() => "str",
        ThroughText = ThroughText("text".to_owned()) => "str",
        &[u8] = b"bytes" => "bytes",
        Vec<u8> = b"bytes".to_vec() => "bytes",
        &Bytes = Bytes::new(b"bytes") => "bytes",
        ByteBuf = ByteBuf::from(b"bytes".to_vec()) => "bytes",
        Box<[u8]> = b"bytes".to_vec().into() => "bytes",
        VecDeque<u8> = b"bytes".to_vec().into() => "bytes",
        HashSet<u8> = HashSet::from([1]) => "bytes",
    };
}

#[test]
fn a_sequence_of_what_is_no_more_than_a_byte_is_no_bytes() {
    rows! {
        Vec<NonZeroU8> = vec![NonZeroU8::MIN] => "seq<u8>",
        Vec<Wrapping<u8>> = vec![Wrapping(1)] => "seq<u8>",
        Vec<Transparent> = vec![Transparent(1)] => "seq<u8>",
        Vec<i8> = vec![1] => "seq<i8>",
        [u8; 3] = [1, 2, 3] => "[u8; 3]",
        (u8, u8) = (1, 2) => "[u8; 2]",
    };
}

#[test]
fn compound_types_are_made_of_words() {
    rows! {
        Option<u8> = Some(1) => "option<u8>",
        Option<Option<()>> = None => "option<option<unit>>",
        Vec<String> = vec![String::new()] => "seq<str>",
        Vec<&[u8]> = vec![b"bytes"] => "seq<bytes>",
        Vec<()> = vec![()] => "seq<unit>",
        BTreeSet<char> = BTreeSet::from(['a']) => "seq<char>",
        HashMap<String, u32> = HashMap::from([("a".to_owned(), 1)]) => "map<str, u32>",
        BTreeMap<i64, Vec<u8>> = BTreeMap::from([(1, vec![1])]) => "map<i64, bytes>",
        (u8,) = (1,) => "(u8)",
        (u8, String, Option<bool>) = (1, String::new(), None) => "(u8, str, option<bool>)",
        [Option<u16>; 2] = [None, Some(1)] => "[option<u16>; 2]",
        [u16; 0] = [] => "()",
        Box<Vec<Box<u16>>> = Box::new(vec![Box::new(1)]) => "seq<u16>",
    };
}
