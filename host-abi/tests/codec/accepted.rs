//! The profile of ABI section 5, row by row: what is accepted, and what is not.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Debug;

use hostfn_abi::Value;
use hostfn_abi::codec::{self, ErrorKind, Scratch, decode, decode_args};
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_bytes::{ByteArray, ByteBuf};

use crate::common::{Choice, Record, hex};

#[track_caller]
#[expect(clippy::needless_pass_by_value, reason = "so that each row is a line")]
fn accepted<T: DeserializeOwned + Debug + PartialEq>(input: &str, expected: T) {
    match decode::<T>(&hex(input)) {
        Ok(value) => assert_eq!(value, expected, "{input}"),
        Err(error) => panic!("{input}: {error}"),
    }
}

#[track_caller]
fn refused<T: DeserializeOwned + Debug>(input: &str) -> ErrorKind {
    match decode::<T>(&hex(input)) {
        Ok(value) => panic!("{input} passed for {value:?}"),
        Err(error) => error.kind().clone(),
    }
}

fn mismatch(expected: &'static str, found: &'static str) -> ErrorKind {
    ErrorKind::Type { expected: expected.into(), found }
}

#[test]
fn structs() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Defaults {
        a: u8,
        #[serde(default)]
        b: u8,
        c: Option<u8>,
    }

    let record = Record { id: 1, name: "a".to_owned() };
    accepted("82a2696401a46e616d65a161", record.clone());
    accepted("82a46e616d65a161a2696401", record.clone());
    accepted("83a17a9283c001c002c00390a2696401a46e616d65a161", record.clone());
    accepted("9201a161", record);
    assert!(matches!(refused::<Record>("81a2696401"), ErrorKind::Custom(_)));
    assert!(matches!(refused::<Record>("82a2696401a2696401"), ErrorKind::Custom(_)));
    assert!(matches!(refused::<Record>("9101"), ErrorKind::Custom(_)));
    assert_eq!(refused::<Record>("9301a16100"), ErrorKind::Length { expected: 2, found: 3 });
    assert_eq!(refused::<Record>("01"), mismatch("a map", "an integer"));
    assert_eq!(refused::<Record>("8101a161"), mismatch("a string", "an integer"));
    accepted("81a16101", Defaults { a: 1, b: 0, c: None });
    accepted("9301020a", Defaults { a: 1, b: 2, c: Some(10) });
}

#[test]
fn what_is_skipped_is_checked_all_the_same() {
    let with_unknown = |value: &str| format!("83a2696401a46e616d65a161a17a{value}");
    for (value, kind) in [
        ("c1", ErrorKind::NeverUsed),
        ("c7010500", ErrorKind::Extension),
        ("91d40500", ErrorKind::Extension),
        ("a1ff", ErrorKind::NotUtf8),
        ("91a1ff", ErrorKind::NotUtf8),
        ("dbffffffff", ErrorKind::LengthExceedsInput),
        ("cd01", ErrorKind::Truncated),
        ("93a161", ErrorKind::LengthExceedsInput),
        ("9291c0", ErrorKind::Truncated),
    ] {
        assert_eq!(refused::<Record>(&with_unknown(value)), kind, "{value}");
        assert_eq!(refused::<IgnoredAny>(value), kind, "{value}");
    }
    for value in ["a0", "d90161", "c40161", "ca00000000", "81c0c0", "d3ffffffffffffffff"] {
        assert!(decode::<Record>(&hex(&with_unknown(value))).is_ok(), "{value}");
    }
}

#[test]
fn tuples_and_sequences() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Pair(u8, String);
    accepted("9201a161", (1_u8, "a".to_owned()));
    accepted("9201a161", Pair(1, "a".to_owned()));
    accepted("dc000201a161", Pair(1, "a".to_owned()));
    accepted("93010203", [1_u8, 2, 3]);
    accepted("93010203", vec![1_u16, 2, 3]);
    accepted("dd00000001c3", vec![true]);
    accepted("90", Vec::<String>::new());
    let length = |expected, found| ErrorKind::Length { expected, found };
    assert_eq!(refused::<(u8, u8)>("9101"), length(2, 1));
    assert_eq!(refused::<(u8, u8)>("93010203"), length(2, 3));
    assert_eq!(refused::<[u8; 2]>("93010203"), length(2, 3));
    assert_eq!(refused::<Pair>("9301a16102"), length(2, 3));
    assert_eq!(refused::<[u8; 2]>("c4020102"), mismatch("an array", "bytes"));
    assert_eq!(refused::<Vec<u16>>("c4020102"), mismatch("an array", "bytes"));
    assert_eq!(refused::<Vec<Value>>("c4020102"), mismatch("an array", "bytes"));
    assert_eq!(refused::<Vec<u16>>("80"), mismatch("an array", "a map"));
}

