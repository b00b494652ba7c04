//! Guests on threads with little stack.

use std::thread;

use hostfn::error::{Code, Limit};
use hostfn::{Error, Grants, Host, HostFn, Instance, Plugin, host_fn};
use test_support::probe::{export, guest, registry};

/// Call another instance, and say how that ended.
#[host_fn(capability = none)]
fn other(#[state] other: &mut Option<Instance>) -> String {
    let ended = other.as_mut().map(|other| other.call::<_, ()>("other", ()));
    ended.map_or_else(
        || "the last".to_owned(),
        |ended| ended.map_or_else(|e| e.code().to_string(), |()| "fine".into()),
    )
}

fn host() -> Host {
    let builder = Host::builder(registry(&[other::SPEC]));
    builder.state("other", |_| Ok::<_, Error>(None::<Instance>)).build().unwrap()
}

fn recursive(host: &Host) -> Plugin {
    let body = [
        "(func $deep (param i32) (result i32) (i32.add (call $deep (local.get 0)) (i32.const 1)))".to_owned(),
        export("deep", "(drop (call $deep (i32.const 0)))", "(i64.const 0)"),
        export("fine", "", "(i64.const 0)"),
        export("other", "(drop (call $other (i32.const 0) (i32.const 0)))", "(i64.const 0)"),
        export(
            "hand_on",
            "(local $word i64)
             (local.set $word (call $other (i32.const 0) (i32.const 0)))
             (call $set_result (call $result_ptr) (i32.wrap_i64 (i64.shr_u (local.get $word) (i64.const 32))))",
            "(local.get $word)",
        ),
    ];
    host.load("probe", &guest(&["other"], &body.concat())).unwrap()
}

fn on_a_thread_of<T: Send>(bytes: usize, f: impl FnOnce() -> T + Send) -> T {
    thread::scope(|scope| {
        thread::Builder::new().stack_size(bytes).spawn_scoped(scope, f).unwrap().join().unwrap()
    })
}

#[test]
fn deep_guest_on_a_small_thread_is_refused() {
    let plugin = recursive(&host());
    let mut instance = plugin.instantiate(&Grants::none()).unwrap();
    let error = on_a_thread_of(256 << 10, || instance.call::<_, ()>("deep", ()).unwrap_err());
    let Error::SmallStack { left, needed, .. } = &error else { panic!("{error:?}") };
    assert!(*left < 256 << 10 && *needed == 768 << 10, "{error}");
    assert_eq!(
        error.to_string(),
        format!(
            "H0416 probe.deep: the thread has {left} bytes of stack left, and a guest needs 786432; call it from a \
             thread with more"
        )
    );
    assert!(!error.ends_instance() && instance.is_usable());
    // on a thread with enough it overflows its own share, and no more
    let error = on_a_thread_of(1 << 20, || instance.call::<_, ()>("deep", ()).unwrap_err());
    assert!(matches!(error, Error::Exhausted { limit: Limit::Stack, .. }), "{error:?}");
}

#[test]
fn start_on_a_small_thread_is_refused() {
    let wasm = guest(
        &[],
        "(func $deep (param i32) (result i32) (i32.add (call $deep (local.get 0)) (i32.const 1)))
         (func $start (drop (call $deep (i32.const 0)))) (start $start)",
    );
    let plugin = host().load("probe", &wasm).unwrap();
    let error = on_a_thread_of(256 << 10, || plugin.instantiate(&Grants::none()).unwrap_err());
    assert_eq!(error.code(), Code::SmallStack, "{error}");
}

#[test]
fn deep_guest_that_waits_has_a_stack_of_its_own() {
    let plugin = recursive(&host());
    on_a_thread_of(256 << 10, || {
        let mut instance = pollster::block_on(plugin.instantiate_async(&Grants::none())).unwrap();
        let error = pollster::block_on(instance.call_async::<_, ()>("deep", ())).unwrap_err();
        assert!(matches!(error, Error::Exhausted { limit: Limit::Stack, .. }), "{error:?}");
    });
}

/// Each instance calls the next from a host function: the last one that finds too little stack is refused.
fn chain(plugin: &Plugin, length: usize) -> Instance {
    let mut outer = plugin.instantiate(&Grants::none()).unwrap();
    for _ in 1..length {
        let inner = std::mem::replace(&mut outer, plugin.instantiate(&Grants::none()).unwrap());
        *outer.state_mut::<Option<Instance>>().unwrap() = Some(inner);
    }
    outer
}

#[test]
fn instances_that_call_each_other_end_before_the_stack() {
    let plugin = recursive(&host());
    let mut outer = chain(&plugin, 200);
    on_a_thread_of(1 << 20, || outer.call::<_, ()>("other", ()).unwrap());
}

/// On the stack of a guest that waits, what is left there counts, and not what the thread has.
#[test]
fn instance_called_on_the_stack_of_another_is_checked_there() {
    let plugin = recursive(&host());
    for (length, expected) in [(1, "fine"), (200, "fine")] {
        let inner = chain(&plugin, length);
        let mut outer = pollster::block_on(plugin.instantiate_async(&Grants::none())).unwrap();
        *outer.state_mut::<Option<Instance>>().unwrap() = Some(inner);
        let said = on_a_thread_of(8 << 20, || {
            pollster::block_on(outer.call_async::<_, String>("hand_on", ())).unwrap()
        });
        assert_eq!(said, expected, "{length}");
    }
}
