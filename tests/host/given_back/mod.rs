//! A call ends in one of many ways. What it took is given back in each of them: memory, handles, its place among the
//! host's calls and in a queue.

mod functions;
mod guest;

use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use hostfn::abi::Value;
use hostfn::error::Code;
use hostfn::wasm::CutOff;
use hostfn::{Error, Instance, MemoryBudget, Plugin, Resources};

use self::functions::{grants, host};
use self::guest::{lost_handle, nothing, outcomes, waiting_outcomes, wasm};

/// The number of times each outcome is produced.
const TIMES: usize = 1_000;
/// A text that is charged: more than the 64 KiB that every buffer may have.
const CHARGED: usize = 100_000;

/// The status that the guest answered, or the code of the error.
fn label<T>(answer: &hostfn::Result<T>) -> String {
    match answer {
        Ok(_) => "OK".to_owned(),
        Err(Error::Guest { status, .. }) => status.name().unwrap_or("?").to_owned(),
        Err(error) => error.code().to_string(),
    }
}

/// Returns what an instance has taken: bytes, and open handles.
fn taken(instance: &Instance) -> (usize, usize) {
    let things = instance.state::<Resources<u32>>().unwrap();
    (things.memory().used(), things.len())
}

fn budget(instance: &Instance) -> MemoryBudget {
    instance.state::<Resources<u32>>().unwrap().memory().clone()
}

/// Produces an outcome again and again, and holds what is taken to what was before.
fn repeat(
    instance: &mut Instance,
    name: &str,
    expected: &str,
    mut call: impl FnMut(&mut Instance) -> hostfn::Result<Value>,
) {
    if name == "log" {
        // the instance pays once for the last line of its log, and keeps it
        drop(call(instance));
    }
    let before = taken(instance);
    for _ in 0..TIMES {
        let answer = call(instance);
        assert_eq!(label(&answer), expected, "{name}: {answer:?}");
        drop(answer);
        assert_eq!(taken(instance), before, "{name}");
    }
    // the host has one place for a call
    let after = instance.call::<_, u64>("plain", ());
    assert_eq!(after.unwrap(), 7, "{name}");
}

#[test]
fn outcome_of_a_host_call_gives_back_what_it_took() {
    let outcomes = outcomes();
    let host = host(|_| {}, CutOff::Keep);
    let plugin = host.load("probe", &wasm(false, &outcomes)).unwrap();
    let mut instance = plugin.instantiate(&grants()).unwrap();
    *instance.state_mut::<Option<Instance>>().unwrap() = Some(plugin.instantiate(&grants()).unwrap());
    for (index, outcome) in outcomes.iter().enumerate() {
        let (export, name) = (index.to_string(), format!("{} {index}", outcome.import));
        repeat(&mut instance, &name, outcome.expected, |instance| instance.call(&export, ()));
    }
    repeat(&mut instance, "out of range", "BAD_INPUT", |instance| instance.call("out_of_range", ()));
    repeat(&mut instance, "twice", "QUOTA_EXCEEDED", |instance| instance.call("twice", ()));
}

#[test]
fn outcome_of_a_guest_call_gives_back_what_it_took() {
    let host = host(|limits| limits.fuel = Some(200_000), CutOff::Keep);
    let plugin = host.load("probe", &wasm(false, &[])).unwrap();
    let mut instance = plugin.instantiate(&grants()).unwrap();
    let big = "a".repeat(CHARGED);
    for (export, expected) in [
        ("trap", "H0405"),
        ("spin", "H0411"),
        ("deep", "H0411"),
        ("log", "H0411"),
        ("denials", "H0411"),
        ("liar", "H0407"),
        ("outside", "H0407"),
        ("long", "H0407"),
        ("nowhere", "H0403"),
    ] {
        repeat(&mut instance, export, expected, |instance| instance.call(export, (&big,)));
    }
    repeat(&mut instance, "taken", "OK", |instance| instance.call("take", (&big,)));
    repeat(&mut instance, "no value", "H0409", |instance| instance.call("take", (Unencodable,)));
    let huge = "a".repeat(3 << 20);
    repeat(&mut instance, "huge", "H0411", |instance| instance.call("take", (&huge,)));
    repeat(&mut instance, "wrong type", "H0407", |instance| {
        instance.call::<_, String>("plain", ()).map(|_| Value::Nil)
    });
    instance.call::<_, ()>("starve", ()).unwrap();
    for _ in 0..TIMES {
        assert_eq!(label(&instance.call::<_, ()>("take", (&big,))), "H0409");
    }
    instance.call::<_, ()>("feed", ()).unwrap();
    repeat(&mut instance, "waits", "H0414", |instance| pollster::block_on(instance.call_async("plain", ())));
}

struct Unencodable;

impl serde::Serialize for Unencodable {
    fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(serde::ser::Error::custom("it has no value"))
    }
}