#[test]
fn maps() {
    accepted("820102 0304".replace(' ', "").as_str(), BTreeMap::from([(1, 2), (3, 4)]));
    accepted("de00010102", BTreeMap::from([(1, 2)]));
    accepted("df000000010102", BTreeMap::from([(1, 2)]));
    assert_eq!(refused::<BTreeMap<u8, u8>>("90"), mismatch("a map", "an array"));
}

#[test]
fn bytes_from_bin_and_from_integers() {
    for (input, bytes) in [
        ("c4030001ff", &[0, 1, 255][..]),
        ("c500020001", &[0, 1]),
        ("c6000000020001", &[0, 1]),
        ("c400", &[]),
        ("930001ccff", &[0, 1, 255]),
        ("dc0001d3000000000000007f", &[127]),
        ("90", &[]),
    ] {
        accepted(input, bytes.to_vec());
        accepted(input, bytes.to_vec().into_boxed_slice());
        accepted(input, ByteBuf::from(bytes));
        accepted::<Cow<'static, [u8]>>(input, bytes.into());

        let input = hex(input);
        let scratch = Scratch::new();
        assert_eq!(codec::decode_with::<&[u8]>(&input, &scratch).unwrap(), bytes);
        let arguments = [&[0x91], &input[..]].concat();
        let (vec, buf) =
            (decode_args::<(Vec<u8>,)>(&arguments).unwrap(), decode_args::<(ByteBuf,)>(&arguments).unwrap());
        assert_eq!((&*vec.0, &**buf.0), (bytes, bytes));
        let borrowed: (&[u8],) = codec::decode_args_with(&arguments, &scratch).unwrap();
        assert_eq!(borrowed.0, bytes);
    }
    accepted("920102", ByteArray::new([1, 2]));
    accepted("c4020102", ByteArray::new([1, 2]));
    assert!(matches!(refused::<ByteArray<2>>("93010203"), ErrorKind::Custom(_)));

    let out_of_range = ErrorKind::OutOfRange { target: "u8" };
    for input in ["91cd0100", "91ff"] {
        assert_eq!(refused::<Vec<u8>>(input), out_of_range);
        assert_eq!(refused::<ByteBuf>(input), out_of_range);
    }
    assert_eq!(refused::<ByteBuf>("91a161"), mismatch("an integer", "a string"));
    assert_eq!(refused::<ByteBuf>("a161"), mismatch("bytes", "a string"));
    assert_eq!(refused::<Vec<u8>>("a161"), mismatch("an array", "a string"));
}

#[test]
fn integers_are_borrowed_through_a_scratch() {
    let bin = hex("c4020102");
    assert_eq!(decode::<&[u8]>(&bin).unwrap(), [1, 2]);
    let integers = hex("920102");
    let error = decode::<&[u8]>(&integers).unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::NeedsScratch);

    let many = codec::to_vec(&vec![vec![7_u16, 8]; 1000]).unwrap();
    let mut scratch = Scratch::new();
    let slices: Vec<&[u8]> = codec::decode_with(&many, &scratch).unwrap();
    assert_eq!(slices, vec![&[7, 8]; 1000]);
    scratch.clear();
    let again: Vec<&[u8]> = codec::decode_with(&many, &scratch).unwrap();
    assert_eq!(again.len(), 1000);
}

#[test]
fn strings() {
    for input in ["a568656c6c6f", "d90568656c6c6f", "da000568656c6c6f", "db0000000568656c6c6f"] {
        accepted(input, "hello".to_owned());
        accepted::<Cow<'static, str>>(input, "hello".into());
        assert_eq!(decode::<&str>(&hex(input)).unwrap(), "hello");
    }
    accepted("a2c3a9", 'é');
    assert_eq!(refused::<String>("a2ff41"), ErrorKind::NotUtf8);
    assert_eq!(refused::<String>("d901ff"), ErrorKind::NotUtf8);
    assert_eq!(refused::<Value>("a1ff"), ErrorKind::NotUtf8);
    assert_eq!(refused::<String>("c40141"), mismatch("a string", "bytes"));
    assert_eq!(refused::<String>("c0"), mismatch("a string", "nil"));
    refused::<char>("a26162");
}

