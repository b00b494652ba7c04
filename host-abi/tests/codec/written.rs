//! The profile of ABI section 5, row by row: what is written.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::iter;

use hostfn_abi::Value;
use hostfn_abi::codec::{self, ErrorKind, to_vec};
use serde::ser::{SerializeSeq, SerializeStruct};
use serde::{Serialize, Serializer};
use serde_bytes::{ByteBuf, Bytes};

use crate::common::{Choice, Record, hex};

#[track_caller]
fn written<T: Serialize + ?Sized>(value: &T, expected: &str) {
    assert_eq!(to_vec(value).unwrap(), hex(expected), "expected {expected}");
}

/// Its items one by one, with no word on how many there will be.
struct Streamed<T>(Vec<T>);

impl<T: Serialize> Serialize for Streamed<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().filter(|_| true))
    }
}

#[test]
fn structs_are_maps_in_field_order() {
    #[derive(Serialize)]
    struct Skips {
        #[serde(skip_serializing_if = "Option::is_none")]
        a: Option<u8>,
        b: u8,
    }

    written(&Record { id: 1, name: "a".to_owned() }, "82a2696401a46e616d65a161");
    written(&Skips { a: None, b: 1 }, "81a16201");
    written(&Skips { a: Some(2), b: 1 }, "82a16102a16201");
}

#[test]
fn flattened_structs_are_maps_too() {
    #[derive(Serialize)]
    struct Flat {
        a: u8,
        #[serde(flatten)]
        rest: BTreeMap<&'static str, u8>,
    }
    let rest = BTreeMap::from([("b", 2), ("c", 3)]);
    written(&Flat { a: 1, rest }, "83a16101a16202a16303");
}

