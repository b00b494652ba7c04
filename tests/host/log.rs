//! `host_log`: section 2 of the ABI.

use hostfn::{Grants, Host};
use test_support::probe::{Record, export, guest, registry};

const MEMORY: i64 = 4 * 65_536;

/// Returns what is recorded of a guest that has this data and logs these ranges, each with its level.
fn logged(data: &str, lines: &[(i32, i64, i64)]) -> Vec<String> {
    let record = Record::default();
    let host = Host::builder(registry(&[])).observer(record.clone()).build().unwrap();
    run(&host, data, lines);
    record.take()
}

fn run(host: &Host, data: &str, lines: &[(i32, i64, i64)]) {
    let log = |(level, ptr, len): &(i32, i64, i64)| {
        format!("(call $log (i32.const {level}) (i32.const {ptr}) (i32.const {len}))")
    };
    let body: String = lines.iter().map(log).collect();
    let wasm = guest(&[], &(data.to_owned() + &export("run", &body, "(i64.const 0)")));
    let plugin = host.load("probe", &wasm).unwrap();
    plugin.instantiate(&Grants::none()).unwrap().call::<_, ()>("run", ()).unwrap();
}

#[test]
fn every_number_is_a_level() {
    let lines = logged(
        r#"(data (i32.const 0) "line")"#,
        &[0, 1, 2, 3, 4, 5, -1, i32::MAX, i32::MIN].map(|level| (level, 0, 4)),
    );
    let levels = ["trace", "debug", "info", "warn", "error", "info", "info", "info", "info"];
    assert_eq!(lines, levels.map(|level| format!("probe says {level}: line")));
}

#[test]
fn bytes_that_are_no_text_are_read_as_far_as_they_go() {
    let lines = logged(r#"(data (i32.const 0) "a\ffb\c3\9f\c3")"#, &[(2, 0, 6), (2, 0, 0)]);
    assert_eq!(lines, ["probe says info: a\u{fffd}bß\u{fffd}", "probe says info: "]);
}

#[test]
fn a_line_is_cut_at_64_kib() {
    const LONGEST: i64 = 65_536;
    let text = |line: &str| line.strip_prefix("probe says info: ").unwrap().to_owned();
    let all_a = format!("(data (i32.const 0) \"{}\")", "a".repeat(70_000));
    let lens = [LONGEST - 1, LONGEST, LONGEST + 1, MEMORY].map(|len| (2, 0, len));
    let lines: Vec<_> = logged(&all_a, &lens).iter().map(|line| text(line).len()).collect();
    assert_eq!(lines, [65_535, 65_536, 65_536, 65_536]);

    let split = format!("(data (i32.const 0) \"{}ß\")", "a".repeat(65_535));
    let [line] = &*logged(&split, &[(2, 0, LONGEST + 1)]) else { panic!("one line") };
    assert!(text(line).ends_with("a\u{fffd}"), "half a letter is no letter");
}

/// Ranges that are not all inside the memory.
const BAD: [(i32, i64, i64); 4] = [(2, MEMORY, 1), (2, MEMORY - 1, 2), (2, 1, MEMORY), (2, -1, 4)];

#[test]
fn a_bad_range_is_a_fault_and_never_a_trap() {
    let lines = logged("", &BAD);
    assert_eq!(lines, BAD.map(|_| "probe host.host_log: the line's range is not inside the memory"));
}

#[test]
fn nobody_needs_to_listen() {
    run(&test_support::probe::host(&[]), r#"(data (i32.const 0) "line")"#, &[(2, 0, 4)]);
    run(&test_support::probe::host(&[]), "", &BAD);
}
