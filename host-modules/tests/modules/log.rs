//! `log`.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use hostfn::abi::Value;
use hostfn::engine::MissingCapability;
use hostfn::observe::{Event, EventKind};
use hostfn::{Host, Instance, Registry, Status};
use hostfn_modules::log::{self, Level};
use test_support::relay::{Guest, Refused};

const WRITE: &str = "\"log.write\" = true";

/// The events of the host's observers, a line each.
type Lines = Arc<Mutex<Vec<String>>>;

/// A host that is watched.
fn host(options: log::Options) -> (Lines, Host) {
    let lines = Lines::default();
    let told = Arc::clone(&lines);
    let observer = move |event: &Event<'_>| match event.what {
        EventKind::Log { level, text, fields } => {
            let fields: String = fields.iter().map(|(name, value)| format!(" {name}={value}")).collect();
            told.lock().unwrap().push(format!("{level}: {text}{fields}"));
        }
        EventKind::BadLog { message } => told.lock().unwrap().push(message.to_owned()),
        _ => (),
    };
    let registry = Registry::builder().module(options).build().unwrap();
    (lines, Host::builder(registry).missing(MissingCapability::Deny).observer(observer).build().unwrap())
}

fn guest(options: log::Options, grants: &str) -> (Lines, Guest) {
    let (lines, host) = host(options);
    let guest = Guest::in_host(&host, grants);
    (lines, guest)
}

fn fields<const N: usize>(fields: [(&str, Value); N]) -> BTreeMap<String, Value> {
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn write(guest: &mut Guest, message: &str, fields: &BTreeMap<String, Value>) -> Result<(), Refused> {
    guest.call("log_write", (Level::Info, message, fields))
}

fn text(text: &str) -> Value {
    Value::String(text.to_owned())
}

#[test]
fn a_line_comes_with_its_fields_and_where_it_is_from() {
    let seen = Arc::new(AtomicU64::new(0));
    let instance = Arc::clone(&seen);
    let observer = move |event: &Event<'_>| {
        let EventKind::Log { text, .. } = event.what else { return };
        assert_eq!((event.plugin, text), ("relay", "tea is\nready"));
        instance.store(event.instance.unwrap(), Ordering::Relaxed);
    };
    let registry = Registry::builder().module(log::module()).build().unwrap();
    let host = Host::builder(registry).observer(observer).build().unwrap();
    let mut guest = Guest::in_host(&host, WRITE);
    write(&mut guest, "tea is\nready", &BTreeMap::new()).unwrap();
    assert_eq!(seen.load(Ordering::Relaxed), guest.instance.id());
}

#[test]
fn fields_come_sorted_and_each_as_what_it_is() {
    let (lines, mut guest) = guest(log::module(), WRITE);
    let all = fields([
        ("unsigned", Value::Unsigned(u64::MAX)),
        ("text", text("a \"b\"\r\nc\u{1b}[31m\u{202e}")),
        ("bool", Value::Bool(true)),
        ("f.64", Value::F64(1.5)),
        ("f-32", Value::F32(0.5)),
        ("nil", Value::Nil),
        ("signed", Value::Signed(-7)),
    ]);
    write(&mut guest, "tea", &all).unwrap();
    write(&mut guest, "", &BTreeMap::new()).unwrap();
    let expected = "info: tea bool=true f-32=0.5 f.64=1.5 nil=nil signed=-7 \
                    text=\"a \\\"b\\\"\\r\\nc\\u{1b}[31m\\u{202e}\" unsigned=18446744073709551615";
    assert_eq!(*lines.lock().unwrap(), [expected, "info: "]);
}

