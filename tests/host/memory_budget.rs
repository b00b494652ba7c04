//! Memory that the host holds for an instance, and how a blocking function learns to stop.

use std::convert::Infallible;
use std::time::Duration;

use hostfn::error::Code;
use hostfn::state::{MemoryReservation, OutOfMemory};
use hostfn::wasm::CutOff;
use hostfn::{
    CancelToken, Grants, Host, HostFn, HostModule, Interrupt, Limits, MemoryBudget, Registry, host_fn,
};
use test_support::probe::{export, guest, relay};

const PAGE: usize = 64 << 10;

/// The memory held for the guest.
struct Store {
    memory: MemoryBudget,
    held: Option<MemoryReservation>,
}

/// Hold so many bytes, and no others.
#[host_fn(capability = none, collect = false)]
fn hold(#[state] store: &mut Store, bytes: u64) -> Result<(), OutOfMemory> {
    store.held = None;
    store.held = Some(store.memory.take(usize::try_from(bytes).unwrap_or(usize::MAX))?);
    Ok(())
}

/// Block until the guest may not go on, and say how long that seemed to be.
#[host_fn(capability = none, collect = false)]
fn block(#[state] interrupt: &Interrupt) -> u64 {
    let left = interrupt.time_left();
    while !interrupt.is_raised() {
        std::thread::yield_now();
    }
    assert_eq!(interrupt.time_left(), Duration::ZERO);
    u64::try_from(left.as_millis()).unwrap_or(u64::MAX)
}

fn host(limits: Limits) -> Host {
    let module = HostModule::new("held")
        .functions([hold::SPEC, block::SPEC])
        .state("store", |cx| Ok::<_, Infallible>(Store { memory: cx.memory().clone(), held: None }))
        .state("interrupt", |cx| Ok::<_, Infallible>(cx.interrupt().clone()));
    let registry = Registry::builder().module(module).build().unwrap();
    Host::builder(registry).limits(limits).cut_off(CutOff::Keep).build().unwrap()
}

/// `hold` and `block` as they are, and `grow`, which tells what `memory.grow` of a page answers.
fn wasm() -> Vec<u8> {
    let grow = export(
        "grow",
        "(if (i32.eq (memory.grow (i32.const 1)) (i32.const -1)) (then unreachable))",
        "(i64.const 0)",
    );
    guest(&["hold", "block"], &[relay("hold"), relay("block"), grow].concat())
}

#[test]
fn what_is_held_leaves_the_guest_that_much_less_to_grow_by_and_the_other_way_round() {
    let mut limits = Limits::default();
    // four pages are the guest's own from its start
    (limits.memory, limits.args, limits.reply) = (8 * PAGE, 1024, 1024);
    let host = host(limits);
    let mut guest = host.load("probe", &wasm()).unwrap().instantiate(&Grants::none()).unwrap();
    let mut call =
        |export: &str, bytes: usize| guest.call::<_, ()>(export, (bytes as u64,)).map_err(|e| e.code());

    assert_eq!(call("hold", 4 * PAGE), Ok(()));
    assert_eq!(call("hold", 4 * PAGE + 1), Err(Code::GuestError), "there are but eight");
    assert_eq!(call("hold", 3 * PAGE), Ok(()));
    assert_eq!(call("grow", 0), Ok(()));
    assert_eq!(call("grow", 0), Err(Code::Exhausted), "five are the guest's, three are held for it");
    assert_eq!(call("hold", 0), Ok(()));
    for _ in 0..3 {
        assert_eq!(call("grow", 0), Ok(()));
    }
    assert_eq!(call("hold", 1), Err(Code::GuestError));
    assert_eq!(call("hold", usize::MAX), Err(Code::GuestError));
}

#[test]
fn a_memory_that_does_not_grow_costs_nothing() {
    let budget = MemoryBudget::new(100);
    let mut held = budget.take(60).unwrap();
    assert_eq!(held.resize(101).unwrap_err(), OutOfMemory);
    assert_eq!((held.bytes(), budget.used(), budget.left()), (60, 60, 40));
    held.resize(10).unwrap();
    let other = budget.take(90).unwrap();
    drop((held, other));
    assert_eq!(budget.used(), 0);
}

#[test]
fn table_that_cannot_grow_is_not_charged() {
    let mut limits = Limits::default();
    (limits.memory, limits.args, limits.reply) = (8 * PAGE, 1 << 10, 1 << 10);
    let grow = export(
        "grow",
        "(local $n i32)
        (local.set $n (i32.const 1000))
        (loop $again
            (if (i32.ne (table.grow (ref.null func) (i32.const 1000)) (i32.const -1)) (then unreachable))
            (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        (if (i32.eq (memory.grow (i32.const 1)) (i32.const -1)) (then unreachable))",
        "(i64.const 0)",
    );
    let wasm = guest(&[], &format!("(table 1 10 funcref) {grow}"));
    let mut guest = host(limits).load("probe", &wasm).unwrap().instantiate(&Grants::none()).unwrap();
    guest.call::<_, ()>("grow", ()).unwrap();
}

#[test]
fn one_that_blocks_is_told_when_the_guest_s_time_is_up() {
    let mut limits = Limits::default();
    limits.time = Duration::from_millis(100);
    let host = host(limits);
    let mut guest = host.load("probe", &wasm()).unwrap().instantiate(&Grants::none()).unwrap();
    let error = guest.call::<_, u64>("block", ()).unwrap_err();
    assert_eq!(error.code(), Code::TimedOut, "{error}");
}

#[test]
fn one_that_blocks_is_told_when_the_instance_is_to_end() {
    let host = host(Limits::default());
    let mut guest = host.load("probe", &wasm()).unwrap().instantiate(&Grants::none()).unwrap();
    let life = guest.lifetime().clone();
    let called = std::thread::scope(|scope| {
        let running = scope.spawn(|| guest.call::<_, u64>("block", ()));
        life.cancel();
        running.join().unwrap()
    });
    // the guest is stopped at its next step, or has taken its last one by then
    assert!(matches!(called.map_err(|error| error.code()), Ok(1..) | Err(Code::Cancelled | Code::Closed)));
}

#[test]
fn one_without_a_call_has_all_the_time_there_is() {
    let life = CancelToken::new();
    let interrupt = Interrupt::new(&life);
    assert_eq!((interrupt.is_raised(), interrupt.time_left()), (false, Duration::MAX));
    life.cancel();
    assert_eq!((interrupt.is_raised(), interrupt.time_left()), (true, Duration::ZERO));
}
