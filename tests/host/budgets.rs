//! A function's own budgets.

use hostfn::abi::Value;
use hostfn::{Grants, Host, HostError, HostFn, Instance, Limits, Status, host_fn};
use test_support::probe::{Probe, bare_guest, expect_word, export, host, message, registry};

use crate::start;

/// Returns how many bytes there are.
#[host_fn(capability = none, max_args = "1 KiB")]
fn length(data: &[u8]) -> usize {
    data.len()
}

/// The number of times it ran.
#[derive(Default)]
struct Runs(u32);

/// Answer with so many bytes.
#[host_fn(capability = none, max_reply = "1 KiB")]
fn bytes(#[state] runs: &mut Runs, count: usize) -> Vec<u8> {
    runs.0 += 1;
    vec![7; count]
}

/// So many bytes, as many as the limits of the host allow.
#[host_fn(capability = none)]
fn many(count: usize) -> Vec<u8> {
    vec![7; count]
}

/// Do nothing, three times at most.
#[host_fn(capability = none, quota = 3)]
fn three_times() {}

/// Do nothing, once.
#[host_fn(capability = none, quota = 1)]
fn once() {}

fn with_runs(limits: Limits) -> Host {
    Host::builder(registry(&[length::SPEC, bytes::SPEC]))
        .state("runs", |_| Ok::<_, hostfn::Error>(Runs::default()))
        .limits(limits)
        .build()
        .unwrap()
}

fn exceeded((status, reply): &(Status, Option<Value>)) -> String {
    assert_eq!(*status, Status::QUOTA_EXCEEDED);
    message(reply.as_ref())
}

#[test]
fn arguments_are_counted_before_they_are_decoded() {
    let ask = |probe: Probe| probe.ask(&with_runs(Limits::default()), &Grants::none());
    // an array of one `bin 16`: four bytes more than its content
    let args = |len: usize| Probe::with("length", (serde_bytes::Bytes::new(&vec![1; len - 4]),));
    assert_eq!(ask(args(1024)), (Status::OK, Some(Value::Unsigned(1020))));
    assert_eq!(exceeded(&ask(args(1025))), "more than 1024 bytes of arguments");
    assert_eq!(
        exceeded(&ask(Probe::new("length", b"\xc1").range(1024, 1025))),
        "more than 1024 bytes of arguments"
    );
    assert_eq!(ask(Probe::new("length", b"\xc1").range(1024, 1024)).0, Status::BAD_INPUT);
}

#[test]
fn a_reply_too_large_is_refused_after_the_function_ran() {
    // `bin 16`: three bytes more than its content
    for (len, ok) in [(1024, true), (1025, false), (100_000, false)] {
        for window in [0, 200_000] {
            let probe = Probe::with("bytes", (len - 3,)).window(8192, window);
            let host = with_runs(Limits::default());
            let reply = probe.ask(&host, &Grants::none());
            if ok {
                assert_eq!(reply.0, Status::OK);
            } else {
                assert_eq!(exceeded(&reply), "more than 1024 bytes of reply");
            }
            let mut instance = probe.start(&host, &Grants::none());
            let _ = instance.call::<_, Value>("run", ());
            assert_eq!(instance.state::<Runs>().unwrap().0, 1);
        }
    }
}

/// The instance pays for a reply that the host holds, because the guest has no room for it.
#[test]
fn a_reply_beyond_the_memory_limit_is_refused() {
    let mut limits = Limits::default();
    (limits.memory, limits.args, limits.reply) = (4 << 20, 1 << 16, 4 << 20);
    let host = Host::builder(registry(&[many::SPEC])).limits(limits).build().unwrap();
    let ask = |count: u32| Probe::with("many", (count,)).ask(&host, &Grants::none()).0;
    assert_eq!(ask(1 << 20), Status::NO_ROOM);
    assert_eq!(ask((4 << 20) - 64), Status::QUOTA_EXCEEDED);
}