#[test]
fn integers_in_any_form_that_fits() {
    for input in [
        "05",
        "cc05",
        "cd0005",
        "ce00000005",
        "cf0000000000000005",
        "d005",
        "d10005",
        "d200000005",
        "d30000000000000005",
    ] {
        accepted(input, 5_u8);
        accepted(input, 5_u16);
        accepted(input, 5_u32);
        accepted(input, 5_u64);
        accepted(input, 5_u128);
        accepted(input, 5_i8);
        accepted(input, 5_i16);
        accepted(input, 5_i32);
        accepted(input, 5_i64);
        accepted(input, 5_i128);
        accepted(input, Value::Unsigned(5));
    }
    for input in ["fb", "d0fb", "d1fffb", "d2fffffffb", "d3fffffffffffffffb"] {
        accepted(input, -5_i8);
        accepted(input, -5_i16);
        accepted(input, -5_i32);
        accepted(input, -5_i64);
        accepted(input, -5_i128);
        accepted(input, Value::Signed(-5));
        assert_eq!(refused::<u64>(input), ErrorKind::OutOfRange { target: "u64" });
        assert_eq!(refused::<u128>(input), ErrorKind::OutOfRange { target: "u128" });
    }
    accepted("cfffffffffffffffff", u64::MAX);
    accepted("d38000000000000000", i64::MIN);
    assert_eq!(refused::<i64>("cfffffffffffffffff"), ErrorKind::OutOfRange { target: "i64" });
    assert_eq!(refused::<i8>("cc80"), ErrorKind::OutOfRange { target: "i8" });
    assert_eq!(refused::<u16>("ce00010000"), ErrorKind::OutOfRange { target: "u16" });
    assert_eq!(refused::<u64>("cb3ff0000000000000"), mismatch("an integer", "a float"));
    assert_eq!(refused::<i32>("ca3f800000"), mismatch("an integer", "a float"));
    assert_eq!(refused::<u8>("c3"), mismatch("an integer", "a boolean"));
}

#[test]
fn floats_from_either_width_and_exact_integers() {
    accepted("ca3fc00000", 1.5_f32);
    accepted("ca3fc00000", 1.5_f64);
    accepted("cb3ff8000000000000", 1.5_f32);
    accepted("cb3ff8000000000000", 1.5_f64);
    accepted("cb3fb999999999999a", 0.1_f32);
    accepted("00", 0.0_f64);
    accepted("07", 7.0_f32);
    accepted("f9", -7.0_f64);
    accepted("ce01000000", 16_777_216.0_f32);
    accepted("cf0020000000000000", 9_007_199_254_740_992.0_f64);
    accepted("cf8000000000000000", 9_223_372_036_854_775_808.0_f32);
    accepted("d38000000000000000", -9_223_372_036_854_775_808.0_f32);
    accepted("d38000000000000000", -9_223_372_036_854_775_808.0_f64);
    let inexact = |target| ErrorKind::NotExact { target };
    assert_eq!(refused::<f32>("ce01000001"), inexact("f32"));
    assert_eq!(refused::<f32>("d2feffffff"), inexact("f32"));
    accepted("ce01000001", 16_777_217.0_f64);
    assert_eq!(refused::<f64>("cf0020000000000001"), inexact("f64"));
    assert_eq!(refused::<f64>("cfffffffffffffffff"), inexact("f64"));
    assert_eq!(refused::<f64>("d38000000000000001"), inexact("f64"));
    assert_eq!(refused::<f64>("a131"), mismatch("a float", "a string"));
}

#[test]
fn booleans_and_options() {
    accepted("c3", true);
    accepted("c2", false);
    assert_eq!(refused::<bool>("01"), mismatch("a boolean", "an integer"));
    accepted("c0", None::<u8>);
    accepted("07", Some(7_u8));
    accepted("92c007", (None::<u8>, Some(7_u8)));
    assert_eq!(refused::<Option<u8>>("a0"), mismatch("an integer", "a string"));
}

#[test]
fn units() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Done;
    #[derive(Debug, PartialEq, Deserialize)]
    struct Wrapped(());
    accepted("", ());
    accepted("", Done);
    accepted("", Wrapped(()));
    accepted("c0", ());
    accepted("92c0c0", ((), Done));
    assert_eq!(refused::<()>("90"), mismatch("nil", "an array"));
    assert_eq!(refused::<Option<()>>(""), ErrorKind::Truncated);
    accepted("", Value::Nil);
    assert_eq!(refused::<Vec<u8>>(""), ErrorKind::Truncated);
}

