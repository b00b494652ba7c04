//! The byte-exact vectors that every implementation of the ABI must pass.

use std::fmt::Debug;

use hostfn_abi::codec::{self, Scratch};
use hostfn_abi::{ABI_VERSION, Status, Value, Word};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_bytes::ByteBuf;
use serde_json::Value as Json;

use crate::common::{Choice, Record, hex};

fn vectors() -> Json {
    serde_json::from_str(include_str!("../vectors/abi-v1.json")).unwrap()
}

fn cases<'a>(vectors: &'a Json, section: &str) -> &'a [Json] {
    let cases = vectors[section].as_array().unwrap();
    assert!(!cases.is_empty());
    cases
}

fn text<'a>(case: &'a Json, key: &str) -> &'a str {
    case[key].as_str().unwrap()
}

#[test]
fn version() {
    assert_eq!(vectors()["abi"], ABI_VERSION);
}

#[test]
fn words() {
    for case in cases(&vectors(), "words") {
        let status = Status::new(i32::try_from(case["status"].as_i64().unwrap()).unwrap());
        let len = u32::try_from(case["len"].as_u64().unwrap()).unwrap();
        let signed: i64 = text(case, "word_i64").parse().unwrap();
        let unsigned: u64 = text(case, "word_u64").parse().unwrap();

        let word = Word::new(status, len);
        assert_eq!(word.to_i64(), signed, "{case}");
        assert_eq!(word.to_i64().cast_unsigned(), unsigned, "{case}");
        assert_eq!(Word::from_i64(signed), word, "{case}");
        assert_eq!((word.status(), word.len()), (status, len), "{case}");
    }
}

#[test]
fn arguments() {
    for case in cases(&vectors(), "arguments") {
        match text(case, "params") {
            "()" => {
                codec::decode_args::<()>(&hex(text(case, "hex"))).unwrap();
            }
            "(name: str)" => check::<(String,)>(case),
            "(a: u64)" => check::<(u64,)>(case),
            "(a: u64, b: u64)" => check::<(u64, u64)>(case),
            "(a: i64)" => check::<(i64,)>(case),
            "(x: f64)" => check::<(f64,)>(case),
            "(b: bytes)" => check_bytes(case),
            "(o: option<u32>)" => check::<(Option<u32>,)>(case),
            "(r: struct{id: u64, name: str})" => check::<(Record,)>(case),
            "(e: enum{A, B(u32), C{x: i16}})" => check::<(Choice,)>(case),
            other => panic!("no type for the parameters `{other}`"),
        }
    }
}

fn check<T: Serialize + DeserializeOwned + Debug + PartialEq>(case: &Json) {
    let expected: T = serde_json::from_value(case["value"].clone()).unwrap();
    check_against(&expected, case);
}

fn check_bytes(case: &Json) {
    let bytes = hex(text(&case["value"], "bytes_hex"));
    check_against(&(bytes.clone(),), case);
    check_against(&(ByteBuf::from(bytes.clone()),), case);

    let input = hex(text(case, "hex"));
    let scratch = Scratch::new();
    let (borrowed,): (&[u8],) = codec::decode_args_with(&input, &scratch).unwrap();
    assert_eq!(borrowed, bytes, "{case}");
}

fn check_against<T: Serialize + DeserializeOwned + Debug + PartialEq>(expected: &T, case: &Json) {
    let input = hex(text(case, "hex"));
    let decoded: T = codec::decode_args(&input).unwrap_or_else(|e| panic!("{case}: {e}"));
    assert_eq!(decoded, *expected, "{case}");
    if case.get("note").is_none() {
        assert_eq!(codec::to_vec(expected).unwrap(), input, "{case}");
    }
}

#[test]
fn bad_arguments() {
    for case in cases(&vectors(), "bad_arguments") {
        match text(case, "params") {
            "(name: str)" => {
                refuse::<(String,)>(case);
                refuse::<(Value,)>(case);
            }
            "(a: u64)" => refuse::<(u64,)>(case),
            "(a: u8)" => refuse::<(u8,)>(case),
            "(a: any)" => refuse::<(Value,)>(case),
            "(v: seq<u64>)" => refuse::<(Vec<u64>,)>(case),
            "(r: struct{id: u64, name: str})" => refuse::<(Record,)>(case),
            other => panic!("no type for the parameters `{other}`"),
        }
    }
}

fn refuse<T: DeserializeOwned + Debug>(case: &Json) {
    let input = hex(text(case, "hex"));
    let decoded = codec::decode_args::<T>(&input);
    assert!(decoded.is_err(), "{case}: {decoded:?}");
}
