//! Any bytes, into anything: an error at worst, and the same verdict from every reader.

use std::collections::BTreeMap;

use hostfn_abi::codec::{self, Error, Scratch, to_vec};
use hostfn_abi::{ErrorReply, Value};
use proptest::collection::vec;
use proptest::prelude::*;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_bytes::ByteBuf;

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "only its shape matters")]
struct Entry<'a> {
    id: u64,
    name: &'a str,
    #[serde(borrow)]
    data: Option<&'a [u8]>,
    #[serde(default)]
    children: Vec<Entry<'a>>,
}

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "only its shape matters")]
enum Choice {
    A,
    B(Box<Choice>),
    C { x: i16, y: Vec<f32> },
    D(u8, char),
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
#[expect(dead_code, reason = "only its shape matters")]
enum Untagged {
    Number(f64),
    Text(String),
    Many(Vec<Untagged>),
    Map(BTreeMap<String, Untagged>),
}

/// Bytes that are mostly markers, so that they get somewhere.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![
        any::<u8>(),
        0x00..=0x04_u8,
        0x80..=0x84_u8,
        0x90..=0x94_u8,
        0xa0..=0xa3_u8,
        0xc0..=0xdf_u8,
        Just(b'A'),
        Just(b'x'),
    ];
    vec(byte, 0..80)
}

/// Something valid with a few bytes changed and its end cut off.
fn damaged() -> impl Strategy<Value = Vec<u8>> {
    let original = to_vec(&(
        BTreeMap::from([("id", Value::Unsigned(7)), ("name", Value::String("n".to_owned()))]),
        BTreeMap::from([("C", BTreeMap::from([("x", Value::Signed(-5)), ("y", Value::Array(vec![]))]))]),
        vec![vec![1.5_f32; 3]; 3],
        [vec![7_u8; 20], vec![]],
    ));
    let original = original.expect("nothing in it fails");
    let len = original.len();
    (vec((0..len, any::<u8>()), 0..4), 0..=len).prop_map(move |(changes, end)| {
        let mut bytes = original.clone();
        for (at, byte) in changes {
            bytes[at] = byte;
        }
        bytes.truncate(end);
        bytes
    })
}

fn verdict<'de, T: Deserialize<'de>>(input: &'de [u8], scratch: &'de Scratch) -> bool {
    let with = codec::decode_with::<T>(input, scratch);
    let without = codec::decode::<T>(input);
    let args = codec::decode_args_with::<(T,)>(input, scratch);
    let check = |error: &Error| {
        assert!(error.offset().is_none_or(|offset| offset <= input.len()), "{error}");
        assert!(!error.to_string().is_empty());
    };
    let _ = without.as_ref().map_err(check);
    let _ = args.as_ref().map_err(check);
    with.map_err(|error| check(&error)).is_ok() || without.is_ok()
}

fn check(input: &[u8]) {
    let scratch = Scratch::new();
    let valid = codec::decode::<Value>(input).is_ok();
    assert_eq!(verdict::<IgnoredAny>(input, &scratch), valid);

    let accepted = [
        verdict::<bool>(input, &scratch),
        verdict::<u8>(input, &scratch),
        verdict::<i64>(input, &scratch),
        verdict::<f32>(input, &scratch),
        verdict::<f64>(input, &scratch),
        verdict::<char>(input, &scratch),
        verdict::<&str>(input, &scratch),
        verdict::<&[u8]>(input, &scratch),
        verdict::<Vec<u8>>(input, &scratch),
        verdict::<ByteBuf>(input, &scratch),
        verdict::<Vec<&[u8]>>(input, &scratch),
        verdict::<Vec<Vec<String>>>(input, &scratch),
        verdict::<[u16; 3]>(input, &scratch),
        verdict::<(u8, Option<String>, Vec<i32>)>(input, &scratch),
        verdict::<BTreeMap<String, Value>>(input, &scratch),
        verdict::<BTreeMap<u64, Entry<'_>>>(input, &scratch),
        verdict::<Vec<Entry<'_>>>(input, &scratch),
        verdict::<Entry<'_>>(input, &scratch),
        verdict::<Choice>(input, &scratch),
        verdict::<Untagged>(input, &scratch),
        verdict::<ErrorReply>(input, &scratch),
    ];
    if accepted.contains(&true) {
        assert!(valid, "accepted as something, but not as a value");
    }
    if let Ok(value) = codec::decode::<Value>(input) {
        let written = to_vec(&value).unwrap();
        let again = to_vec(&codec::decode::<Value>(&written).unwrap()).unwrap();
        assert_eq!(written, again);
    }
    let empty = codec::decode::<()>(input).is_ok();
    assert_eq!(empty, matches!(input, [] | [0xc0]));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2048))]

    #[test]
    fn any_bytes(input in bytes()) {
        check(&input);
    }

    #[test]
    fn damaged_bytes(input in damaged()) {
        check(&input);
    }
}

#[test]
fn every_short_input() {
    for first in 0..=255 {
        check(&[first]);
        for second in 0..=255 {
            check(&[first, second]);
        }
    }
}
