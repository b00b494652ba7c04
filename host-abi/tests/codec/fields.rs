//! Names of a struct's fields: in the order of the struct, which costs one comparison each, and in any other.

use std::collections::BTreeMap;

use hostfn_abi::codec::{self, ErrorKind};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Point {
    x: i32,
    #[serde(default, alias = "why")]
    y: i32,
    #[serde(default)]
    a_name_that_is_too_long_for_a_marker_that_carries_lengths: u8,
}

fn map(entries: &[(&str, i32)]) -> Vec<u8> {
    let mut bytes = vec![0x80 | u8::try_from(entries.len()).unwrap()];
    for (name, value) in entries {
        bytes.extend(codec::to_vec(name).unwrap());
        bytes.extend(codec::to_vec(value).unwrap());
    }
    bytes
}

fn point(entries: &[(&str, i32)]) -> Result<(i32, i32), codec::Error> {
    let point = codec::decode::<Point>(&map(entries))?;
    let (args,) = codec::decode_args::<(Point,)>(&[&[0x91], &map(entries)[..]].concat())?;
    assert_eq!(args, point);
    Ok((point.x, point.y))
}

#[test]
fn field_names_in_any_order_are_found() {
    let long = "a_name_that_is_too_long_for_a_marker_that_carries_lengths";
    for entries in [
        &[("x", 1), ("y", 2), (long, 3)][..],
        &[(long, 3), ("y", 2), ("x", 1)],
        &[("y", 2), ("x", 1)],
        &[("other", 9), ("x", 1), ("y", 2)],
        &[("x", 1), ("other", 9), ("y", 2), ("z", 7)],
        &[("x", 1), ("why", 2)],
    ] {
        assert_eq!(point(entries).unwrap(), (1, 2), "{entries:?}");
    }
    assert_eq!(point(&[("x", 1)]).unwrap(), (1, 0));
}

#[test]
fn field_names_missing_or_repeated_are_refused() {
    let refused = |entries: &[(&str, i32)]| point(entries).unwrap_err().to_string();
    assert!(refused(&[("y", 2)]).contains("missing field `x`"), "{}", refused(&[("y", 2)]));
    let twice = refused(&[("x", 1), ("x", 1)]);
    assert!(twice.contains("duplicate field `x`"), "{twice}");
}

#[test]
fn field_name_in_a_longer_form_is_found() {
    for name in [&b"\xa1x"[..], b"\xd9\x01x", b"\xda\x00\x01x", b"\xdb\x00\x00\x00\x01x"] {
        let bytes = [&[0x81], name, &[0x05]].concat();
        assert_eq!(codec::decode::<Point>(&bytes).unwrap().x, 5, "{name:x?}");
    }
}

#[test]
fn field_name_that_is_cut_off_or_not_text_is_refused() {
    for (bytes, kind) in [
        (&b"\x81\xa1"[..], ErrorKind::LengthExceedsInput),
        (b"\x82\xa1x\x01\xa1\xff\x01", ErrorKind::NotUtf8),
        (b"\x81\xa2x", ErrorKind::Truncated),
    ] {
        assert_eq!(*codec::decode::<Point>(bytes).unwrap_err().kind(), kind, "{bytes:x?}");
    }
}

/// A field that is asked for as something else than an identifier is read as its own type.
#[test]
fn entries_of_a_map_are_not_taken_for_fields() {
    let map: BTreeMap<String, i32> = codec::decode(&map(&[("x", 1), ("y", 2)])).unwrap();
    assert_eq!(map.into_iter().collect::<Vec<_>>(), [("x".to_owned(), 1), ("y".to_owned(), 2)]);
}

/// Nested lengths that could each be true by themselves: what room is made for is no more than the input has.
#[test]
fn nested_lengths_that_lie_are_refused() {
    let mut bytes = [0xdc, 0x01, 0x00].repeat(20);
    bytes.extend([0xc0; 300]);
    let error = codec::decode::<Vec<Vec<Vec<u64>>>>(&bytes).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Type { .. }), "{error}");
}
