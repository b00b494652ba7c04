//! Taking arguments apart, and what the errors say.

use hostfn_abi::Value;
use hostfn_abi::codec::{self, Error, ErrorKind, decode, decode_args};
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::common::{Record, hex};

#[track_caller]
fn fails<'de, T: Deserialize<'de>>(input: &'de [u8]) -> Error {
    match decode_args::<T>(input) {
        Ok(_) => panic!("{input:x?} passed"),
        Err(error) => error,
    }
}

#[test]
fn no_arguments() {
    #[derive(Debug, Deserialize)]
    struct Nothing;
    for input in [&[][..], &[0x90], &[0xdc, 0, 0]] {
        decode_args::<()>(input).unwrap();
        decode_args::<Nothing>(input).unwrap();
        assert_eq!(decode_args::<Value>(input).unwrap(), Value::Array(vec![]));
    }
    assert_eq!(*fails::<()>(&[0x91, 1]).kind(), ErrorKind::Arity { expected: 0, found: 1 });
    assert_eq!(*fails::<()>(&[0xc0]).kind(), ErrorKind::NotAnArray);
    assert_eq!(*fails::<()>(&[0x90, 0xc0]).kind(), ErrorKind::TrailingBytes);
}

#[test]
fn as_many_as_there_are_parameters() {
    let arity = |expected, found| ErrorKind::Arity { expected, found };
    assert_eq!(*fails::<(u8,)>(&[]).kind(), arity(1, 0));
    assert_eq!(*fails::<(u8, u8)>(&[0x91, 1]).kind(), arity(2, 1));
    assert_eq!(*fails::<(u8, u8)>(&[0x93, 1, 2, 3]).kind(), arity(2, 3));
    assert_eq!(fails::<(u8, u8)>(&[0x91, 1]).offset(), None);
    assert_eq!(fails::<(u8,)>(&[]).to_string(), "expected 1 argument, found 0");

    let sixteen = codec::to_vec(&[1_u64; 16]).unwrap();
    assert_eq!(decode_args::<[u64; 16]>(&sixteen).unwrap(), [1; 16]);
}

#[test]
fn into_other_things_than_tuples() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Wrapped((u8, u8));
    #[derive(Debug, PartialEq, Deserialize)]
    struct Named {
        a: u8,
        b: u8,
    }
    let input = [0x92, 1, 2];
    assert_eq!(decode_args::<Wrapped>(&input).unwrap(), Wrapped((1, 2)));
    assert_eq!(decode_args::<Named>(&input).unwrap(), Named { a: 1, b: 2 });
    assert_eq!(decode_args::<Vec<u8>>(&input).unwrap(), [1, 2]);
    decode_args::<IgnoredAny>(&input).unwrap();
    let too_many = fails::<Named>(&[0x93, 1, 2, 3]);
    assert_eq!(*too_many.kind(), ErrorKind::Arity { expected: 2, found: 3 });
    assert_eq!(fails::<u8>(&input).to_string(), "expected u8, found an array");
}

#[test]
fn errors_name_the_argument_and_the_byte() {
    for (input, text, element) in [
        ("9201", "length exceeds the bytes left at byte 0", None),
        ("a0", "arguments must be one array", None),
        ("9301a161c0", "expected 2 arguments, found 3", None),
        ("92a101a161", "expected an integer, found a string at byte 1", Some(0)),
        ("92cd0100a161", "integer does not fit u8 at byte 1", Some(0)),
        ("920105", "expected a string, found an integer at byte 2", Some(1)),
        ("9201a1ff", "string is not UTF-8 at byte 2", Some(1)),
        ("9201a261", "truncated at byte 4", Some(1)),
        ("9201d961", "length exceeds the bytes left at byte 2", Some(1)),
        ("9201c1", "0xc1 is not a MessagePack marker at byte 2", Some(1)),
        ("9201d40000", "extension types are not accepted at byte 2", Some(1)),
        ("9201a161c0", "bytes after the value at byte 4", None),
    ] {
        let input = hex(input);
        let error = fails::<(u8, &str)>(&input);
        assert_eq!((error.to_string().as_str(), error.element()), (text, element), "{input:x?}");
    }
}

#[test]
fn errors_name_the_innermost_place() {
    let input = hex("92019282a2696401a46e616d65a161 82a26964c0a46e616d65a161".replace(' ', "").as_str());
    let error = fails::<(u8, Vec<Record>)>(&input);
    assert_eq!(error.to_string(), "expected an integer, found nil at byte 19");
    assert_eq!(error.element(), Some(1));

    let input = hex("92019181a2696401");
    let error = fails::<(u8, Vec<Record>)>(&input);
    assert_eq!(error.to_string(), "missing field `name` at byte 3");
    assert_eq!(error.element(), Some(1));

    let input = hex("920191 9291c0d40000".replace(' ', "").as_str());
    let error = fails::<(u8, Vec<Value>)>(&input);
    assert_eq!(error.to_string(), "extension types are not accepted at byte 6");
    assert_eq!(error.element(), Some(1));
}

#[test]
fn whole_values_have_no_arguments() {
    let error = decode::<u8>(&[0xa0]).unwrap_err();
    assert_eq!(error.to_string(), "expected an integer, found a string at byte 0");
    assert_eq!(error.element(), None);
    let error = decode::<(u8, u8)>(&[0x92, 1]).unwrap_err();
    assert_eq!(error.to_string(), "length exceeds the bytes left at byte 0");
}

#[test]
fn borrowing_integers_says_what_to_do() {
    let error = fails::<(&[u8],)>(&[0x91, 0x91, 1]);
    assert_eq!(
        error.to_string(),
        "cannot borrow bytes from an array of integers; decode with a scratch, or into owned bytes at byte 1",
    );
}

#[test]
fn an_error_is_one_pointer() {
    assert_eq!(size_of::<Error>(), size_of::<usize>());
}