#[test]
fn handle_that_is_closed_is_given_back() {
    let host = host(|_| {}, CutOff::Keep);
    let mut instance = host.load("probe", &wasm(false, &[])).unwrap().instantiate(&grants()).unwrap();
    repeat(&mut instance, "open and close", "OK", |instance| {
        let thing: u64 = instance.call("open", ())?;
        let closed = instance.call("close", (thing,));
        assert_eq!(label(&instance.call::<_, u32>("close", (thing,))), "NOT_FOUND");
        closed
    });
    for _ in 0..4 {
        instance.call::<_, u64>("open", ()).unwrap();
    }
    repeat(&mut instance, "too many", "QUOTA_EXCEEDED", |instance| instance.call("open", ()));
}

/// The reply of `open` is lost, and its effect is not: the guest never learns the number of the handle.
#[test]
fn handle_whose_reply_is_lost_is_kept_to_the_end() {
    let host = host(|_| {}, CutOff::Keep);
    let plugin = host.load("probe", &wasm(false, &[lost_handle()])).unwrap();
    for _ in 0..TIMES {
        let mut instance = plugin.instantiate(&grants()).unwrap();
        let (before, budget) = (taken(&instance), budget(&instance));
        for open in 1..=4 {
            assert_eq!(label(&instance.call::<_, u64>("0", ())), "NO_ROOM");
            assert_eq!(taken(&instance).1, open);
        }
        // the table bounds what can be lost
        let full = taken(&instance);
        assert_eq!(label(&instance.call::<_, u64>("0", ())), "QUOTA_EXCEEDED");
        assert_eq!(taken(&instance), full);
        instance.close().unwrap();
        assert_eq!(budget.used(), before.0);
    }
}

/// A thread with less stack than a guest needs is refused, before the call has taken anything.
#[test]
fn call_on_a_small_stack_gives_back_what_it_took() {
    let host = host(|_| {}, CutOff::Keep);
    let mut instance = host.load("probe", &wasm(false, &[])).unwrap().instantiate(&grants()).unwrap();
    let before = taken(&instance);
    let big = "a".repeat(CHARGED);
    thread::scope(|scope| {
        let refused = || {
            for _ in 0..TIMES {
                assert_eq!(label(&instance.call::<_, ()>("take", (&big,))), "H0416");
                assert_eq!(taken(&instance), before);
            }
        };
        thread::Builder::new().stack_size(256 << 10).spawn_scoped(scope, refused).unwrap();
    });
    assert_eq!(instance.call::<_, u64>("plain", ()).unwrap(), 7);
}

/// An outcome that ends the instance, each time of another one.
fn repeat_ending(
    plugin: &Plugin,
    name: &str,
    expected: &str,
    mut call: impl FnMut(&mut Instance) -> hostfn::Result<Value>,
) {
    for _ in 0..TIMES {
        let mut instance = plugin.instantiate(&grants()).unwrap();
        let (before, budget) = (taken(&instance), budget(&instance));
        assert_eq!(before.1, 0);
        let answer = call(&mut instance);
        assert_eq!(label(&answer), expected, "{name}: {answer:?}");
        assert_eq!(budget.used(), before.0, "{name}");
        // one that is closed has no handles
        assert_eq!(instance.state::<Resources<u32>>().map_or(0, Resources::len), 0, "{name}");
        assert!(!instance.is_usable(), "{name}");
        let again = instance.call::<_, u64>("plain", ()).unwrap_err();
        assert!(matches!(again.code(), Code::Poisoned | Code::CutOff | Code::Closed), "{name}: {again}");
        drop(instance);
        assert_eq!(budget.used(), before.0, "{name}");
    }
}

#[test]
fn outcome_that_ends_an_instance_gives_back_what_it_took() {
    let host = host(|limits| limits.fuel = Some(200_000), CutOff::End);
    let plugin = host.load("probe", &wasm(false, &[])).unwrap();
    let big = "a".repeat(CHARGED);
    repeat_ending(&plugin, "panic", "INTERNAL", |instance| instance.call("panics", (&big,)));
    repeat_ending(&plugin, "trap", "H0405", |instance| instance.call("trap", (&big,)));
    repeat_ending(&plugin, "fuel", "H0411", |instance| instance.call("spin", (&big,)));
    repeat_ending(&plugin, "closed", "H0413", |instance| {
        instance.close().unwrap();
        instance.call("plain", ())
    });
    repeat_ending(&plugin, "cancelled", "H0413", |instance| {
        instance.lifetime().cancel();
        instance.call("plain", ())
    });
}

/// A timeout takes 10 ms, so several hosts share the work.
#[test]
fn timeout_gives_back_what_the_call_took() {
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let host = host(|limits| limits.time = Duration::from_millis(1), CutOff::Keep);
                let plugin = host.load("probe", &wasm(true, &[])).unwrap();
                let mut instance = pollster::block_on(plugin.instantiate_async(&grants())).unwrap();
                let before = taken(&instance);
                for _ in 0..TIMES / 8 {
                    let call = instance.call_async::<_, ()>("spin", ());
                    assert_eq!(label(&pollster::block_on(call)), "H0406");
                    assert_eq!(taken(&instance), before);
                    let call = instance.call_async::<_, u64>("never", (nothing(2_000),));
                    assert_eq!(label(&pollster::block_on(call)), "H0406");
                    assert_eq!(taken(&instance), before);
                }
            });
        }
    });
}

