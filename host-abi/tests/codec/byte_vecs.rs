//! Bytes as a `Vec<u8>`, which is copied as a whole, and as what only looks like one.

use std::collections::VecDeque;
use std::fmt;

use hostfn_abi::codec::{self, ErrorKind};
use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Held {
    plain: Vec<u8>,
    #[serde(deserialize_with = "doubled")]
    doubled: Vec<u8>,
    list: VecDeque<u8>,
    signed: Vec<i8>,
}

/// Makes a `Vec<u8>` of its own out of each item.
fn doubled<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    struct Doubled;
    impl<'de> Visitor<'de> for Doubled {
        type Value = Vec<u8>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("bytes")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Vec<u8>, A::Error> {
            let mut bytes = Vec::new();
            while let Some(item) = items.next_element::<u8>()? {
                bytes.push(item * 2);
            }
            Ok(bytes)
        }
    }
    deserializer.deserialize_seq(Doubled)
}

#[test]
fn byte_vec_is_copied_and_others_are_read() {
    let held = Held { plain: vec![1, 2, 255], doubled: vec![1, 2], list: [3, 4].into(), signed: vec![-1, 5] };
    let bytes = codec::to_vec(&held).unwrap();
    let expected = Held { doubled: vec![2, 4], ..held };
    assert_eq!(codec::decode::<Held>(&bytes).unwrap(), expected);
}

#[test]
fn byte_vec_of_any_length_and_form_is_whole() {
    for len in [0, 1, 255, 256, 65_535, 65_536, 1 << 20] {
        let bytes: Vec<u8> = (0..len).map(|at| u8::try_from(at % 251).unwrap()).collect();
        let encoded = codec::to_vec(&bytes).unwrap();
        assert!(codec::decode::<Vec<u8>>(&encoded).unwrap() == bytes, "{len}");
        let (arg, none) =
            codec::decode_args::<(Vec<u8>, Option<Vec<u8>>)>(&[&[0x92], &encoded[..], &[0xc0]].concat())
                .unwrap();
        assert!(arg == bytes && none.is_none(), "{len}");
    }
    assert_eq!(codec::decode::<Vec<u8>>(&[0x93, 1, 0xcc, 200, 3]).unwrap(), [1, 200, 3]);
}

#[test]
fn bytes_for_other_lists_are_refused() {
    let bytes = codec::to_vec(&vec![1_u8, 2]).unwrap();
    for error in [
        codec::decode::<Vec<u16>>(&bytes).unwrap_err(),
        codec::decode::<Vec<i64>>(&bytes).unwrap_err(),
        codec::decode::<Vec<bool>>(&bytes).unwrap_err(),
    ] {
        assert!(matches!(error.kind(), ErrorKind::Type { .. }), "{error}");
    }
}
