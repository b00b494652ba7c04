//! Nesting is refused before it can cost stack: every test runs on 256 KiB of it.

use std::fmt::Debug;
use std::iter::repeat_n;
use std::thread;

use hostfn_abi::Value;
use hostfn_abi::codec::{self, Error, ErrorKind, Scratch};
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "only their shapes matter")]
struct Tree(Vec<Tree>);

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "only their shapes matter")]
struct Node {
    next: Option<Box<Node>>,
}

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "only their shapes matter")]
enum Chain {
    End,
    Link(Box<Chain>),
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
#[expect(dead_code, reason = "only their shapes matter")]
enum Untagged {
    Leaf(u8),
    Inner(Vec<Untagged>),
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Known {
    known: u8,
}

fn on_a_small_stack(test: impl FnOnce() + Send + 'static) {
    let thread = thread::Builder::new().stack_size(256 * 1024);
    thread.spawn(test).unwrap().join().unwrap();
}

fn nested(open: &[u8], depth: usize, innermost: &[u8]) -> Vec<u8> {
    let mut bytes = open.repeat(depth);
    bytes.extend_from_slice(innermost);
    bytes
}

#[track_caller]
fn too_deep<T: DeserializeOwned + Debug>(input: &[u8]) {
    let is_too_deep = |result: Result<T, Error>| *result.unwrap_err().kind() == ErrorKind::TooDeep;
    assert!(is_too_deep(codec::decode(input)));
    assert!(is_too_deep(codec::decode_with(input, &Scratch::new())));
}

/// 64 levels are decoded, one more is not, and 100,000 cost nothing.
fn limit<T: DeserializeOwned + Debug>(open: &'static [u8], innermost: &'static [u8]) {
    on_a_small_stack(move || {
        codec::decode::<T>(&nested(open, 64, innermost)).unwrap();
        too_deep::<T>(&nested(open, 64 + 1, innermost));
        too_deep::<T>(&nested(open, 100_000, innermost));
        too_deep::<T>(&nested(open, 100_000, b""));
    });
}

#[test]
fn recursive_types() {
    limit::<Node>(b"\x81\xa4next", &[0xc0]);
    limit::<Node>(&[0x91], &[0xc0]);
    limit::<Chain>(b"\x81\xa4Link", b"\xa3End");
    limit::<Untagged>(&[0x91], &[0x00]);
}

#[test]
fn values() {
    limit::<Value>(&[0x91], &[0x00]);
    limit::<Value>(&[0xdc, 0, 1], &[0xa0]);
    limit::<Value>(&[0x81, 0xc0], &[0x00]);
}

#[test]
fn keys_of_maps() {
    on_a_small_stack(|| {
        let keys = |depth| [nested(&[0x81], depth, &[0x00]), vec![0xc0; depth]].concat();
        codec::decode::<Value>(&keys(64)).unwrap();
        codec::decode::<IgnoredAny>(&keys(64)).unwrap();
        too_deep::<Value>(&keys(65));
        too_deep::<IgnoredAny>(&keys(65));
        too_deep::<Value>(&keys(100_000));
    });
}

#[test]
fn ignored_values() {
    limit::<IgnoredAny>(&[0x91], &[0x00]);
    limit::<IgnoredAny>(&[0x81, 0xc0], &[0x00]);
}

#[test]
fn unknown_fields() {
    on_a_small_stack(|| {
        let unknown = |depth| nested(&[0x91], depth, &[0x00]);
        let with = |depth| [b"\x82\xa5other", &*unknown(depth), b"\xa5known\x05"].concat();
        assert_eq!(codec::decode::<Known>(&with(63)).unwrap().known, 5);
        too_deep::<Known>(&with(64));
        too_deep::<Known>(&with(100_000));
    });
}

#[test]
fn empty_containers_count() {
    on_a_small_stack(|| {
        codec::decode::<Tree>(&nested(&[0x91], 63, &[0x90])).unwrap();
        too_deep::<Tree>(&nested(&[0x91], 64, &[0x90]));
        too_deep::<Tree>(&nested(&[0x91], 100_000, &[0x90]));
        too_deep::<Value>(&nested(&[0x91], 64, &[0x80]));
    });
}

#[test]
fn arguments_are_inside_their_array() {
    on_a_small_stack(|| {
        let arguments = |depth| [&[0x92, 0x05][..], &nested(&[0x91], depth, &[0xc0])].concat();
        codec::decode_args::<(u8, Value)>(&arguments(63)).unwrap();
        for depth in [64, 100_000] {
            let input = arguments(depth);
            for error in [
                codec::decode_args::<(u8, Value)>(&input).map(drop).unwrap_err(),
                codec::decode_args::<(u8, IgnoredAny)>(&input).map(drop).unwrap_err(),
                codec::decode_args::<(u8, Tree)>(&input).map(drop).unwrap_err(),
            ] {
                assert_eq!(*error.kind(), ErrorKind::TooDeep);
                assert_eq!(error.element(), Some(1));
                assert_eq!(error.offset(), Some(2 + 63));
            }
        }
    });
}

#[test]
fn neighbours_do_not_add_up() {
    let inner = nested(&[0x91], 62, &[0xc0]);
    let mut input = vec![0x93];
    for _ in 0..3 {
        input.push(0x92);
        input.extend(repeat_n(&inner, 2).flatten());
    }
    codec::decode::<Vec<Value>>(&input).unwrap();
    codec::decode::<Vec<Vec<IgnoredAny>>>(&input).unwrap();
}

#[test]
fn width_is_not_depth() {
    let wide = codec::to_vec(&vec![vec![0_u16; 1000]; 100]).unwrap();
    assert_eq!(codec::decode::<Vec<Vec<u16>>>(&wide).unwrap().len(), 100);
    codec::decode::<IgnoredAny>(&wide).unwrap();
}

/// A type that no input can end: options take no bytes.
#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "it is never made")]
struct Endless(Option<Box<Endless>>);

#[test]
fn a_type_that_holds_itself_through_options_alone_is_too_deep() {
    let error = codec::decode::<Endless>(b"\x01").unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::TooDeep), "{error}");
    assert!(codec::decode::<Endless>(b"\xc0").is_ok());
}