#[test]
fn the_smaller_of_both_limits_holds() {
    let mut limits = Limits::default();
    (limits.args, limits.reply) = (100, 100);
    let host = with_runs(limits);
    let args = Probe::new("length", b"").range(1024, 101);
    assert_eq!(exceeded(&args.ask(&host, &Grants::none())), "more than 100 bytes of arguments");
    let reply = Probe::with("bytes", (100,));
    assert_eq!(exceeded(&reply.ask(&host, &Grants::none())), "more than 100 bytes of reply");
}

fn call(name: &str) -> String {
    format!("(call ${name} (i32.const 0) (i32.const 0))")
}

/// Three calls that are answered, and two that are not.
fn three_and_no_more() -> String {
    let (ok, no) = (Status::OK, Status::QUOTA_EXCEEDED);
    [ok, ok, ok, no, no].map(|status| expect_word(&call("three_times"), status)).concat()
}

fn run(instance: &mut Instance) {
    instance.call::<_, ()>("run", ()).unwrap();
}

#[test]
fn a_quota_starts_anew_with_each_call_from_the_host() {
    // without an allocator that gives any room, the words have no error replies
    let body = export("run", &three_and_no_more(), "(i64.const 0)");
    let wasm = bare_guest(&["three_times"], &body);
    let plugin = host(&[three_times::SPEC]).load("probe", &wasm).unwrap();
    let mut instance = plugin.instantiate(&Grants::none()).unwrap();
    run(&mut instance);
    run(&mut instance);
    run(&mut plugin.instantiate(&Grants::none()).unwrap());
}

#[test]
fn each_function_has_a_quota_of_its_own() {
    let once_and_no_more =
        [Status::OK, Status::QUOTA_EXCEEDED].map(|status| expect_word(&call("once"), status)).concat();
    let body = export("run", &(three_and_no_more() + &once_and_no_more), "(i64.const 0)");
    let wasm = bare_guest(&["three_times", "once"], &body);
    run(&mut start(&[three_times::SPEC, once::SPEC], &wasm));
}

#[test]
fn the_start_has_one_quota_for_all_of_it() {
    let ok = expect_word(&call("once"), Status::OK);
    let no = expect_word(&call("once"), Status::QUOTA_EXCEEDED);
    let body = format!(
        r#"(func $start {ok}) (start $start)
        (func (export "_initialize") {no})
        (func (export "plugin_init") (result i32) {no} i32.const 0)"#
    );
    let wasm = bare_guest(&["once"], &(body + &export("run", &ok, "(i64.const 0)")));
    run(&mut start(&[once::SPEC], &wasm));
}

#[test]
fn a_guest_that_calls_itself_through_the_host_gets_no_further() {
    let alloc = format!(
        r#"(func (export "plugin_alloc") (param i32) (result i32) {} i32.const 0)"#,
        expect_word(&call("once"), Status::QUOTA_EXCEEDED)
    );
    let body = expect_word(&call("once"), Status::OK) + "(drop (call $host_alloc (i32.const 8)))";
    let wasm = bare_guest(&["once"], &(alloc + &export("run", &body, "(i64.const 0)")));
    run(&mut start(&[once::SPEC], &wasm));
}

/// An error with a message of this length.
#[derive(Debug)]
struct Talkative(usize);

impl std::fmt::Display for Talkative {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&"x".repeat(self.0))
    }
}

impl HostError for Talkative {
    fn code(&self) -> &'static str {
        "talkative"
    }
}

/// Fail with a message of this length.
#[host_fn(capability = none, max_reply = "1 B")]
fn talk(length: usize) -> Result<(), Talkative> {
    Err(Talkative(length))
}

#[test]
fn an_error_reply_has_64_kib_of_its_own() {
    let host = host(&[talk::SPEC]);
    let ask = |len: usize| Probe::with("talk", (len,)).ask(&host, &Grants::none());
    let (status, reply) = ask(60_000);
    assert_eq!((status, message(reply.as_ref()).len()), (Status::FAILED, 60_000));
    assert_eq!(ask(70_000), (Status::FAILED, None), "it is dropped, and the status stands");
}
