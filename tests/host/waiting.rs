//! Instances that can wait.

use std::future::{pending, poll_fn};
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use hostfn::error::Code;
use hostfn::state::Shared;
use hostfn::{Error, Grants, Host, HostFn, Instance, Limits, Plugin, capabilities, host_fn};
use test_support::probe::{Probe, Record, export, guest, registry, text};

capabilities! {
    /// Meet others.
    pub MEET = "meet";
}

/// The number of arrivals.
#[derive(Default)]
struct Meeting(AtomicU32);

/// Wait until so many have come.
#[host_fn(capability = MEET)]
async fn meet(#[state] meeting: Shared<Meeting>, count: u32) -> u32 {
    meeting.0.fetch_add(1, Ordering::SeqCst);
    poll_fn(|cx| {
        let come = meeting.0.load(Ordering::SeqCst);
        if come >= count {
            return Poll::Ready(come);
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await
}

/// Wait for ever.
#[host_fn(capability = MEET)]
async fn never(#[state] record: Shared<Record>) {
    struct Gone(Shared<Record>);
    impl Drop for Gone {
        fn drop(&mut self) {
            self.0.add("the wait is over");
        }
    }
    record.add("it waits");
    let _gone = Gone(record);
    pending::<()>().await;
}

/// Wait for ever, and break when that is given up.
#[host_fn(capability = none)]
async fn never_and_break(#[state] record: Shared<Record>) {
    struct Breaks;
    impl Drop for Breaks {
        fn drop(&mut self) {
            panic!("it broke when it was dropped");
        }
    }
    record.add("it waits");
    let _breaks = Breaks;
    pending::<()>().await;
}

/// Polls until `never` waits: the guest may be left before that, to let others run.
fn poll_until_it_waits<T>(mut call: Pin<&mut impl Future<Output = T>>, record: &Record) {
    loop {
        assert!(call.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        let told = record.take();
        if !told.is_empty() {
            return assert_eq!(told, ["it waits"]);
        }
    }
}

/// Say it twice.
#[host_fn(capability = none)]
fn twice(said: &str) -> String {
    said.repeat(2)
}

/// Say it twice, in your own time.
#[host_fn(capability = none)]
async fn twice_later(said: String) -> String {
    std::future::ready(()).await;
    twice(&said)
}

/// Break, in your own time.
#[host_fn(capability = none)]
async fn break_later() {
    std::future::ready(()).await;
    panic!("it broke");
}

fn host(record: &Record, limits: Limits) -> Host {
    let specs =
        [meet::SPEC, never::SPEC, twice::SPEC, twice_later::SPEC, break_later::SPEC, never_and_break::SPEC];
    Host::builder(registry(&specs))
        .shared("meeting", Meeting::default())
        .shared("record", record.clone())
        .observer(record.clone())
        .limits(limits)
        .build()
        .unwrap()
}

fn grants() -> Grants {
    Grants::none().allow(&MEET)
}

fn waiting(plugin: &Plugin) -> Instance {
    pollster::block_on(plugin.instantiate_async(&grants())).unwrap()
}

fn probe(record: &Record, limits: Limits, probe: &Probe) -> Instance {
    waiting(&host(record, limits).load("probe", &probe.wasm()).unwrap())
}

#[test]
fn many_instances_make_progress_on_one_thread_while_they_wait() {
    let host = host(&Record::default(), Limits::default());
    let plugin = host.load("probe", &Probe::with("meet", (20_u32,)).window(4096, 64).wasm()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let answers = runtime.block_on(async {
        let tasks: Vec<_> = (0..20)
            .map(|_| {
                let plugin = plugin.clone();
                tokio::spawn(async move {
                    let mut instance = plugin.instantiate_async(&grants()).await?;
                    instance.call_async::<_, u32>("run", ()).await
                })
            })
            .collect();
        let mut answers = Vec::new();
        for task in tasks {
            answers.push(task.await.unwrap().unwrap());
        }
        answers
    });
    assert_eq!(answers, [20; 20]);
}

#[test]
fn a_guest_that_only_computes_lets_the_others_run() {
    let host = host(&Record::default(), Limits::default());
    let busy = host.load("busy", &guest(&[], &export("run", "(loop $l (br $l))", "(i64.const 0)"))).unwrap();
    let quick = host.load("quick", &guest(&[], &export("run", "", "(i64.const 0)"))).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let mut instance = busy.instantiate_async(&grants()).await.unwrap();
        let life = instance.lifetime().clone();
        let busy = tokio::spawn(async move { instance.call_async::<_, ()>("run", ()).await });
        tokio::task::yield_now().await;
        let mut instance = quick.instantiate_async(&grants()).await.unwrap();
        instance.call_async::<_, ()>("run", ()).await.unwrap();
        life.cancel();
        assert_eq!(busy.await.unwrap().unwrap_err().code(), Code::Cancelled);
    });
}

#[test]
fn replies_find_their_room_with_and_without_a_window() {
    for import in ["twice", "twice_later"] {
        let probe = Probe::with(import, ("four letters",));
        let grown = probe.clone().alloc(
            r"(drop (memory.grow (i32.const 1)))
            (i32.sub (i32.mul (memory.size) (i32.const 65536)) (local.get 0))",
        );
        let small = probe.clone().window(4096, 4);
        for probe in [probe.clone().window(4096, 64), probe.clone(), small, grown] {
            let mut instance = self::probe(&Record::default(), Limits::default(), &probe);
            for _ in 0..3 {
                let answer: hostfn::abi::Value = pollster::block_on(instance.call_async("run", ())).unwrap();
                assert_eq!(Some(answer), text("four lettersfour letters"));
            }
        }
        let mut instance = self::probe(&Record::default(), Limits::default(), &probe.no_alloc());
        let error = pollster::block_on(instance.call_async::<_, ()>("run", ())).unwrap_err();
        assert!(
            matches!(error, Error::Guest { status, .. } if status == hostfn::Status::NO_ROOM),
            "{error:?}"
        );
    }
}

#[test]
fn the_gate_and_a_panic_are_the_same_for_those_who_wait() {
    let record = Record::default();
    let host = Host::builder(registry(&[never::SPEC, break_later::SPEC]))
        .shared("record", record.clone())
        .observer(record.clone())
        .missing(hostfn::engine::MissingCapability::Deny)
        .build()
        .unwrap();
    let plugin = host.load("probe", &Probe::with("never", ()).wasm()).unwrap();
    let mut instance = pollster::block_on(plugin.instantiate_async(&Grants::none())).unwrap();
    let error = pollster::block_on(instance.call_async::<_, ()>("run", ())).unwrap_err();
    assert!(matches!(error, Error::Guest { status, .. } if status == hostfn::Status::NO_CAPABILITY));
    assert_eq!(record.take(), ["probe denied never meet: the capability `meet` is not granted"]);

    let plugin = host.load("probe", &Probe::with("break_later", ()).wasm()).unwrap();
    let mut instance = waiting(&plugin);
    let error = pollster::block_on(instance.call_async::<_, ()>("run", ())).unwrap_err();
    assert!(matches!(error, Error::Guest { status, .. } if status == hostfn::Status::INTERNAL));
    assert_eq!(record.take(), ["probe break_later panicked: it broke"]);
    assert!(instance.poison().is_some_and(|message| message.contains("it broke")));
}

#[test]
fn a_wait_ends_with_the_time_of_the_call() {
    let record = Record::default();
    let mut limits = Limits::default();
    limits.time = Duration::from_millis(300);
    let mut instance = probe(&record, limits, &Probe::new("never", b""));
    // without a runtime that keeps time
    let error = pollster::block_on(instance.call_async::<_, ()>("run", ())).unwrap_err();
    assert_eq!(error.code(), Code::TimedOut);
    let told = "probe host.never QUOTA_EXCEEDED (-2): the wait ended: its time is up";
    assert_eq!(record.take(), ["it waits", "the wait is over", told]);
}

#[test]
fn a_wait_ends_when_the_instance_is_told_to_end() {
    let record = Record::default();
    let mut instance = probe(&record, Limits::default(), &Probe::new("never", b""));
    let life = instance.lifetime().clone();
    let mut call = pin!(instance.call_async::<_, ()>("run", ()));
    poll_until_it_waits(call.as_mut(), &record);
    let other = std::thread::spawn(move || life.cancel());
    assert_eq!(pollster::block_on(call).unwrap_err().code(), Code::Cancelled);
    other.join().unwrap();
}

#[test]
fn wait_that_panics_when_dropped_is_contained() {
    let record = Record::default();
    let mut instance = probe(&record, Limits::default(), &Probe::new("never_and_break", b""));
    let life = instance.lifetime().clone();
    let mut call = pin!(instance.call_async::<_, ()>("run", ()));
    poll_until_it_waits(call.as_mut(), &record);
    life.cancel();
    assert_eq!(pollster::block_on(call).unwrap_err().code(), Code::Cancelled);
}

#[test]
fn a_call_that_is_given_up_leaves_the_instance_closed() {
    let record = Record::default();
    let mut instance = probe(&record, Limits::default(), &Probe::new("never", b""));
    {
        let call = pin!(instance.call_async::<_, ()>("run", ()));
        poll_until_it_waits(call, &record);
    }
    assert_eq!(
        record.take(),
        [
            "the wait is over",
            "probe host.never QUOTA_EXCEEDED (-2): the wait ended: it was cancelled",
            "probe run: H0412 probe.run: cancelled while it ran"
        ]
    );
    let error = pollster::block_on(instance.call_async::<_, ()>("run", ())).unwrap_err();
    assert_eq!(error.code(), Code::Closed);
    instance.close().unwrap();
}

#[test]
fn a_call_that_never_began_leaves_the_instance_as_it_was() {
    let mut instance =
        probe(&Record::default(), Limits::default(), &Probe::with("twice_later", ("a",)).window(4096, 64));
    drop(instance.call_async::<_, String>("run", ()));
    assert_eq!(pollster::block_on(instance.call_async::<_, String>("run", ())).unwrap(), "aa");
}

#[test]
fn the_wrong_kind_of_call_says_what_to_do() {
    let host = host(&Record::default(), Limits::default());
    let plugin = host.load("probe", &Probe::with("twice", ("a",)).window(4096, 64).wasm()).unwrap();
    let error = waiting(&plugin).call::<_, String>("run", ()).unwrap_err();
    assert_eq!(error.code(), Code::WrongCall);
    assert!(error.to_string().contains("use `call_async`"), "{error}");
    let mut instance = plugin.instantiate(&grants()).unwrap();
    let error = pollster::block_on(instance.call_async::<_, String>("run", ())).unwrap_err();
    assert_eq!(error.code(), Code::WrongCall);
    assert!(error.to_string().contains("`instantiate_async`"), "{error}");
    assert_eq!(instance.call::<_, String>("run", ()).unwrap(), "aa", "it is unharmed");

    let plugin = host.load("probe", &Probe::with("twice_later", ("a",)).wasm()).unwrap();
    let error = plugin.instantiate(&grants()).unwrap_err();
    assert_eq!(error.code(), Code::AsyncFunction);
    assert!(
        error.to_string().contains("make it by `instantiate_async` and call it by `call_async`"),
        "{error}"
    );
}

#[test]
fn a_start_that_waits_can_be_called_off() {
    let record = Record::default();
    let start = "(func $init (drop (call $never (i32.const 0) (i32.const 0)))) (start $init)";
    let plugin = host(&record, Limits::default()).load("probe", &guest(&["never"], start)).unwrap();
    let (grants, startup) = (grants(), hostfn::CancelToken::new());
    let mut starting = pin!(plugin.start(&grants).cancelled_by(&startup).run_async());
    poll_until_it_waits(starting.as_mut(), &record);
    startup.cancel();
    assert_eq!(pollster::block_on(starting).unwrap_err().code(), Code::Cancelled);
    let told = "probe host.never QUOTA_EXCEEDED (-2): the wait ended: it was cancelled";
    assert_eq!(record.take(), ["the wait is over", told]);
}
