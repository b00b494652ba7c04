//! A host's calls, shared out between its plugins.

use std::sync::{Condvar, Mutex};
use std::thread;

use hostfn::state::Shared;
use hostfn::{Error, Grants, Host, HostFn, Limits, Plugin, host_fn};
use test_support::probe::{guest, registry};

/// The place where calls stay until they are let go.
#[derive(Default)]
struct Gate {
    state: Mutex<(usize, bool)>,
    moved: Condvar,
}

/// Stay until the test lets everybody go.
#[host_fn(capability = none)]
fn stay(#[state] gate: &Shared<Gate>) {
    let mut state = gate.state.lock().unwrap();
    state.0 += 1;
    gate.moved.notify_all();
    drop(gate.moved.wait_while(state, |(_, open)| !*open).unwrap());
}

fn host(concurrent: u32, gate: &Shared<Gate>) -> Host {
    let mut limits = Limits::default();
    limits.concurrent = concurrent;
    let gate = gate.clone();
    let host = Host::builder(registry(&[stay::SPEC])).state("gate", move |_| Ok::<_, Error>(gate.clone()));
    host.limits(limits).build().unwrap()
}

fn plugin(host: &Host, name: &str) -> Plugin {
    let body = r#"
        (func (export "run") (param i32 i32) (result i64) (call $stay (i32.const 0) (i32.const 0)))
        (func (export "fine") (param i32 i32) (result i64) (i64.const 0))"#;
    host.load(name, &guest(&["stay"], body)).unwrap()
}

/// As many calls of instances of its own as it gets, which stay; how many these are.
fn crowd<'s>(scope: &'s thread::Scope<'s, '_>, plugin: &Plugin, gate: &Shared<Gate>, most: usize) -> usize {
    for count in 0..most {
        // its start is one of the calls, too
        let Ok(mut instance) = plugin.instantiate(&Grants::none()) else { return count };
        let before = gate.state.lock().unwrap().0;
        scope.spawn(move || instance.call::<_, ()>("run", ()).unwrap());
        let state = gate.state.lock().unwrap();
        drop(gate.moved.wait_while(state, |(running, _)| *running == before).unwrap());
    }
    most
}

#[test]
fn greedy_plugin_leaves_calls_to_a_modest_one() {
    let gate = Shared::new(Gate::default());
    let host = host(8, &gate);
    let (greedy, modest) = (plugin(&host, "greedy"), plugin(&host, "modest"));
    let mut instances: Vec<_> = (0..3).map(|_| modest.instantiate(&Grants::none()).unwrap()).collect();
    thread::scope(|scope| {
        let taken = crowd(scope, &greedy, &gate, 20);
        // of 8, each of the two can always have 2; the instance that is refused is refused its start
        assert_eq!(taken, 6);
        for instance in &mut instances {
            instance.call::<_, ()>("fine", ()).unwrap();
        }
        assert_eq!(crowd(scope, &modest, &gate, 20), 2);
        gate.state.lock().unwrap().1 = true;
        gate.moved.notify_all();
    });
    // alone, a plugin has all of them
    drop((instances, modest));
    let gate = Shared::new(Gate::default());
    let host = self::host(8, &gate);
    let only = plugin(&host, "only");
    thread::scope(|scope| {
        assert_eq!(crowd(scope, &only, &gate, 20), 8);
        gate.state.lock().unwrap().1 = true;
        gate.moved.notify_all();
    });
}
