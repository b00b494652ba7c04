//! Limits on refused calls, one guest for each kind of refusal.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use hostfn::engine::MissingCapability;
use hostfn::error::Limit;
use hostfn::observe::{Event, EventKind, Observer, Phase};
use hostfn::testing::MockHost;
use hostfn::{Error, Grants, Host, HostError, HostFn, Limits, Registry, Status, capabilities, host_fn};
use test_support::probe::{export, guest, registry};

capabilities! {
    /// Something that nobody is granted.
    pub NEVER = "never";
    /// Read files beneath granted directories.
    pub READ = "read" in path;
}

/// Nothing.
#[host_fn(capability = NEVER)]
fn never() {}

/// Read a file.
#[host_fn(capability = READ(path))]
fn read(path: &str) -> Result<(), Closed> {
    if path.is_empty() { Ok(()) } else { Err(Closed) }
}

/// Nothing, rarely.
#[host_fn(capability = none, quota = 2)]
fn rarely() {}

/// Weigh.
#[host_fn(capability = none, max_args = "100 B")]
fn weigh(data: &[u8]) -> usize {
    data.len()
}

/// Break.
#[host_fn(capability = none)]
fn broken() {
    panic!("on purpose");
}

/// The function itself denies it.
#[derive(Debug, HostError)]
#[status(no_capability)]
struct Closed;

impl std::fmt::Display for Closed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("closed")
    }
}

/// Counts host calls and log lines.
#[derive(Clone, Default)]
struct Count(Arc<AtomicU32>);