/// As `repeat`, of an instance that waits.
fn repeat_waiting(instance: &mut Instance, name: &str, expected: &str, export: &str) {
    let before = taken(instance);
    for _ in 0..TIMES {
        let answer = pollster::block_on(instance.call_async::<_, Value>(export, ()));
        assert_eq!(label(&answer), expected, "{name}: {answer:?}");
        drop(answer);
        assert_eq!(taken(instance), before, "{name}");
    }
    assert_eq!(pollster::block_on(instance.call_async::<_, u64>("plain", ())).unwrap(), 7, "{name}");
}

#[test]
fn outcome_of_a_call_that_waits_gives_back_what_it_took() {
    // an instance that waits calls functions that are not async, too
    let outcomes: Vec<_> = outcomes()
        .into_iter()
        .filter(|outcome| outcome.import != "nested")
        .chain(waiting_outcomes())
        .collect();
    let host = host(|_| {}, CutOff::Keep);
    let plugin = host.load("probe", &wasm(true, &outcomes)).unwrap();
    let mut instance = pollster::block_on(plugin.instantiate_async(&grants())).unwrap();
    for (index, outcome) in outcomes.iter().enumerate() {
        let name = format!("{} {index}", outcome.import);
        repeat_waiting(&mut instance, &name, outcome.expected, &index.to_string());
    }
    repeat_waiting(&mut instance, "trap", "H0405", "trap");
    repeat_waiting(&mut instance, "liar", "H0407", "liar");
    repeat_waiting(&mut instance, "nowhere", "H0403", "nowhere");
}

#[test]
fn call_that_is_dropped_gives_back_what_it_took() {
    let host = host(|_| {}, CutOff::Keep);
    let plugin = host.load("probe", &wasm(true, &[])).unwrap();
    let list = || (nothing(2_000),);
    let start = || pollster::block_on(plugin.instantiate_async(&grants())).unwrap();
    let mut lasting = start();
    let before = taken(&lasting);
    for _ in 0..TIMES {
        // before its first step
        drop(lasting.call_async::<_, u64>("never", list()));
        assert_eq!(taken(&lasting), before);
        // while it waits
        let mut instance = start();
        let budget = budget(&instance);
        {
            let mut call = pin!(instance.call_async::<_, u64>("never", list()));
            let mut cx = Context::from_waker(Waker::noop());
            while budget.used() == before.0 {
                assert!(call.as_mut().poll(&mut cx).is_pending());
            }
        }
        assert_eq!(taken(&instance), before);
        assert_eq!(label(&pollster::block_on(instance.call_async::<_, u64>("plain", ()))), "H0413");
        // cancelled while it waits
        let mut instance = start();
        let (life, budget) = (instance.lifetime().clone(), self::budget(&instance));
        {
            let mut call = pin!(instance.call_async::<_, u64>("never", list()));
            let mut cx = Context::from_waker(Waker::noop());
            while budget.used() == before.0 {
                assert!(call.as_mut().poll(&mut cx).is_pending());
            }
            life.cancel();
            assert_eq!(label(&pollster::block_on(call)), "H0412");
        }
        assert_eq!(taken(&instance), before);
        assert_eq!(label(&pollster::block_on(instance.call_async::<_, u64>("plain", ()))), "H0413");
        // told to end
        let mut instance = start();
        instance.lifetime().cancel();
        assert_eq!(label(&pollster::block_on(instance.call_async::<_, u64>("never", list()))), "H0413");
        assert_eq!(taken(&instance), before);
        // its function panics
        let mut instance = start();
        let text = "a".repeat(CHARGED);
        assert_eq!(
            label(&pollster::block_on(instance.call_async::<_, u64>("panics_later", (text,)))),
            "INTERNAL"
        );
        assert_eq!(taken(&instance), before);
    }
    assert_eq!(pollster::block_on(lasting.call_async::<_, u64>("plain", ())).unwrap(), 7);
}

#[test]
fn queued_call_that_is_given_up_gives_its_turn_back() {
    let host = host(|_| {}, CutOff::Keep);
    let plugin = host.load("probe", &wasm(true, &[])).unwrap();
    let instance = pollster::block_on(plugin.instantiate_async(&grants())).unwrap();
    let (handle, mut owner) = instance.into_handle();
    let mut cx = Context::from_waker(Waker::noop());
    for _ in 0..TIMES {
        // one may wait in the queue
        let mut given_up = Box::pin(handle.call::<_, u64>("plain", ()));
        assert!(given_up.as_mut().poll(&mut cx).is_pending());
        let refused = pollster::block_on(handle.call::<_, u64>("plain", ()));
        assert_eq!(label(&refused), "H0411");
        drop(given_up);
        assert!(pin!(&mut owner).poll(&mut cx).is_pending());
        let mut call = Box::pin(handle.call::<_, u64>("plain", ()));
        let answer = loop {
            if let Poll::Ready(answer) = call.as_mut().poll(&mut cx) {
                break answer;
            }
            assert!(pin!(&mut owner).poll(&mut cx).is_pending());
        };
        assert_eq!(answer.unwrap(), 7);
    }
}
