//! Calls every host function of the suite through the generated bindings.
#![forbid(unsafe_code)]

mod fixed;
mod host;
mod vectors;

use std::collections::BTreeMap;

use host::{
    BankError, Choice, EchoV1, Figure, Handles, Level, Metres, Node, Order, Pair, Point, Record, Store,
};
use hostfn_guest::{CallError, Value};

struct Guest;

type Answer<T> = Result<T, CallError>;

impl EchoV1 for Guest {
    fn echo_bool(value: bool) -> Answer<bool> {
        host::echo_bool(value)
    }

    fn echo_u8(value: u8) -> Answer<u8> {
        host::echo_u8(value)
    }

    fn echo_u16(value: u16) -> Answer<u16> {
        host::echo_u16(value)
    }

    fn echo_u32(value: u32) -> Answer<u32> {
        host::echo_u32(value)
    }

    fn echo_u64(value: u64) -> Answer<u64> {
        host::echo_u64(value)
    }

    fn echo_i8(value: i8) -> Answer<i8> {
        host::echo_i8(value)
    }

    fn echo_i16(value: i16) -> Answer<i16> {
        host::echo_i16(value)
    }

    fn echo_i32(value: i32) -> Answer<i32> {
        host::echo_i32(value)
    }

    fn echo_i64(value: i64) -> Answer<i64> {
        host::echo_i64(value)
    }

    fn echo_f32(value: f32) -> Answer<f32> {
        host::echo_f32(value)
    }

    fn echo_f64(value: f64) -> Answer<f64> {
        host::echo_f64(value)
    }

    fn echo_char(value: char) -> Answer<char> {
        host::echo_char(value)
    }

    fn echo_str(value: &str) -> Answer<String> {
        host::echo_str(value)
    }

    fn echo_bytes(value: &[u8]) -> Answer<Vec<u8>> {
        host::echo_bytes(value)
    }

    fn echo_option_u32(value: Option<u32>) -> Answer<Option<u32>> {
        host::echo_option_u32(value)
    }

    fn echo_option_str(value: Option<String>) -> Answer<Option<String>> {
        host::echo_option_str(value.as_deref())
    }

    fn echo_option_point(value: Option<Point>) -> Answer<Option<Point>> {
        host::echo_option_point(value.as_ref())
    }

    fn echo_seq_i64(value: Vec<i64>) -> Answer<Vec<i64>> {
        host::echo_seq_i64(&value)
    }

    fn echo_seq_str(value: Vec<String>) -> Answer<Vec<String>> {
        host::echo_seq_str(&value)
    }

    fn echo_seq_bytes(value: Vec<Vec<u8>>) -> Answer<Vec<Vec<u8>>> {
        host::echo_seq_bytes(&value)
    }

    fn echo_seq_point(value: Vec<Point>) -> Answer<Vec<Point>> {
        host::echo_seq_point(&value)
    }

    fn echo_map_str_u32(value: BTreeMap<String, u32>) -> Answer<BTreeMap<String, u32>> {
        host::echo_map_str_u32(&value)
    }

    fn echo_map_u64_seq_str(value: BTreeMap<u64, Vec<String>>) -> Answer<BTreeMap<u64, Vec<String>>> {
        host::echo_map_u64_seq_str(&value)
    }

    fn echo_map_level_point(value: BTreeMap<Level, Point>) -> Answer<BTreeMap<Level, Point>> {
        host::echo_map_level_point(&value)
    }

    fn echo_tuple(value: (u8, String, bool)) -> Answer<(u8, String, bool)> {
        host::echo_tuple(&value)
    }

    fn echo_array(value: [f32; 3]) -> Answer<[f32; 3]> {
        host::echo_array(value)
    }

    fn echo_point(value: Point) -> Answer<Point> {
        host::echo_point(&value)
    }

    fn echo_order(value: Order) -> Answer<Order> {
        host::echo_order(&value)
    }

    fn echo_metres(value: Metres) -> Answer<Metres> {
        host::echo_metres(&value)
    }

    fn echo_pair(value: Pair) -> Answer<Pair> {
        host::echo_pair(&value)
    }

    fn echo_level(value: Level) -> Answer<Level> {
        host::echo_level(&value)
    }

    fn echo_figure(value: Figure) -> Answer<Figure> {
        host::echo_figure(&value)
    }

    fn echo_node(value: Node) -> Answer<Node> {
        host::echo_node(&value)
    }

    fn echo_record(value: Record) -> Answer<Record> {
        host::echo_record(&value)
    }

    fn echo_choice(value: Choice) -> Answer<Choice> {
        host::echo_choice(&value)
    }

    fn echo_anything(value: Value) -> Answer<Value> {
        host::echo_anything(&value)
    }

    fn echo_handle(value: Store) -> Answer<Store> {
        host::echo_handle(value)
    }

    fn echo_handles(value: Handles) -> Answer<Handles> {
        host::echo_handles(&value)
    }

    fn fixed() -> Answer<Vec<String>> {
        Ok(fixed::failures())
    }

    fn again(params: &str, args: &[u8]) -> Answer<Option<Vec<u8>>> {
        Ok(vectors::again(params, args))
    }

    fn word(status: i32, len: u32) -> Answer<i64> {
        Ok(vectors::word(status, len))
    }

    fn parts(word: i64) -> Answer<(i32, u32)> {
        Ok(vectors::parts(word))
    }

    fn pass_on(account: &str, amount: u64) -> Result<u64, BankError> {
        host::withdraw(account, amount)
    }
}

host::export_echo_v1!(host::EchoV1 for Guest);

hostfn_guest::export! {
    /// Panics, for the host to read why.
    fn panics(reason: &str) {
        panic!("{reason}");
    }
}