/// A guest that logs both ways: `before` and `after` by itself, and between them its argument.
const BOTH_WAYS: &str = r#"(module
    (import "host" "log_write" (func $write (param i32 i32) (result i64)))
    (import "host" "host_log" (func $log (param i32 i32 i32)))
    (memory (export "memory") 2)
    (data (i32.const 0) "beforeafter")
    (func (export "plugin_alloc") (param i32) (result i32) (i32.const 1024))
    (func (export "run") (param i32 i32) (result i64) (local $word i64)
        (call $log (i32.const 1) (i32.const 0) (i32.const 6))
        (local.set $word (call $write (local.get 0) (local.get 1)))
        (call $log (i32.const 4) (i32.const 6) (i32.const 5))
        (i64.and (local.get $word) (i64.const 0xffffffff))))"#;

#[test]
fn observers_see_both_ways_in_the_order_of_writing() {
    let (lines, host) = host(log::module());
    let plugin = host.load("both", &wat::parse_str(BOTH_WAYS).unwrap()).unwrap();
    let grants = host.registry().read_grants(WRITE).unwrap();
    let mut instance: Instance = plugin.instantiate(&grants).unwrap();
    let fields = fields([("cups", Value::Unsigned(2))]);
    for _ in 0..2 {
        instance.call::<_, ()>("run", (Level::Warn, "between", &fields)).unwrap();
    }
    let told = ["debug: before", "warn: between cups=2", "error: after"];
    assert_eq!(*lines.lock().unwrap(), [told, told].concat());
}

#[test]
fn every_level_is_told() {
    let (lines, mut guest) = guest(log::module(), WRITE);
    for level in ["trace", "debug", "info", "warn", "error"] {
        guest.call::<()>("log_write", (level, "x", BTreeMap::<String, Value>::new())).unwrap();
    }
    assert_eq!(*lines.lock().unwrap(), ["trace: x", "debug: x", "info: x", "warn: x", "error: x"]);
    let unknown = ("loud", "x", BTreeMap::<String, Value>::new());
    assert_eq!(guest.status("log_write", unknown), Status::BAD_INPUT);
}

#[test]
fn what_is_not_granted_is_not_written() {
    let (lines, mut guest) = guest(log::module(), "");
    assert_eq!(write(&mut guest, "x", &BTreeMap::new()).unwrap_err().status, Status::NO_CAPABILITY);
    assert!(lines.lock().unwrap().is_empty());
}

#[test]
fn a_field_has_a_name_and_one_value() {
    let (lines, mut guest) = guest(log::module(), WRITE);
    let long = "a".repeat(65);
    for name in ["", "a b", "a=b", "a\n", "\u{e9}", "a\"", &long, "suppressed"] {
        let refused = write(&mut guest, "x", &fields([(name, Value::Nil)])).unwrap_err();
        assert_eq!((refused.status, refused.code.as_str()), (Status::BAD_INPUT, "bad_field"), "{name:?}");
    }
    let nested = [Value::Array(vec![]), Value::Map(vec![]), Value::Bytes(vec![1])];
    for value in nested {
        assert_eq!(write(&mut guest, "x", &fields([("a", value)])).unwrap_err().code, "bad_field");
    }
    assert!(lines.lock().unwrap().is_empty());
}

#[test]
fn a_line_is_limited() {
    let (lines, mut guest) = guest(log::module().bytes_per_second(1 << 20), WRITE);
    let longest = "a".repeat(64 << 10);
    write(&mut guest, &longest, &BTreeMap::new()).unwrap();
    let refused = write(&mut guest, &longest, &fields([("a", text(""))])).unwrap_err();
    assert_eq!((refused.status, refused.code.as_str()), (Status::QUOTA_EXCEEDED, "too_large"));
    let refused = write(&mut guest, "", &fields([("a", text(&longest))])).unwrap_err();
    assert_eq!(refused.code, "too_large");
    let many = |count: usize| (0..count).map(|i| (format!("f{i}"), Value::Nil)).collect();
    write(&mut guest, "x", &many(63)).unwrap();
    assert_eq!(write(&mut guest, "x", &many(64)).unwrap_err().code, "too_large");
    assert_eq!(lines.lock().unwrap().len(), 2);
}

