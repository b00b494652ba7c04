//! Handles on an instance that one owner runs.

use std::pin::pin;
use std::task::{Context, Waker};
use std::thread;

use hostfn::error::{Code, Limit};
use hostfn::observe::{Phase, Recorder};
use hostfn::state::Shared;
use hostfn::{Error, Grants, Host, HostFn, Instance, Limits, host_fn};
use test_support::probe::{Record, export, guest, registry};

/// Write down that it ran.
#[host_fn(capability = none)]
async fn note(#[state] record: Shared<Record>) {
    std::future::ready(()).await;
    record.add("ran");
}

/// A state that says when it is closed.
struct Held(Record);

fn instance(record: &Record, limits: Limits) -> Instance {
    watched(record, limits, Recorder::new())
}

fn watched(record: &Record, limits: Limits, recorder: Recorder) -> Instance {
    let held = record.clone();
    let host = Host::builder(registry(&[note::SPEC]))
        .observer(recorder)
        .shared("record", record.clone())
        .state("held", move |_| Ok::<_, Error>(Held(held.clone())))
        .on_close(|held: Held| {
            held.0.add("closed");
            Err("it would not close")
        })
        .limits(limits)
        .build()
        .unwrap();
    let body = [
        export("note", "(drop (call $note (i32.const 0) (i32.const 0)))", "(i64.const 0)"),
        export("forever", "(loop $l (br $l))", "(i64.const 0)"),
        // a result of one byte, a number
        "(data (i32.const 64) \"\\07\")".to_owned(),
        export("seven", "(call $set_result (i32.const 64) (i32.const 1))", "(i64.const 0x100000000)"),
    ];
    let plugin = host.load("probe", &guest(&["note"], &body.concat())).unwrap();
    pollster::block_on(plugin.instantiate_async(&Grants::none())).unwrap()
}

