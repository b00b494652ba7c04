//! Ends of instances.

use std::thread;

use hostfn::error::Code;
use hostfn::{CancelToken, Error, Grants, Host, HostFn, Plugin, host_fn};
use test_support::probe::{Record, export, guest, problems, registry};

/// A state that says when it is dropped.
struct Held<const N: usize>(Record);

impl<const N: usize> Drop for Held<N> {
    fn drop(&mut self) {
        self.0.add(format!("drop {N}"));
    }
}

/// Ends the instance that calls, and goes on.
#[host_fn(capability = none)]
fn stop(#[state] token: &CancelToken) {
    token.cancel();
}

/// Loops until it is stopped.
const FOREVER: &str = "(loop $forever (br $forever))";

fn body() -> String {
    [
        export("fine", "", "(i64.const 0)"),
        export("forever", FOREVER, "(i64.const 0)"),
        export(
            "stop",
            &format!("(drop (call $stop (i32.const 0) (i32.const 0))) {FOREVER}"),
            "(i64.const 0)",
        ),
    ]
    .concat()
}

fn plugin(record: &Record, third: fn(Record) -> Result<Held<3>, String>) -> Plugin {
    let [one, two, three] = [record.clone(), record.clone(), record.clone()];
    let closing = record.clone();
    let host = Host::builder(registry(&[stop::SPEC]))
        .state("token", |cx| Ok::<_, Error>(cx.lifetime().clone()))
        .state("one", move |_| Ok::<_, Error>(Held::<1>(one.clone())))
        .state("two", move |_| Ok::<_, Error>(Held::<2>(two.clone())))
        .state("three", move |_| third(three.clone()))
        .on_close(|held: Held<1>| {
            held.0.add("close 1");
            Err("one is stuck")
        })
        .on_close(move |held: Held<3>| -> Result<(), Error> {
            closing.add("close 3");
            std::mem::forget(held);
            panic!("three broke")
        })
        .build()
        .unwrap();
    host.load("probe", &guest(&["stop"], &body())).unwrap()
}

#[expect(clippy::unnecessary_wraps, reason = "what an initialiser returns")]
fn made(record: Record) -> Result<Held<3>, String> {
    Ok(Held(record))
}

#[test]
fn states_are_closed_in_reverse_and_every_error_is_told_once() {
    let record = Record::default();
    let mut instance = plugin(&record, made).instantiate(&Grants::none()).unwrap();
    instance.call::<_, ()>("fine", ()).unwrap();
    let error = instance.close().unwrap_err();
    let id = instance.id();
    assert_eq!(
        problems(&error),
        [
            format!(
                "H0415 state `one` of plugin `probe`, instance {id}: it could not be closed: one is stuck; \
                 fix the closer of the state"
            ),
            format!(
                "H0415 state `three` of plugin `probe`, instance {id}: it could not be closed: it panicked: \
                 three broke; fix the closer of the state"
            ),
        ]
    );
    assert_eq!(record.take(), ["close 3", "drop 2", "close 1", "drop 1"]);
    instance.close().unwrap();
    assert!(instance.state::<Held<1>>().is_none());
    assert!(matches!(instance.call::<_, ()>("fine", ()), Err(Error::Closed { plugin }) if plugin == "probe"));
    drop(instance);
    assert_eq!(record.take(), [""; 0]);
}

#[test]
fn dropping_an_instance_closes_it_quietly() {
    let record = Record::default();
    drop(plugin(&record, made).instantiate(&Grants::none()).unwrap());
    assert_eq!(record.take(), ["close 3", "drop 2", "close 1", "drop 1"]);
}

#[test]
fn an_initialiser_that_fails_closes_what_was_made_before_it() {
    let record = Record::default();
    let error = plugin(&record, |_| Err("no third".to_owned())).instantiate(&Grants::none()).unwrap_err();
    assert_eq!(error.code(), Code::StateFailed);
    assert!(error.to_string().contains("state `three`") && error.to_string().contains("no third"), "{error}");
    assert_eq!(record.take(), ["drop 2", "close 1", "drop 1"]);
}

#[test]
fn a_running_call_is_stopped_from_another_thread_and_from_within() {
    let plugin = plugin(&Record::default(), made);
    let mut instance = plugin.instantiate(&Grants::none()).unwrap();
    let life = instance.lifetime().clone();
    let other = thread::spawn(move || life.cancel());
    // ten seconds would be the limit of time
    let error = instance.call::<_, ()>("forever", ()).unwrap_err();
    other.join().unwrap();
    assert!(matches!(error, Error::Cancelled { .. } | Error::Closed { .. }), "{error:?}");
    assert_eq!(instance.call::<_, ()>("fine", ()).unwrap_err().code(), Code::Closed);

    let mut instance = plugin.instantiate(&Grants::none()).unwrap();
    let error = instance.call::<_, ()>("stop", ()).unwrap_err();
    assert!(matches!(error, Error::Cancelled { ref export, .. } if export == "stop"), "{error:?}");
}

#[test]
fn a_start_is_called_off_and_the_instances_life_is_another_matter() {
    let record = Record::default();
    let plugin = plugin(&record, made);
    let startup = CancelToken::new();
    let grants = Grants::none();
    let mut instance = plugin.start(&grants).cancelled_by(&startup).run().unwrap();
    startup.cancel();
    instance.call::<_, ()>("fine", ()).unwrap();
    drop(instance);
    record.take();
    let error = plugin.start(&grants).cancelled_by(&startup).run().unwrap_err();
    assert_eq!(error.code(), Code::Cancelled);
    assert_eq!(record.take(), [""; 0], "no initialiser ran");
}

#[test]
fn a_start_that_never_ends_is_called_off_by_an_initialiser_that_knows_better() {
    let record = Record::default();
    let state = record.clone();
    let host = Host::builder(registry(&[]))
        .state("last", move |cx| {
            cx.startup().cancel();
            Ok::<_, Error>(Held::<1>(state.clone()))
        })
        .build()
        .unwrap();
    let wasm = guest(&[], &format!("(func $start {FOREVER}) (start $start)"));
    let error = host.load("probe", &wasm).unwrap().instantiate(&Grants::none()).unwrap_err();
    assert_eq!(error.code(), Code::Cancelled);
    assert_eq!(record.take(), ["drop 1"]);
}

#[test]
fn a_closer_needs_a_state_and_a_state_has_one_closer() {
    let error = Host::builder(registry(&[]))
        .state("one", |_| Ok::<_, Error>(1_u8))
        .on_close(|_: u8| Ok::<_, Error>(()))
        .on_close(|_: u8| Ok::<_, Error>(()))
        .on_close(|_: u16| Ok::<_, Error>(()))
        .build()
        .unwrap_err();
    let codes: Vec<_> = error.problems().iter().map(hostfn::Problem::code).collect();
    assert_eq!(codes, [Code::CloserWithoutState, Code::DuplicateCloser]);
    assert!(error.to_string().contains("closer of `u16` (tests/host/closing.rs:"), "{error}");
}