/// A clock that a test sets, in nanoseconds.
fn clock() -> (Arc<AtomicU64>, impl Fn() -> Instant + Send + Sync + 'static) {
    let (nanos, start) = (Arc::new(AtomicU64::new(0)), Instant::now());
    let told = Arc::clone(&nanos);
    (nanos, move || start + Duration::from_nanos(told.load(Ordering::Relaxed)))
}

#[test]
fn lines_come_no_faster_than_allowed() {
    let (now, clock) = clock();
    let (lines, mut guest) = guest(log::module().lines_per_second(10).clock(clock), WRITE);
    let mut line = || write(&mut guest, "x", &BTreeMap::new());
    for _ in 0..10 {
        line().unwrap();
    }
    for _ in 0..3 {
        let refused = line().unwrap_err();
        assert_eq!((refused.status, refused.code.as_str()), (Status::QUOTA_EXCEEDED, "rate_limited"));
    }
    // a tenth of a second brings one line, to the nanosecond
    now.store(99_999_999, Ordering::Relaxed);
    line().unwrap_err();
    now.store(100_000_000, Ordering::Relaxed);
    line().unwrap();
    line().unwrap_err();
    // nothing is saved up beyond a second
    now.store(1_000_000_000_000, Ordering::Relaxed);
    for _ in 0..10 {
        line().unwrap();
    }
    line().unwrap_err();
    let lines = lines.lock().unwrap();
    assert_eq!((lines.len(), lines[9].as_str()), (21, "info: x"));
    assert_eq!((lines[10].as_str(), lines[11].as_str()), ("info: x suppressed=4", "info: x suppressed=1"));
}

#[test]
fn bytes_come_no_faster_than_allowed() {
    let (now, clock) = clock();
    let (lines, mut guest) = guest(log::module().bytes_per_second(100).clock(clock), WRITE);
    let mut line = |bytes: usize| {
        // the field counts too: one byte of name, eight of value
        let fields = fields([("n", Value::Unsigned(1))]);
        write(&mut guest, &"x".repeat(bytes - 9), &fields).map_err(|refused| refused.code)
    };
    assert_eq!(line(101).unwrap_err(), "too_large");
    line(60).unwrap();
    assert_eq!(line(41).unwrap_err(), "rate_limited");
    line(40).unwrap();
    assert_eq!(line(9).unwrap_err(), "rate_limited");
    now.store(500_000_000, Ordering::Relaxed);
    assert_eq!(line(51).unwrap_err(), "rate_limited");
    line(50).unwrap();
    // what was refused for its bytes took no line, and the other way round
    assert_eq!(lines.lock().unwrap().len(), 3);
}

#[test]
fn a_clock_that_goes_back_brings_nothing() {
    let (now, clock) = clock();
    now.store(10_000_000_000, Ordering::Relaxed);
    let (_, mut guest) = guest(log::module().lines_per_second(1).clock(clock), WRITE);
    let mut line = || write(&mut guest, "x", &BTreeMap::new());
    line().unwrap();
    for nanos in [0, 10_000_000_000, 5_000_000_000, 10_999_999_999] {
        now.store(nanos, Ordering::Relaxed);
        line().unwrap_err();
    }
    now.store(11_000_000_000, Ordering::Relaxed);
    line().unwrap();
}

#[test]
fn each_instance_has_its_own_share() {
    let (_, clock) = clock();
    let (lines, host) = host(log::module().lines_per_second(1).clock(clock));
    for _ in 0..3 {
        let mut guest = Guest::in_host(&host, WRITE);
        write(&mut guest, "x", &BTreeMap::new()).unwrap();
        write(&mut guest, "x", &BTreeMap::new()).unwrap_err();
    }
    assert_eq!(lines.lock().unwrap().len(), 3);
}

#[test]
fn a_host_may_let_nothing_through() {
    let (lines, mut guest) = guest(log::module().lines_per_second(0), WRITE);
    assert_eq!(write(&mut guest, "x", &BTreeMap::new()).unwrap_err().code, "rate_limited");
    assert!(lines.lock().unwrap().is_empty());
}
