use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use hostfn::Limits;
use hostfn::error::Code;

use super::{Host, Notes, RUST, grants};

#[test]
fn loop_ends_with_the_deadline() {
    let mut limits = Limits::default();
    limits.time = Duration::from_millis(200);
    let host = Host::with(|builder| builder.limits(limits));
    let mut plugin = host.load(&RUST, &grants()).unwrap();
    assert_eq!(plugin.call("spins", b"").unwrap_err().code(), Code::TimedOut);
    assert_eq!(plugin.call("hello", b"Ada").unwrap_err().code(), Code::CutOff);
}

#[test]
fn trap_is_reported_and_ends_the_instance() {
    let host = Host::new();
    let mut plugin = host.load(&RUST, &grants()).unwrap();
    let error = plugin.call("traps", b"").unwrap_err();
    assert_eq!(error.code(), Code::Trapped, "{error}");
    assert!(error.to_string().contains("unreachable"), "{error}");
    assert_eq!(plugin.call("hello", b"Ada").unwrap_err().code(), Code::CutOff);
}

#[test]
fn memory_is_limited() {
    let mut limits = Limits::default();
    limits.memory = 8 << 20;
    (limits.args, limits.reply) = (1 << 20, 1 << 20);
    limits.time = Duration::from_secs(20);
    let host = Host::with(|builder| builder.limits(limits));
    let mut plugin = host.load(&RUST, &grants()).unwrap();
    plugin.call("grows", &(1u64 << 20).to_le_bytes()).unwrap();
    let error = plugin.call("grows", &(64u64 << 20).to_le_bytes()).unwrap_err();
    assert_eq!(error.code(), Code::Exhausted, "{error}");
}

#[test]
fn quotas_are_whole_again_for_each_call() {
    let host = Host::new();
    let mut plugin = host.load(&RUST, &grants()).unwrap();
    let count = |bytes: Vec<u8>| u64::from_le_bytes(bytes.try_into().unwrap());
    assert_eq!(count(plugin.call("notes", &5u64.to_le_bytes()).unwrap()), 5);
    assert_eq!(count(plugin.call("notes", &5u64.to_le_bytes()).unwrap()), 10);
    let error = plugin.call("notes", &6u64.to_le_bytes()).unwrap_err();
    assert!(error.to_string().contains("quota_exceeded"), "{error}");
}

#[test]
fn closing_closes_states_and_refuses_calls() {
    let closed = Arc::new(AtomicU64::new(0));
    let seen = Arc::clone(&closed);
    let host = Host::with(|builder| {
        builder.on_close(move |notes: Notes| {
            seen.fetch_add(notes.0.len() as u64, Ordering::SeqCst);
            Ok::<_, std::io::Error>(())
        })
    });
    let mut plugin = host.load(&RUST, &grants()).unwrap();
    plugin.call("notes", &3u64.to_le_bytes()).unwrap();
    plugin.session().close().unwrap();
    assert_eq!(closed.load(Ordering::SeqCst), 3);
    assert_eq!(plugin.call("hello", b"Ada").unwrap_err().code(), Code::Closed);
    plugin.close().unwrap();
    assert_eq!(closed.load(Ordering::SeqCst), 3);
}

#[test]
fn cancelling_stops_a_running_call_from_another_thread() {
    let host = Host::new();
    let mut plugin = host.load(&RUST, &grants()).unwrap();
    let canceller = plugin.canceller();
    let (started, waits) = std::sync::mpsc::channel();
    let thread = std::thread::spawn(move || {
        started.send(()).unwrap();
        plugin.call("spins", b"").unwrap_err().code()
    });
    waits.recv().unwrap();
    // the call may not have begun: cancelled before it, it is refused
    while !thread.is_finished() {
        canceller.cancel();
        std::thread::yield_now();
    }
    let code = thread.join().unwrap();
    assert!(matches!(code, Code::Cancelled | Code::Closed), "{code:?}");
}