#[test]
fn enums() {
    #[derive(Debug, PartialEq, Deserialize)]
    enum More {
        Two(u8, u8),
        Unit(()),
    }
    accepted("a141", Choice::A);
    accepted("81a14207", Choice::B(7));
    accepted("81a14381a178fe", Choice::C { x: -2 });
    accepted("81a14391fe", Choice::C { x: -2 });
    accepted("81a354776f920102", More::Two(1, 2));
    accepted("81a4556e6974c0", More::Unit(()));
    assert_eq!(refused::<Choice>("81a141c0"), mismatch("the name of a variant without payload", "a map"),);
    assert_eq!(refused::<Choice>("82a141c0a14207"), ErrorKind::Length { expected: 1, found: 2 });
    assert_eq!(refused::<Choice>("80"), ErrorKind::Length { expected: 1, found: 0 });
    assert_eq!(refused::<More>("81a354776f93010203"), ErrorKind::Length { expected: 2, found: 3 });
    refused::<Choice>("a142");
    refused::<Choice>("a15a");
    refused::<Choice>("00");
}

#[test]
fn untagged_flattened_and_internally_tagged_types() {
    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(untagged)]
    enum Either {
        Number(f64),
        Text(String),
        Many(Vec<Either>),
    }
    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(tag = "kind")]
    enum Tagged {
        Dot { x: u8 },
    }
    #[derive(Debug, PartialEq, Deserialize)]
    struct Flat {
        a: u8,
        #[serde(flatten)]
        rest: BTreeMap<String, u8>,
    }
    accepted("9207a161", Either::Many(vec![Either::Number(7.0), Either::Text("a".to_owned())]));
    accepted("82a46b696e64a3446f74a17805", Tagged::Dot { x: 5 });
    accepted("82a16101a16202", Flat { a: 1, rest: BTreeMap::from([("b".to_owned(), 2)]) });
}

#[test]
fn values_of_any_type() {
    for value in [
        Value::Nil,
        Value::Bool(true),
        Value::Unsigned(u64::MAX),
        Value::Signed(-1),
        Value::F32(1.5),
        Value::F64(1.5),
        Value::String("a".to_owned()),
        Value::Bytes(vec![1]),
        Value::Array(vec![Value::Nil, Value::Array(vec![])]),
        Value::Map(vec![(Value::Unsigned(1), Value::Nil), (Value::Unsigned(1), Value::Map(vec![]))]),
    ] {
        let bytes = codec::to_vec(&value).unwrap();
        assert_eq!(decode::<Value>(&bytes).unwrap(), value);
        assert_eq!(Value::from_serialize(&value).unwrap(), value);
    }
    assert_eq!(Value::from_serialize(&()).unwrap(), Value::Nil);
    assert_eq!(Value::from_serialize(&5_i8).unwrap(), Value::Unsigned(5));
}

#[test]
fn only_whole_values() {
    assert_eq!(refused::<u8>("0100"), ErrorKind::TrailingBytes);
    assert_eq!(refused::<()>("c0c0"), ErrorKind::TrailingBytes);
    assert_eq!(refused::<Value>("9001"), ErrorKind::TrailingBytes);
    assert_eq!(refused::<u8>("c1"), ErrorKind::NeverUsed);
    for input in ["cc", "cd01", "ce010101", "cf01010101010101", "d0", "d301", "ca0102", "cb01", "d9"] {
        assert_eq!(refused::<Value>(input), ErrorKind::Truncated, "{input}");
    }
    for input in ["a2", "c402", "c5ffff", "92c0", "81c0", "de0002c0c0c0", "ddffffffff", "dfffffffff"] {
        assert_eq!(refused::<Value>(input), ErrorKind::LengthExceedsInput, "{input}");
    }
}

#[test]
fn extensions_are_refused() {
    for input in [
        "d4ff00",
        "d5ff0000",
        "d6ff00000000",
        "d7ff0000000000000000",
        "d8ff00000000000000000000000000000000",
        "c70100ff",
        "c8000100ff",
        "c90000000100ff",
    ] {
        assert_eq!(refused::<Value>(input), ErrorKind::Extension, "{input}");
        assert_eq!(refused::<u64>(input), ErrorKind::Extension, "{input}");
        assert_eq!(refused::<f64>(input), ErrorKind::Extension, "{input}");
        assert_eq!(refused::<String>(input), ErrorKind::Extension, "{input}");
        assert_eq!(refused::<Option<Record>>(input), ErrorKind::Extension, "{input}");
        assert_eq!(refused::<Vec<Vec<u8>>>(&format!("9190{input}")), ErrorKind::TrailingBytes);
        assert_eq!(refused::<Vec<IgnoredAny>>(&format!("9191{input}")), ErrorKind::Extension);
    }
}
