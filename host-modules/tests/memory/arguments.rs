//! Arguments that become larger when they are decoded.

#![expect(clippy::needless_pass_by_value, reason = "what a function takes is what this is about")]
#![expect(clippy::unused_async, reason = "a function whose call can wait")]

use std::collections::{BTreeMap, BTreeSet, HashMap};

use hostfn::abi::Value;
use hostfn::{HostFn, host_fn};
use serde::Deserialize;

use crate::harness::{attack, guests, host, passing, start_waiting};

/// Bytes of arguments.
const LONG: u32 = 8 << 20;

#[host_fn(capability = none, collect = false)]
fn take_value(value: Value) -> bool {
    value == Value::Nil
}

#[host_fn(capability = none, collect = false)]
fn take_json(value: serde_json::Value) -> bool {
    value.is_null()
}

#[host_fn(capability = none, collect = false)]
fn take_maps(maps: Vec<BTreeMap<String, String>>) -> u64 {
    maps.len() as u64
}

#[host_fn(capability = none, collect = false)]
fn take_tables(maps: Vec<HashMap<u64, [u64; 16]>>) -> u64 {
    maps.len() as u64
}

#[host_fn(capability = none, collect = false)]
fn take_sets(sets: Vec<BTreeSet<String>>) -> u64 {
    sets.len() as u64
}

#[host_fn(capability = none, collect = false)]
fn take_lists(lists: Vec<Vec<Vec<u64>>>) -> u64 {
    lists.len() as u64
}

#[host_fn(capability = none, collect = false)]
fn take_texts(texts: Vec<String>) -> u64 {
    texts.len() as u64
}

#[host_fn(capability = none, collect = false)]
fn take_slices(slices: Vec<&[u8]>) -> u64 {
    slices.len() as u64
}

#[host_fn(capability = none, collect = false)]
fn take_units(units: Vec<()>) -> u64 {
    units.len() as u64
}

/// A type of which one byte makes 512.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Wide {
    numbers: [u64; 32],
    more: [u64; 32],
}

#[host_fn(capability = none, collect = false)]
fn take_wide(wide: Vec<Wide>) -> u64 {
    wide.iter().map(|wide| wide.numbers[0] + wide.more[0]).sum()
}

#[host_fn(capability = none, collect = false)]
#[expect(clippy::vec_box, reason = "each is allocated by itself")]
fn take_boxes(wide: Vec<Box<Wide>>) -> u64 {
    wide.len() as u64
}

/// Buffered by serde before a variant is chosen.
#[derive(Deserialize)]
#[serde(untagged)]
enum Either {
    Number(u64),
    Numbers(Vec<u8>),
}

#[host_fn(capability = none, collect = false)]
fn take_either(either: Either) -> u64 {
    match either {
        Either::Number(number) => number,
        Either::Numbers(numbers) => numbers.len() as u64,
    }
}

#[host_fn(capability = none, collect = false)]
async fn keep_value(value: Value) -> bool {
    value == Value::Nil
}

guests! {
    /// 32 bytes for each of input.
    fn values_are_charged() {
        let _ = attack(&host(&[take_value::SPEC]), &passing("take_value", &[0xc0], LONG));
    }

    /// A map of one entry is 640 bytes, for three of input.
    fn json_maps_are_charged() {
        let _ = attack(&host(&[take_json::SPEC]), &passing("take_json", &[0x81, 0xa0, 0xc0], LONG));
    }

    /// The same of a known type.
    fn ordered_maps_are_charged() {
        let _ = attack(&host(&[take_maps::SPEC]), &passing("take_maps", &[0x81, 0xa0, 0xa0], LONG));
    }

    /// A hash table of one entry has room for three.
    fn hash_tables_are_charged() {
        let unit = [&[0x81, 0x00, 0xdc, 0x00, 0x10][..], &[0; 16]].concat();
        let _ = attack(&host(&[take_tables::SPEC]), &passing("take_tables", &unit, LONG));
    }

    /// A set of one string has room for eleven.
    fn sets_are_charged() {
        let _ = attack(&host(&[take_sets::SPEC]), &passing("take_sets", &[0x91, 0xa0], LONG));
    }

    /// Empty lists in lists.
    fn lists_are_charged() {
        let _ = attack(&host(&[take_lists::SPEC]), &passing("take_lists", &[0x91, 0x90], LONG));
    }

    /// 24 bytes for an empty string, and a block of the heap for one that is not.
    fn texts_are_charged() {
        let _ = attack(&host(&[take_texts::SPEC]), &passing("take_texts", &[0xa1, b'a'], LONG));
    }

    /// Bytes that are borrowed from arrays of integers.
    fn borrowed_bytes_are_charged() {
        let _ = attack(&host(&[take_slices::SPEC]), &passing("take_slices", &[0x91, 0x01], LONG));
    }

    /// Values that take no memory are not refused.
    fn units_are_free() {
        attack(&host(&[take_units::SPEC]), &passing("take_units", &[0xc0], LONG)).unwrap();
    }

    /// 512 bytes of defaults for each of input.
    fn default_fields_are_charged() {
        let _ = attack(&host(&[take_wide::SPEC]), &passing("take_wide", &[0x80], LONG));
    }

    /// The same, each allocated by itself.
    fn boxes_are_charged() {
        let _ = attack(&host(&[take_boxes::SPEC]), &passing("take_boxes", &[0x80], LONG));
    }

    /// Values that serde buffers to choose a variant.
    fn buffered_variants_are_charged() {
        let _ = attack(&host(&[take_either::SPEC]), &passing("take_either", &[0x01], LONG));
    }

    /// Arguments that an async function owns.
    fn async_arguments_are_charged() {
        let host = host(&[keep_value::SPEC]);
        pollster::block_on(async {
            let mut instance = start_waiting(&host, &passing("keep_value", &[0xc0], LONG)).await;
            let _ = instance.call_async::<_, ()>("run", ()).await;
        });
    }
}
