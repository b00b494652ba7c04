//! When a guest whose time is up is stopped.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use hostfn::{Error, Grants, Host, Instance, Limits};
use test_support::probe::{export, guest, registry};

fn looping(time: Duration) -> Instance {
    let mut limits = Limits::default();
    limits.time = time;
    let host = Host::builder(registry(&[])).limits(limits).build().unwrap();
    let wasm = guest(&[], &export("run", "(loop $again (br $again))", "(i64.const 0)"));
    host.load("probe", &wasm).unwrap().instantiate(&Grants::none()).unwrap()
}

/// How much later than its limit a guest that loops is stopped.
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
