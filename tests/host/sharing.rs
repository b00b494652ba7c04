//! Hosts, plugins and instances in many threads.

use std::sync::Barrier;

use hostfn::engine::LiveGrants;
use hostfn::state::Shared;
use hostfn::wasm::InstanceDriver;
use hostfn::{CancelToken, Error, Grants, Host, HostFn, Instance, InstanceHandle, Limits, Plugin, host_fn};
use test_support::probe::{Probe, Record, guest, registry};

/// The calls of one instance.
struct Calls(u64);

/// Count.
#[host_fn(capability = none)]
fn count(#[state] calls: &mut Calls) -> u64 {
    calls.0 += 1;
    calls.0
}

fn host() -> Host {
    Host::builder(registry(&[count::SPEC])).state("calls", |_| Ok::<_, Error>(Calls(0))).build().unwrap()
}

/// Its `run` calls `count` a hundred times, and answers with the last reply.
fn wasm() -> Vec<u8> {
    let body = r#"
        (func (export "run") (param i32 i32) (result i64)
            (local $n i32) (local $word i64)
            (drop (call $set_window (i32.const 4096) (i32.const 64)))
            (loop $again
                (local.set $word (call $count (i32.const 0) (i32.const 0)))
                (br_if $again (i32.ne (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 100))))
            (call $set_result (call $result_ptr) (i32.wrap_i64 (i64.shr_u (local.get $word) (i64.const 32))))
            local.get $word)"#;
    guest(&["count"], body)
}

#[test]
fn a_host_is_cheap_to_hand_around() {
    fn everywhere<T: Clone + Send + Sync + 'static>() {}
    fn in_one_place_at_a_time<T: Send + 'static>() {}
    everywhere::<Host>();
    everywhere::<Plugin>();
    everywhere::<LiveGrants>();
    everywhere::<CancelToken>();
    everywhere::<InstanceHandle>();
    in_one_place_at_a_time::<Instance>();
    in_one_place_at_a_time::<InstanceDriver>();
}

#[test]
fn eight_threads_use_one_host_at_once() {
    let (host, wasm) = (host(), wasm());
    let plugin = host.load("shared", &wasm).unwrap();
    let together = Barrier::new(8);
    std::thread::scope(|scope| {
        for i in 0..8 {
            let (host, plugin) = (host.clone(), plugin.clone());
            let (wasm, together) = (&wasm, &together);
            scope.spawn(move || {
                together.wait();
                let own = host.load(format!("own {i}"), wasm).unwrap();
                for plugin in [plugin, own] {
                    let mut instance = plugin.instantiate(&Grants::none()).unwrap();
                    for run in 1..=10_u64 {
                        assert_eq!(instance.call::<_, u64>("run", ()).unwrap(), 100 * run);
                    }
                }
            });
        }
    });
}

/// Remember for the host.
#[host_fn(capability = none)]
fn remember(#[state] record: &Shared<Record>) {
    record.add("remembered");
}

#[test]
fn two_hosts_share_nothing() {
    let mut limits = Limits::default();
    limits.concurrent = 1;
    let hosts = [(); 2].map(|()| {
        let (seen, kept) = (Record::default(), Record::default());
        let host = Host::builder(registry(&[remember::SPEC]))
            .shared("record", kept.clone())
            .observer({
                let seen = seen.clone();
                move |_: &hostfn::observe::Event<'_>| seen.add("seen")
            })
            .limits(limits)
            .build()
            .unwrap();
        (host, seen, kept)
    });
    let [(one, one_seen, one_kept), (_other, other_seen, other_kept)] = &hosts;
    Probe::new("remember", b"").start(one, &Grants::none()).call::<_, ()>("run", ()).unwrap();
    assert_eq!(one_kept.take(), ["remembered"]);
    assert!(!one_seen.take().is_empty());
    assert_eq!((other_seen.take().len(), other_kept.take().len()), (0, 0));
}

#[test]
fn an_instance_moves_between_threads() {
    let mut instance = host().load("probe", &wasm()).unwrap().instantiate(&Grants::none()).unwrap();
    assert_eq!(instance.call::<_, u64>("run", ()).unwrap(), 100);
    let moved = std::thread::spawn(move || instance.call::<_, u64>("run", ()).unwrap());
    assert_eq!(moved.join().unwrap(), 200);
}

#[test]
fn what_a_host_made_outlives_it() {
    let host = host();
    let plugin = host.load("probe", &wasm()).unwrap();
    drop(host);
    let mut instance = plugin.instantiate(&Grants::none()).unwrap();
    drop(plugin);
    assert_eq!(instance.call::<_, u64>("run", ()).unwrap(), 100);
}