#[test]
fn calls_come_from_any_thread_and_run_in_turn() {
    let record = Record::default();
    let (handle, owner) = instance(&record, Limits::default()).into_handle();
    let running = thread::spawn(|| pollster::block_on(owner));
    let threads: Vec<_> = (0..8)
        .map(|_| {
            let handle = handle.clone();
            thread::spawn(move || {
                for _ in 0..10 {
                    assert_eq!(pollster::block_on(handle.call::<_, u8>("seven", ())).unwrap(), 7);
                    handle.post("note", ()).unwrap();
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    pollster::block_on(handle.wait_idle()).unwrap();
    assert_eq!(record.take().len(), 80);
    let id = pollster::block_on(handle.with(|instance| instance.id())).unwrap();
    assert_eq!(id, handle.id());

    let error = pollster::block_on(handle.close()).unwrap_err();
    assert_eq!(error.code(), Code::CloseFailed);
    pollster::block_on(handle.close()).unwrap();
    running.join().unwrap().unwrap();
    assert_eq!(record.take(), ["closed"]);
    for error in [
        pollster::block_on(handle.call::<_, u8>("seven", ())).unwrap_err(),
        pollster::block_on(handle.wait_idle()).unwrap_err(),
        handle.post("note", ()).unwrap_err(),
    ] {
        assert!(matches!(error, Error::Closed { ref plugin } if plugin == "probe"), "{error:?}");
    }
}

#[test]
fn what_is_posted_may_reply_anything_and_its_errors_are_told() {
    let recorder = Recorder::new();
    let (handle, owner) = watched(&Record::default(), Limits::default(), recorder.clone()).into_handle();
    for export in ["note", "seven", "nothing"] {
        handle.post(export, ()).unwrap();
    }
    drop(handle);
    pollster::block_on(owner).unwrap_err();
    let calls = recorder.take().into_iter().filter(|record| record.phase == Some(Phase::Call));
    let told: Vec<_> = calls.map(|record| (record.export.unwrap(), record.error)).collect();
    let told: Vec<_> = told.iter().map(|(export, error)| (export.as_str(), error.as_deref())).collect();
    assert_eq!(told, [("note", None), ("seven", None), ("nothing", Some("H0403"))]);
}

#[test]
fn work_whose_caller_is_gone_is_skipped() {
    let record = Record::default();
    let (handle, owner) = instance(&record, Limits::default()).into_handle();
    let mut cx = Context::from_waker(Waker::noop());
    {
        let mut gone = pin!(handle.call::<_, ()>("note", ()));
        assert!(gone.as_mut().poll(&mut cx).is_pending());
    }
    handle.post("note", ()).unwrap();
    drop(handle);
    let error = pollster::block_on(owner).unwrap_err();
    assert_eq!(error.code(), Code::CloseFailed, "nobody else was told");
    assert_eq!(record.take(), ["ran", "closed"]);
}

#[test]
fn closing_stops_the_running_call_and_answers_those_that_wait() {
    let record = Record::default();
    let (handle, owner) = instance(&record, Limits::default()).into_handle();
    let mut cx = Context::from_waker(Waker::noop());
    let mut running = pin!(handle.call::<_, ()>("forever", ()));
    let mut waiting = pin!(handle.call::<_, ()>("note", ()));
    assert!(running.as_mut().poll(&mut cx).is_pending());
    assert!(waiting.as_mut().poll(&mut cx).is_pending());
    let owner = thread::spawn(|| pollster::block_on(owner));
    assert_eq!(pollster::block_on(handle.close()).unwrap_err().code(), Code::CloseFailed);
    let error = pollster::block_on(running).unwrap_err();
    assert!(matches!(error, Error::Cancelled { .. } | Error::Closed { .. }), "{error:?}");
    assert_eq!(pollster::block_on(waiting).unwrap_err().code(), Code::Closed);
    owner.join().unwrap().unwrap();
    assert_eq!(record.take(), ["closed"]);
}

#[test]
fn spawn_thread_drives_the_instance_until_it_ends() {
    let record = Record::default();
    let (handle, driver) = instance(&record, Limits::default()).into_handle();
    let thread = driver.spawn_thread("plugin-probe").unwrap();
    assert_eq!(thread.thread().name(), Some("plugin-probe"));
    assert_eq!(pollster::block_on(handle.call::<_, u8>("seven", ())).unwrap(), 7);
    drop(handle);
    assert_eq!(thread.join().unwrap().unwrap_err().code(), Code::CloseFailed);
    assert_eq!(record.take(), ["closed"]);
}

#[test]
fn only_so_much_waits() {
    let mut limits = Limits::default();
    limits.queued = 2;
    let (handle, owner) = instance(&Record::default(), limits).into_handle();
    handle.post("note", ()).unwrap();
    handle.post("note", ()).unwrap();
    let error = handle.post("note", ()).unwrap_err();
    assert!(matches!(error, Error::Exhausted { limit: Limit::Queue, .. }), "{error:?}");
    let owner = thread::spawn(|| pollster::block_on(owner));
    pollster::block_on(handle.wait_idle()).unwrap();
    handle.post("note", ()).unwrap();
    drop(handle);
    owner.join().unwrap().unwrap_err();
}

#[test]
fn an_owner_that_is_given_up_closes_the_instance() {
    let record = Record::default();
    let (handle, owner) = instance(&record, Limits::default()).into_handle();
    drop(owner);
    assert_eq!(record.take(), ["closed"]);
    assert_eq!(pollster::block_on(handle.call::<_, u8>("seven", ())).unwrap_err().code(), Code::Closed);
}

#[tokio::test]
async fn it_works_under_tokio() {
    let record = Record::default();
    let host_instance = instance_on_tokio(&record).await;
    let (handle, owner) = host_instance.into_handle();
    let owner = tokio::spawn(owner);
    let calls: Vec<_> = (0..8)
        .map(|_| {
            let handle = handle.clone();
            tokio::spawn(async move { handle.call::<_, u8>("seven", ()).await })
        })
        .collect();
    for call in calls {
        assert_eq!(call.await.unwrap().unwrap(), 7);
    }
    assert_eq!(handle.close().await.unwrap_err().code(), Code::CloseFailed);
    owner.await.unwrap().unwrap();
}

async fn instance_on_tokio(record: &Record) -> Instance {
    let record = record.clone();
    tokio::task::spawn_blocking(move || instance(&record, Limits::default())).await.unwrap()
}
