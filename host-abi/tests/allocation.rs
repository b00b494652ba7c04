//! Allocations of decoding and encoding, counted by the allocator.

use std::collections::BTreeMap;
use std::hint::black_box;

use allocation_counter::{AllocationInfo, measure};
use hostfn_abi::Value;
use hostfn_abi::codec::{self, Scratch, Spilling};
use proptest::collection::vec;
use proptest::prelude::*;
use serde::Deserialize;
use serde_bytes::ByteBuf;

/// A `Value` is 32 bytes, an entry of a map two of them for two bytes of input, and a `Vec` that
/// grows holds its old items and up to twice the room for new ones: three times that. The constant
/// is for errors and their messages.
const PER_BYTE: u64 = 3 * 32;
const CONSTANT: u64 = 2048;

fn decoding<'de, T: Deserialize<'de>>(input: &'de [u8], scratch: &'de Scratch) -> AllocationInfo {
    measure(|| {
        let _ = black_box(codec::decode_with::<T>(input, scratch));
        let _ = black_box(codec::decode_args_with::<(T,)>(input, scratch));
    })
}

fn check(input: &[u8]) {
    let scratch = Scratch::new();
    let limit = PER_BYTE * input.len() as u64 + CONSTANT;
    for (target, info) in [
        ("value", decoding::<Value>(input, &scratch)),
        ("values", decoding::<Vec<Value>>(input, &scratch)),
        ("map", decoding::<BTreeMap<String, Value>>(input, &scratch)),
        ("strings", decoding::<Vec<String>>(input, &scratch)),
        ("integers", decoding::<Vec<Vec<u64>>>(input, &scratch)),
        ("bytes", decoding::<Vec<u8>>(input, &scratch)),
        ("buffers", decoding::<Vec<ByteBuf>>(input, &scratch)),
        ("slices", decoding::<Vec<&[u8]>>(input, &scratch)),
        ("text", decoding::<String>(input, &scratch)),
    ] {
        assert!(info.bytes_max <= limit, "{target}: {} bytes for {} of input", info.bytes_max, input.len());
    }
}

proptest! {
    #[test]
    fn in_proportion_to_the_input(input in vec(prop_oneof![any::<u8>(), 0x80..=0xdf_u8], 0..400)) {
        check(&input);
    }
}

#[test]
fn lengths_that_lie() {
    for header in [
        &[0xdd, 0xff, 0xff, 0xff, 0xff][..],
        &[0xdf, 0xff, 0xff, 0xff, 0xff],
        &[0xdb, 0xff, 0xff, 0xff, 0xff],
        &[0xc6, 0xff, 0xff, 0xff, 0xff],
        &[0xdc, 0xff, 0xff],
        &[0xdd, 0x00, 0x00, 0x04, 0x00],
        &[0xdf, 0x00, 0x00, 0x02, 0x00],
    ] {
        for padding in [0, 1, 1024, 4096] {
            let mut input = header.to_vec();
            input.extend(vec![0xc0; padding]);
            check(&input);
            input.insert(0, 0x91);
            check(&input);
        }
        // each of them could be true by itself
        let mut input = header.repeat(60);
        input.extend(vec![0xc0; 4096]);
        check(&input);
    }
}

#[test]
fn many_small_arrays() {
    check(&codec::to_vec(&vec![vec![1_u16]; 5000]).unwrap());
    check(&codec::to_vec(&vec![Vec::<u16>::new(); 5000]).unwrap());
}

#[test]
fn borrowed_arguments_allocate_nothing() {
    type Args<'a> = (u64, &'a str, &'a [u8], Option<f64>, [i32; 3]);
    let value: Args<'_> = (70_000, "text", &[1, 2, 3], Some(1.5), [-1, 0, 1]);
    let bytes = codec::to_vec(&value).unwrap();
    let mut scratch = Scratch::new();
    let info = measure(|| {
        let decoded: Args<'_> = codec::decode_args_with(&bytes, &scratch).unwrap();
        assert_eq!(decoded, value);
    });
    assert_eq!(info.count_total, 0);
    assert_eq!(measure(|| scratch.clear()).count_total, 0);
}

#[test]
fn encoding_into_a_window_allocates_nothing() {
    let value = (vec![7_u8; 100], "text", BTreeMap::from([(1, "one")]), Value::Nil);
    let (mut window, mut spill) = ([0; 256], Vec::new());
    let info = measure(|| {
        let mut sink = Spilling::new(&mut window, &mut spill, 256);
        codec::encode(&value, &mut sink).unwrap();
        assert!(!sink.has_spilled());
    });
    assert_eq!(info.count_total, 0);
}

#[test]
fn owned_arguments_allocate_once_each() {
    let bytes = codec::to_vec(&("text", vec![1_u8; 500])).unwrap();
    let info = measure(|| {
        let decoded = codec::decode_args::<(String, Vec<u8>)>(&bytes).unwrap();
        assert_eq!(decoded.1.len(), 500);
    });
    assert_eq!(info.count_total, 2);
}