#[test]
fn tuples_and_sequences_are_arrays() {
    #[derive(Serialize)]
    struct Pair(u8, &'static str);
    written(&(1, "a"), "9201a161");
    written(&Pair(1, "a"), "9201a161");
    written(&[1_u8, 255], "9201ccff");
    written(&[0_u8; 0], "90");
    written(&vec![1_u16, 255], "9201ccff");
    written(&Vec::<String>::new(), "90");
    written(&vec![(); 2], "92c0c0");
    written(&VecDeque::from([-1_i8]), "91ff");
    written(&vec![true; 16], &format!("dc0010{}", "c3".repeat(16)));
    written(&vec![0_u64; 65536], &format!("dd00010000{}", "00".repeat(65536)));
}

#[test]
fn maps() {
    written(&BTreeMap::from([(1, "a"), (2, "b")]), "8201a16102a162");
    written(&BTreeMap::<u8, u8>::new(), "80");
    let map: BTreeMap<u16, bool> = (0..16).map(|n| (n, true)).collect();
    assert_eq!(to_vec(&map).unwrap()[..5], [0xde, 0, 16, 0, 0xc3]);
}

#[test]
fn bytes_are_bin_even_when_empty() {
    written(&vec![0_u8, 1, 255], "c4030001ff");
    written(&Vec::<u8>::new(), "c400");
    written(&[0_u8, 255][..], "c40200ff");
    written(&&b""[..], "c400");
    written(Bytes::new(&[7]), "c40107");
    written(&ByteBuf::from([7]), "c40107");
    written(&(vec![1_u8], [2_u8].as_slice()), "92c40101c40102");
    written(&Some(vec![1_u8]), "c40101");
    written(&VecDeque::from([3_u8]), "c40103");
    written(&BTreeSet::from([4_u8]), "c40104");
    written(&Box::<[u8]>::from([5]), "c40105");
    written(&vec![7_u8; 256], &format!("c50100{}", "07".repeat(256)));
    written(&vec![7_u8; 65536], &format!("c600010000{}", "07".repeat(65536)));
    written(&Streamed(vec![1_u8, 2]), "c4020102");
    written(&Streamed(Vec::<u8>::new()), "c400");
}

#[test]
fn strings() {
    written("world", "a5776f726c64");
    written("", "a0");
    written(&'é', "a2c3a9");
    written(&"x".repeat(31), &format!("bf{}", "78".repeat(31)));
    written(&"x".repeat(32), &format!("d920{}", "78".repeat(32)));
    written(&"x".repeat(256), &format!("da0100{}", "78".repeat(256)));
    written(&"x".repeat(65536), &format!("db00010000{}", "78".repeat(65536)));
}

#[test]
fn integers_take_the_shortest_form() {
    for (n, expected) in [
        (0_i128, "00"),
        (127, "7f"),
        (128, "cc80"),
        (255, "ccff"),
        (256, "cd0100"),
        (65535, "cdffff"),
        (65536, "ce00010000"),
        (0xffff_ffff, "ceffffffff"),
        (0x1_0000_0000, "cf0000000100000000"),
        (i128::from(u64::MAX), "cfffffffffffffffff"),
        (-1, "ff"),
        (-32, "e0"),
        (-33, "d0df"),
        (-128, "d080"),
        (-129, "d1ff7f"),
        (-32768, "d18000"),
        (-32769, "d2ffff7fff"),
        (-0x8000_0000, "d280000000"),
        (-0x8000_0001, "d3ffffffff7fffffff"),
        (i128::from(i64::MIN), "d38000000000000000"),
    ] {
        written(&n, expected);
        if let Ok(n) = u64::try_from(n) {
            written(&n, expected);
            written(&u128::from(n), expected);
        }
        if let Ok(n) = i64::try_from(n) {
            written(&n, expected);
        }
    }
    written(&5_u8, "05");
    written(&5_u16, "05");
    written(&-5_i8, "fb");
    written(&-500_i16, "d1fe0c");
    assert!(to_vec(&(u128::from(u64::MAX) + 1)).is_err());
    assert!(to_vec(&(i128::from(i64::MIN) - 1)).is_err());
}

#[test]
fn floats_keep_their_width() {
    written(&1.5_f32, "ca3fc00000");
    written(&1.5_f64, "cb3ff8000000000000");
    written(&1.0_f64, "cb3ff0000000000000");
}

#[test]
fn booleans_and_options() {
    written(&(true, false), "92c3c2");
    written(&None::<u8>, "c0");
    written(&Some(7), "07");
    written(&Some(Some("a")), "a161");
}

#[test]
fn a_unit_is_nothing_alone_and_nil_inside() {
    #[derive(Serialize)]
    struct Done;
    #[derive(Serialize)]
    struct Wrapped(());
    written(&(), "");
    written(&Done, "");
    written(&Wrapped(()), "");
    written(&((), Done), "92c0c0");
    written(&(None::<()>,), "91c0");
    written(&Value::Nil, "c0");
}

#[test]
fn enums_are_a_name_or_a_map_of_one_entry() {
    #[derive(Serialize)]
    enum More {
        Two(u8, u8),
        Unit(()),
        Deep(Option<Box<More>>),
    }
    written(&Choice::A, "a141");
    written(&Choice::B(7), "81a14207");
    written(&Choice::C { x: -2 }, "81a14381a178fe");
    written(&More::Two(1, 2), "81a354776f920102");
    written(&More::Unit(()), "81a4556e6974c0");
    written(&More::Deep(None), "81a444656570c0");
}

#[test]
fn newtypes_are_what_they_wrap() {
    #[derive(Serialize)]
    struct Metres(f32);
    written(&Metres(1.5), "ca3fc00000");
}

#[test]
fn lengths_known_only_at_the_end() {
    written(&Streamed(vec!["a", "b"]), "92a161a162");
    written(&Streamed(Vec::<String>::new()), "90");
    written(
        &Streamed(vec![Streamed(vec![1_u16; 20]), Streamed(vec![])]),
        &format!("92dc0014{}90", "01".repeat(20)),
    );
    written(&Streamed(vec!["x"; 65536]), &format!("dd00010000{}", "a178".repeat(65536)));
}

#[test]
fn a_wrong_length_is_an_error() {
    struct Liar;
    impl Serialize for Liar {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut seq = serializer.serialize_seq(Some(2))?;
            seq.serialize_element("one")?;
            seq.end()
        }
    }
    struct Forgetful;
    impl Serialize for Forgetful {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.serialize_struct("Forgetful", 1)?.end()
        }
    }
    let error = to_vec(&Liar).unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Length { expected: 2, found: 1 });
    assert!(to_vec(&Forgetful).is_err());
}

#[test]
fn deeper_than_64_is_an_error() {
    #[derive(Serialize)]
    enum Chain {
        Link { next: Option<Box<Chain>> },
    }

    let nested = |depth| iter::repeat_n((), depth).fold(Value::Nil, |inner, ()| Value::Array(vec![inner]));
    let deepest = to_vec(&nested(64)).unwrap();
    assert_eq!(codec::decode::<Value>(&deepest).unwrap(), nested(64));
    assert_eq!(*to_vec(&nested(65)).unwrap_err().kind(), ErrorKind::TooDeep);

    // a variant's payload is inside a map: two levels each
    let chain = |links| iter::repeat_n((), links).fold(None, |next, ()| Some(Box::new(Chain::Link { next })));
    assert!(to_vec(&chain(32)).is_ok());
    assert_eq!(*to_vec(&chain(33)).unwrap_err().kind(), ErrorKind::TooDeep);

    // levels that were left do not count
    assert!(to_vec(&(nested(63), nested(63), chain(31), chain(31))).is_ok());
}
