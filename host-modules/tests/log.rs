//! `log`.

mod common;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use common::{Guest, Refused, host};
use host_modules::log::{self, Level, Record};
use hostfn::{LogLevel, Module, Recorder, Registry, Status, Value};

const WRITE: &str = "\"log.write\" = true";

/// What was written, as text, and the module that writes it there.
fn kept() -> (Arc<Mutex<Vec<String>>>, log::Options) {
    let lines: Arc<Mutex<Vec<String>>> = Arc::default();
    let sink = Arc::clone(&lines);
    let options =
        log::module().to(move |record| sink.lock().unwrap().push(format!("{}: {record}", record.level)));
    (lines, options)
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
    let module = log::module().to(move |record: &Record<'_>| {
        assert_eq!((record.plugin, record.level, record.message), ("relay", LogLevel::Warn, "tea is\nready"));
        assert_eq!(record.fields.get("cups"), Some(&Value::Unsigned(2)));
        assert_eq!(record.suppressed, 0);
        instance.store(record.instance, Ordering::Relaxed);
    });
    let mut guest = Guest::new(module, WRITE);
    let fields = fields([("cups", Value::Unsigned(2))]);
    guest.call::<()>("log_write", (Level::Warn, "tea is\nready", fields)).unwrap();
    assert_eq!(seen.load(Ordering::Relaxed), guest.instance.id());
}

#[test]
fn a_record_as_text_is_one_line() {
    let (lines, options) = kept();
    let mut guest = Guest::new(options, WRITE);
    let all = fields([
        ("bool", Value::Bool(true)),
        ("f.64", Value::F64(1.5)),
        ("f-32", Value::F32(0.5)),
        ("nil", Value::Nil),
        ("signed", Value::Signed(-7)),
        ("text", text("a \"b\"\r\nc\u{1b}[31m")),
        ("unsigned", Value::Unsigned(u64::MAX)),
    ]);
    write(&mut guest, "it's \"so\"\nand\u{1b}[2J\u{202e} \u{e9}", &all).unwrap();
    write(&mut guest, "", &BTreeMap::new()).unwrap();
    let expected = "info: it's \"so\"\\nand\\u{1b}[2J\\u{202e} \u{e9} bool=true f-32=0.5 f.64=1.5 nil=nil signed=-7 \
                    text=\"a \\\"b\\\"\\r\\nc\\u{1b}[31m\" unsigned=18446744073709551615";
    assert_eq!(*lines.lock().unwrap(), [expected, "info: "]);
}

#[test]
fn every_level_is_told() {
    let (lines, options) = kept();
    let mut guest = Guest::new(options, WRITE);
    for level in ["trace", "debug", "info", "warn", "error"] {
        guest.call::<()>("log_write", (level, "x", BTreeMap::<String, Value>::new())).unwrap();
    }
    assert_eq!(*lines.lock().unwrap(), ["trace: x", "debug: x", "info: x", "warn: x", "error: x"]);
    let unknown = ("loud", "x", BTreeMap::<String, Value>::new());
    assert_eq!(guest.status("log_write", unknown), Status::BAD_INPUT);
}

#[test]
fn the_host_s_observer_may_see_it_too() {
    let recorder = Recorder::default();
    let module: Module = log::module().to_observer(recorder.clone()).into();
    let mut guest = Guest::new(module, WRITE);
    write(&mut guest, "tea", &fields([("cups", Value::Unsigned(2))])).unwrap();
    let told = format!("{:?}", recorder.records());
    assert!(told.contains("tea cups=2"), "{told}");
}

#[test]
fn what_is_not_granted_is_not_written() {
    let (lines, options) = kept();
    let mut guest = Guest::new(options, "");
    assert_eq!(write(&mut guest, "x", &BTreeMap::new()).unwrap_err().status, Status::NO_CAPABILITY);
    assert!(lines.lock().unwrap().is_empty());
}

#[test]
fn a_field_has_a_name_and_one_value() {
    let (lines, options) = kept();
    let mut guest = Guest::new(options, WRITE);
    let long = "a".repeat(65);
    for name in ["", "a b", "a=b", "a\n", "\u{e9}", "a\"", &long] {
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
    let (lines, options) = kept();
    let options = options.bytes_per_second(1 << 20);
    let mut guest = Guest::new(options, WRITE);
    let longest = "a".repeat(64 << 10);
    write(&mut guest, &longest, &BTreeMap::new()).unwrap();
    let refused = write(&mut guest, &longest, &fields([("a", text(""))])).unwrap_err();
    assert_eq!((refused.status, refused.code.as_str()), (Status::QUOTA_EXCEEDED, "too_large"));
    let refused = write(&mut guest, "", &fields([("a", text(&longest))])).unwrap_err();
    assert_eq!(refused.code, "too_large");
    let many = |count: usize| (0..count).map(|i| (format!("f{i}"), Value::Nil)).collect();
    write(&mut guest, "x", &many(64)).unwrap();
    assert_eq!(write(&mut guest, "x", &many(65)).unwrap_err().code, "too_large");
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
    let (lines, options) = kept();
    let (now, clock) = clock();
    let mut guest = Guest::new(options.lines_per_second(10).clock(clock), WRITE);
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
    let (lines, options) = kept();
    let (now, clock) = clock();
    let mut guest = Guest::new(options.bytes_per_second(100).clock(clock), WRITE);
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
    let (_, options) = kept();
    let (now, clock) = clock();
    now.store(10_000_000_000, Ordering::Relaxed);
    let mut guest = Guest::new(options.lines_per_second(1).clock(clock), WRITE);
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
    let (lines, options) = kept();
    let (_, clock) = clock();
    let host = host([options.lines_per_second(1).clock(clock).into()]);
    for _ in 0..3 {
        let mut guest = Guest::of(&host, WRITE);
        write(&mut guest, "x", &BTreeMap::new()).unwrap();
        write(&mut guest, "x", &BTreeMap::new()).unwrap_err();
    }
    assert_eq!(lines.lock().unwrap().len(), 3);
}

#[test]
fn a_host_may_let_nothing_through() {
    let (lines, options) = kept();
    let mut guest = Guest::new(options.lines_per_second(0), WRITE);
    assert_eq!(write(&mut guest, "x", &BTreeMap::new()).unwrap_err().code, "rate_limited");
    assert!(lines.lock().unwrap().is_empty());
}

#[test]
fn a_module_without_a_sink_is_an_error_at_build() {
    let error = Registry::builder().module(log::module()).build().unwrap_err();
    assert_eq!(
        error.to_string(),
        "H0108 module `log`: it has nowhere to write to; say where: `log::module().to(|record| eprintln!(\"{record}\"))`"
    );
}
