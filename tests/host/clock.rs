//! The thread that makes guests look at the time: one for all hosts, asleep while nothing runs.

use std::fs;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::{Duration, Instant};

use hostfn::{Error, Grants, Host, HostFn, Instance, Limits, host_fn};
use test_support::probe::{Probe, export, guest, registry};
use test_support::{alone, test_path};

/// With entries that return at once, and that never do.
fn start(time: Duration) -> Instance {
    let mut limits = Limits::default();
    limits.time = time;
    let host = Host::builder(registry(&[])).limits(limits).build().unwrap();
    let body =
        export("run", "", "(i64.const 0)") + &export("spin", "(loop $again (br $again))", "(i64.const 0)");
    host.load("probe", &guest(&[], &body)).unwrap().instantiate(&Grants::none()).unwrap()
}

/// Returns how often each clock thread of this process has slept.
fn sleeps() -> Vec<u64> {
    let threads = fs::read_dir("/proc/self/task").unwrap().map(|thread| thread.unwrap().path());
    let clocks = threads.filter(|thread| {
        fs::read_to_string(thread.join("comm")).is_ok_and(|name| name.trim_end() == "hostfn-clock")
    });
    let sleeps = clocks.map(|thread| {
        let status = fs::read_to_string(thread.join("status")).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:")).unwrap();
        line.trim().parse().unwrap()
    });
    sleeps.collect()
}

/// In a process of its own: other tests have hosts.
#[test]
fn idle_hosts_share_a_thread_that_sleeps() {
    if cfg!(not(target_os = "linux")) {
        return;
    }
    let run =
        alone(&test_path(module_path!(), "hosts_that_idle")).env("HOSTFN_TEST_IDLE", "1").output().unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stdout));
}

#[test]
fn hosts_that_idle() {
    if std::env::var_os("HOSTFN_TEST_IDLE").is_none() {
        return;
    }
    let mut instances: Vec<Instance> = (0..100).map(|_| start(Duration::from_millis(50))).collect();
    for round in 0..3 {
        for instance in &mut instances {
            instance.call::<_, ()>("run", ()).unwrap();
        }
        let (patience, mut before) = (Instant::now(), sleeps());
        assert_eq!(before.len(), 1);
        loop {
            thread::sleep(Duration::from_millis(500));
            let after = sleeps();
            if after == before {
                break;
            }
            assert!(patience.elapsed() < Duration::from_secs(20), "{round}: it wakes up without a call");
            before = after;
        }
        // a guest that loops is stopped in time all the same
        let began = Instant::now();
        let error = instances[round].call::<_, ()>("spin", ()).unwrap_err();
        assert!(matches!(error, Error::TimedOut { .. }), "{error:?}");
        assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
        instances[round] = start(Duration::from_millis(50));
    }
}

/// Never has an answer.
#[host_fn(capability = none)]
async fn silent() {
    std::future::pending::<()>().await;
}

/// An executor whose waker fails must not take the deadlines from other hosts.
#[test]
fn waker_that_panics_does_not_stop_the_clock() {
    struct Bad;
    impl Wake for Bad {
        fn wake(self: Arc<Self>) {
            panic!("this executor cannot be woken");
        }
    }
    let mut limits = Limits::default();
    limits.time = Duration::from_millis(30);
    let host = Host::builder(registry(&[silent::SPEC])).limits(limits).build().unwrap();
    let plugin = host.load("probe", &Probe::new("silent", b"").wasm()).unwrap();
    let mut waiting = pollster::block_on(plugin.instantiate_async(&Grants::none())).unwrap();
    let waker = Waker::from(Arc::new(Bad));
    let mut call = pin!(waiting.call_async::<_, ()>("run", ()));
    let began = Instant::now();
    let ended = loop {
        if let Poll::Ready(ended) = call.as_mut().poll(&mut Context::from_waker(&waker)) {
            break ended;
        }
        assert!(began.elapsed() < Duration::from_secs(20), "the call does not end");
        thread::yield_now();
    };
    assert!(ended.is_err());
    let error = start(Duration::from_millis(30)).call::<_, ()>("spin", ()).unwrap_err();
    assert!(matches!(error, Error::TimedOut { .. }), "{error:?}");
}
