//! Types that serde encodes by attributes: what is encoded decodes to the same value.

use std::collections::BTreeMap;
use std::fmt::Debug;

use hostfn_abi::codec::{self, ErrorKind};
use hostfn_abi::{ErrorReply, Value};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;
use serde_json::{Value as Json, json};

fn round_trips<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T) {
    let bytes = codec::to_vec(value).unwrap();
    let decoded = codec::decode::<T>(&bytes);
    assert_eq!(decoded.as_ref(), Ok(value), "alone, as {bytes:02x?}");
    let bytes = codec::to_vec(&(value,)).unwrap();
    let decoded = codec::decode_args::<(T,)>(&bytes).map(|(value,)| value);
    assert_eq!(decoded.as_ref(), Ok(value), "as an argument, as {bytes:02x?}");
}

macro_rules! types {
    ($($item:item)+) => { $(#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)] $item)+ };
}

types! {
    struct Blob { id: u8, data: Vec<u8>, list: Vec<Vec<u8>>, whole: ByteBuf }
    #[serde(tag = "type")]
    enum Internal { Blob(Blob), Inline { data: Vec<u8> }, None }
    #[serde(untagged)]
    enum Untagged { Text(String), Raw(Vec<u8>), Pair(u8, Vec<u8>), Named { data: Vec<u8> }, Nothing }
    #[serde(untagged)]
    enum Buffers { Text(String), Raw(ByteBuf) }
    #[serde(tag = "t", content = "c")]
    enum Adjacent { Raw(Vec<u8>), Pair(Vec<u8>, Vec<u8>), Unit }
    struct Flat { a: u8, #[serde(flatten)] rest: Blob }
    struct FlatMap { a: u8, #[serde(flatten)] rest: BTreeMap<String, Vec<u8>> }
    struct FlatNumbers { a: u8, #[serde(flatten)] rest: BTreeMap<u32, bool> }
    struct FlatValues { a: u8, #[serde(flatten)] rest: BTreeMap<String, Value> }
    struct FlatEnum { a: u8, #[serde(flatten)] kind: Internal }
    #[serde(tag = "t")]
    enum Keyed { Map(BTreeMap<String, ByteBuf>) }
    struct Anything(Value);
    struct Json2(Json);
    struct Unit;
    struct Wrapped(());
    #[serde(transparent)]
    struct Transparent(());
}

fn blob() -> Blob {
    Blob { id: 1, data: vec![1, 2, 3], list: vec![vec![], vec![255]], whole: ByteBuf::from([97, 98]) }
}

#[test]
fn bytes_in_an_internally_tagged_type_round_trip() {
    for value in [Internal::Blob(blob()), Internal::Inline { data: vec![] }, Internal::None] {
        round_trips(&value);
        round_trips(&FlatEnum { a: 1, kind: value });
    }
    round_trips(&Keyed::Map(BTreeMap::from([("a".to_owned(), ByteBuf::from([7]))])));
}

#[test]
fn bytes_in_an_untagged_type_never_become_text() {
    for data in [vec![1, 2, 3], b"text".to_vec(), vec![], vec![0xff]] {
        round_trips(&Untagged::Raw(data.clone()));
        round_trips(&Untagged::Pair(7, data.clone()));
        round_trips(&Untagged::Named { data: data.clone() });
        round_trips(&Buffers::Raw(ByteBuf::from(data)));
    }
    round_trips(&Untagged::Text("text".to_owned()));
    round_trips(&Untagged::Nothing);
}

#[test]
fn bytes_in_a_flattened_type_round_trip() {
    round_trips(&Flat { a: 1, rest: blob() });
    round_trips(&FlatMap { a: 1, rest: BTreeMap::from([("b".to_owned(), vec![1])]) });
    round_trips(&FlatNumbers { a: 1, rest: BTreeMap::from([(7, true), (70_000, false)]) });
    let values = [
        Value::Bytes(vec![1, 2]),
        Value::Array(vec![Value::Unsigned(1), Value::Unsigned(2)]),
        Value::Array(vec![Value::Bytes(vec![1]), Value::Nil]),
        Value::Map(vec![(Value::Unsigned(1), Value::Bytes(vec![2]))]),
        Value::Array(vec![]),
        Value::Nil,
    ];
    for value in values {
        round_trips(&FlatValues { a: 1, rest: BTreeMap::from([("b".to_owned(), value)]) });
    }
}

#[test]
fn bytes_in_an_adjacently_tagged_type_round_trip() {
    for value in [Adjacent::Raw(vec![1, 2]), Adjacent::Pair(vec![], vec![3]), Adjacent::Unit] {
        round_trips(&value);
    }
}

#[test]
fn bytes_that_cannot_be_borrowed_are_refused() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(untagged)]
    enum Borrowed<'a> {
        Text(String),
        Raw(&'a [u8]),
    }
    // serde writes `&[u8]` as a sequence of `u8`, which are bytes here
    let bytes = codec::to_vec(&Borrowed::Raw(b"text")).unwrap();
    codec::decode::<Borrowed<'_>>(&bytes).unwrap_err();
}

#[test]
fn values_that_are_nil_round_trip_as_a_whole_value() {
    round_trips(&Json::Null);
    round_trips(&Value::Nil);
    round_trips(&Json2(Json::Null));
    round_trips(&Anything(Value::Nil));
    round_trips(&json!({ "a": null, "b": [null, 1] }));
    round_trips(&());
    round_trips(&Unit);
    round_trips(&Wrapped(()));
    round_trips(&Transparent(()));
    round_trips(&Box::new(()));
    round_trips(&None::<u8>);
}

#[test]
fn only_a_unit_type_is_no_bytes() {
    assert_eq!(codec::to_vec(&()), Ok(vec![]));
    assert_eq!(codec::to_vec(&Unit), Ok(vec![]));
    assert_eq!(codec::to_vec(&Wrapped(())), Ok(vec![]));
    assert_eq!(codec::to_vec(&Json::Null), Ok(vec![0xc0]));
    assert_eq!(codec::to_vec(&Json2(Json::Null)), Ok(vec![0xc0]));
    assert_eq!(codec::to_vec(&Untagged::Nothing), Ok(vec![0xc0]));
    assert_eq!(codec::to_vec(&None::<u8>), Ok(vec![0xc0]));
}

#[test]
fn no_bytes_are_nil_to_a_dynamic_value() {
    assert_eq!(codec::decode(b""), Ok(Json::Null));
    assert_eq!(codec::decode(b""), Ok(Value::Nil));
    assert_eq!(codec::decode(b""), Ok(Untagged::Nothing));
    assert_eq!(codec::decode::<Option<u8>>(b"").unwrap_err().kind(), &ErrorKind::Truncated);
    codec::decode::<(Json,)>(b"\x91").unwrap_err();
}

#[test]
fn some_of_nil_is_refused_when_encoded() {
    fn refused(value: &impl Serialize) {
        assert_eq!(codec::to_vec(value).unwrap_err().kind(), &ErrorKind::NilInOption);
        assert_eq!(codec::to_vec(&vec![value]).unwrap_err().kind(), &ErrorKind::NilInOption);
    }
    refused(&Some(None::<u8>));
    refused(&Some(Some(None::<u8>)));
    refused(&Some(()));
    refused(&Some(Unit));
    refused(&Some(Json::Null));
    refused(&Some(Value::Nil));
    refused(&Some(Untagged::Nothing));
    refused(&Some(Wrapped(())));
    round_trips(&Some(Some(7)));
    round_trips(&Some(vec![None::<u8>]));
    round_trips(&Some((None::<u8>,)));
    round_trips(&Some(BTreeMap::from([(1, None::<u8>)])));
    round_trips(&Some(Ok::<(), ()>(())));
    round_trips(&None::<Option<u8>>);
    round_trips(&vec![None, Some(1)]);
}

#[test]
fn error_detail_that_is_nil_is_a_detail() {
    let reply = |detail| ErrorReply { code: "a".to_owned(), message: "b".to_owned(), detail };
    for detail in [None, Some(Value::Nil), Some(Value::Bytes(vec![1])), Some(Value::Array(vec![]))] {
        round_trips(&reply(detail));
    }
}
