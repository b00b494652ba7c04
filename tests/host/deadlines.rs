//! When a guest whose time is up is stopped.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use hostfn::abi::Value;
use hostfn::{Error, Grants, Host, HostFn, Instance, Interrupt, Limits, host_fn};
use test_support::probe::{Probe, answer, export, guest, registry};

fn looping(time: Duration) -> Instance {
    let mut limits = Limits::default();
    limits.time = time;
    let host = Host::builder(registry(&[])).limits(limits).build().unwrap();
    let wasm = guest(&[], &export("run", "(loop $again (br $again))", "(i64.const 0)"));
    host.load("probe", &wasm).unwrap().instantiate(&Grants::none()).unwrap()
}

/// Returns how much later than its limit a guest that loops is stopped.
fn lateness(time: Duration) -> Duration {
    let mut instance = looping(time);
    let start = Instant::now();
    let error = instance.call::<_, ()>("run", ()).unwrap_err();
    let took = start.elapsed();
    assert!(matches!(error, Error::TimedOut { .. }), "{error:?}");
    assert!(took >= time, "stopped after {took:?} of {time:?}");
    took.saturating_sub(time)
}

/// A clock that counts its own ticks is late by what each of them was late, which adds up: on a busy machine by
/// hundreds of milliseconds in a few seconds. One wake-up is late by the scheduler's latency alone.
#[test]
fn deadline_on_a_busy_machine_does_not_drift() {
    const MOST: Duration = Duration::from_millis(100);
    let done = AtomicBool::new(false);
    let late = thread::scope(|scope| {
        let cores = thread::available_parallelism().map_or(2, usize::from).min(8);
        for _ in 0..2 * cores {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    std::hint::spin_loop();
                }
            });
        }
        // one of several: what else runs on this machine makes any one of them late
        let mut late = Vec::new();
        while late.len() < 5 && late.last().is_none_or(|late| *late >= MOST) {
            late.push(lateness(Duration::from_secs(2)));
        }
        done.store(true, Ordering::Relaxed);
        late
    });
    assert!(late.last().is_some_and(|late| *late < MOST), "{late:?}");
}

#[test]
fn deadline_is_never_early() {
    for millis in [1, 3, 10, 11, 25] {
        lateness(Duration::from_millis(millis));
    }
}

/// Returns how many milliseconds of its time the guest has left.
#[host_fn(capability = none)]
fn left(#[state] interrupt: &mut Interrupt) -> u64 {
    u64::try_from(interrupt.time_left().as_millis()).unwrap_or(u64::MAX)
}

/// The deadline of a call counts from the first look at it, which a host function may take: for each call.
#[test]
fn deadline_that_a_host_function_reads_is_of_its_call() {
    let mut limits = Limits::default();
    limits.time = Duration::from_secs(5);
    let host = Host::builder(registry(&[left::SPEC])).limits(limits);
    let host = host.state("interrupt", |cx| Ok::<_, Error>(cx.interrupt().clone())).build().unwrap();
    let plugin = host.load("probe", &Probe::new("left", b"").wasm()).unwrap();
    let mut instance = plugin.instantiate(&Grants::none()).unwrap();
    for _ in 0..2 {
        let (_, reply) = answer(&mut instance);
        let Some(Value::Unsigned(left)) = reply else { panic!("{reply:?}") };
        assert!((4_000..=5_000).contains(&left), "{left} ms");
        thread::sleep(Duration::from_millis(20));
    }
}