impl Observer for Count {
    fn observe(&self, event: &Event<'_>) {
        if matches!(event.what, EventKind::HostCall(_) | EventKind::BadLog { .. }) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn wants(&self, _: Phase) -> bool {
        false
    }
}

const MOST: u32 = 50;

fn functions() -> Registry {
    registry(&[never::SPEC, read::SPEC, rarely::SPEC, weigh::SPEC, broken::SPEC])
}

fn limits() -> Limits {
    let mut limits = Limits::default();
    (limits.refusals, limits.log_lines) = (MOST, MOST);
    limits
}

fn grants() -> Grants {
    Grants::none().allow_within(&READ, ["/data/**"]).unwrap()
}

fn host(count: &Count) -> Host {
    let builder = Host::builder(functions()).limits(limits()).missing(MissingCapability::Deny);
    builder.observer(count.clone()).build().unwrap()
}

/// `["/data"]` at 1024, `["/data/a"]` at 1040.
const DATA: &str = r#"(data (i32.const 1024) "\91\a5/data") (data (i32.const 1040) "\91\a7/data/a")"#;

fn calls(body: &str) -> Vec<u8> {
    let body = DATA.to_owned() + &export("run", body, "(i64.const 0)");
    guest(&["never", "read", "rarely", "weigh", "broken"], &body)
}

/// Every way to be refused: a call of each.
const WAYS: [(&str, &str); 8] = [
    ("not granted", "(drop (call $never (i32.const 0) (i32.const 0)))"),
    ("out of scope", "(drop (call $read (i32.const 1024) (i32.const 7)))"),
    ("denied by the function", "(drop (call $read (i32.const 1040) (i32.const 9)))"),
    ("malformed", "(drop (call $weigh (i32.const 0) (i32.const 8)))"),
    ("out of range", "(drop (call $weigh (i32.const -8) (i32.const 64)))"),
    ("too many bytes", "(drop (call $weigh (i32.const 0) (i32.const 101)))"),
    ("too many calls", "(drop (call $rarely (i32.const 0) (i32.const 0)))"),
    ("a failure of the host", "(drop (call $broken (i32.const 0) (i32.const 0)))"),
];

fn run(host: &Host, wasm: &[u8], waits: bool) -> Result<(), Error> {
    let plugin = host.load("probe", wasm).unwrap();
    if waits {
        return pollster::block_on(async {
            let mut instance = plugin.instantiate_async(&grants()).await.unwrap();
            instance.call_async::<_, ()>("run", ()).await
        });
    }
    plugin.instantiate(&grants()).unwrap().call::<_, ()>("run", ())
}

#[test]
fn refusals_without_end_stop_the_guest() {
    for (way, call) in WAYS {
        for waits in [false, true] {
            let count = Count::default();
            let error =
                run(&host(&count), &calls(&format!("(loop $more {call} (br $more))")), waits).unwrap_err();
            assert!(matches!(error, Error::Exhausted { limit: Limit::Refusals, .. }), "{way}: {error:?}");
            assert_eq!(count.0.load(Ordering::Relaxed), MOST + 1, "{way}");
        }
    }
}

#[test]
fn refusals_of_all_functions_count_together() {
    let all: String = WAYS.iter().take(6).map(|(_, call)| *call).collect();
    let count = Count::default();
    let error = run(&host(&count), &calls(&format!("(loop $more {all} (br $more))")), false).unwrap_err();
    assert!(matches!(error, Error::Exhausted { limit: Limit::Refusals, .. }), "{error:?}");
    assert_eq!(count.0.load(Ordering::Relaxed), MOST + 1);
    assert_eq!(
        error.to_string(),
        "H0411 probe.run: the guest used up its refusals; give it more with `Limits::refusals`"
    );
}

#[test]
fn refusals_within_the_limit_leave_the_guest_running() {
    let call = WAYS[0].1;
    let count = Count::default();
    let wasm = calls(&call.repeat(MOST as usize));
    let plugin = host(&count).load("probe", &wasm).unwrap();
    let mut instance = plugin.instantiate(&grants()).unwrap();
    for _ in 0..3 {
        instance.call::<_, ()>("run", ()).unwrap();
    }
    assert_eq!(count.0.load(Ordering::Relaxed), 3 * MOST);
}

#[test]
fn log_lines_without_a_range_stop_the_guest() {
    let count = Count::default();
    let line = "(call $log (i32.const 2) (i32.const -1) (i32.const 10))";
    let error = run(&host(&count), &calls(&format!("(loop $more {line} (br $more))")), false).unwrap_err();
    assert!(matches!(error, Error::Exhausted { .. }), "{error:?}");
    assert_eq!(count.0.load(Ordering::Relaxed), MOST);
}

#[test]
fn mock_refusals_without_end_panic() {
    let mock = MockHost::builder(functions()).grants(&Grants::none()).limits(limits()).build().unwrap();
    let call = || mock.call::<_, ()>("host", "never", ()).unwrap_err().status;
    for _ in 0..MOST {
        assert_eq!(call(), Status::NO_CAPABILITY);
    }
    mock.begin();
    for _ in 0..MOST {
        assert_eq!(call(), Status::NO_CAPABILITY);
    }
    let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(call)).unwrap_err();
    let message = panic.downcast_ref::<String>().unwrap();
    assert_eq!(message, "H0411 more than 50 calls were refused or failed, and a host stops the guest here");
}

#[test]
fn mock_call_keeps_the_value_that_was_matched() {
    let mock = MockHost::builder(functions()).grants(&grants()).build().unwrap();
    let inner = mock.clone();
    mock.answers("host", "read", move |(path,): (String,)| {
        if path == "/data/outer" {
            inner.call::<_, usize>("host", "weigh", (serde_bytes::Bytes::new(b"1"),)).unwrap();
            let _ = inner.call::<_, ()>("host", "read", ("/deny",));
        }
    });
    mock.call::<_, ()>("host", "read", ("/data/outer",)).unwrap();
    let values: Vec<_> = mock.calls().into_iter().map(|call| (call.name, call.scope_value)).collect();
    let text = |text: &str| Some(text.to_owned());
    assert_eq!(values, [("weigh", None), ("read", text("/deny")), ("read", text("/data/outer"))]);
}
