//! The limits of a guest, each by a guest that does nothing else.

use std::time::{Duration, Instant};

use hostfn::error::{Code, Limit};
use hostfn::wasm::CutOff;
use hostfn::{Error, Grants, Host, HostFn, Instance, Limits, Status, host_fn};
use test_support::probe::{expect_word, export, guest, registry};

use crate::instance;

/// Say how much it was.
#[host_fn(capability = none)]
fn weigh(data: &[u8]) -> usize {
    data.len()
}

/// Nothing.
#[host_fn(capability = none)]
fn nothing() {}

/// Begin another call.
#[host_fn(capability = none)]
fn nested(#[state] other: &mut Option<Instance>) -> String {
    let called = other.as_mut().map(|other| other.call::<_, ()>("fine", ()));
    called.map_or_else(String::new, |called| called.unwrap_err().to_string())
}

fn limited(change: impl FnOnce(&mut Limits)) -> Host {
    let mut limits = Limits::default();
    change(&mut limits);
    Host::builder(registry(&[weigh::SPEC, nothing::SPEC, nested::SPEC]))
        .state("other", |_| Ok::<_, Error>(None::<Instance>))
        .limits(limits)
        .cut_off(CutOff::Keep)
        .build()
        .unwrap()
}

fn spent(host: &Host, imports: &[&str], body: &str) -> Error {
    let mut instance = instance(host, &guest(imports, &export("run", body, "(i64.const 0)"))).unwrap();
    instance.call::<_, ()>("run", ()).unwrap_err()
}

fn limit_of(error: &Error) -> Limit {
    let Error::Exhausted { plugin, export, limit, .. } = error else { panic!("{error:?}") };
    assert_eq!((plugin.as_str(), export.as_str()), ("probe", "run"));
    *limit
}

#[test]
fn memory_that_a_guest_cannot_do_without() {
    let host = limited(|limits| {
        limits.memory = 10 << 16;
        (limits.args, limits.reply) = (1 << 16, 1 << 16);
    });
    let body = "(loop $more (br_if $more (i32.ne (memory.grow (i32.const 1)) (i32.const -1)))) unreachable";
    let error = spent(&host, &[], body);
    assert_eq!(limit_of(&error), Limit::Memory);
    assert_eq!(
        error.to_string(),
        "H0411 probe.run: the guest used up its memory; give it more with `Limits::memory`"
    );
}

#[test]
fn stack() {
    let deep = "(func $deep (param i32) (result i32) (i32.add (call $deep (local.get 0)) (i32.const 1)))";
    let wasm =
        guest(&[], &(deep.to_owned() + &export("run", "(drop (call $deep (i32.const 0)))", "(i64.const 0)")));
    let error = instance(&limited(|_| {}), &wasm).unwrap().call::<_, ()>("run", ()).unwrap_err();
    assert_eq!(limit_of(&error), Limit::Stack);
}

#[test]
fn fuel_which_is_whole_again_at_the_next_call() {
    let host = limited(|limits| limits.fuel = Some(10_000));
    let body = [
        export("run", "(loop $forever (br $forever))", "(i64.const 0)"),
        export("fine", "", "(i64.const 0)"),
    ];
    let mut instance = instance(&host, &guest(&[], &body.concat())).unwrap();
    for _ in 0..3 {
        assert_eq!(limit_of(&instance.call::<_, ()>("run", ()).unwrap_err()), Limit::Fuel);
        instance.call::<_, ()>("fine", ()).unwrap();
    }
}

#[test]
fn time() {
    let host = limited(|limits| limits.time = Duration::from_millis(30));
    let began = Instant::now();
    assert_eq!(spent(&host, &[], "(loop $forever (br $forever))").code(), Code::TimedOut);
    assert!(began.elapsed() >= Duration::from_millis(30));
}

#[test]
fn lines_and_bytes_of_log() {
    let flood = |len: u32| {
        format!("(loop $more (call $log (i32.const 2) (i32.const 0) (i32.const {len})) (br $more))")
    };
    let limits = [
        (limited(|limits| limits.log_lines = 5), Limit::LogLines),
        (limited(|limits| limits.log_bytes = 1000), Limit::LogBytes),
    ];
    for (host, limit) in limits {
        assert_eq!(limit_of(&spent(&host, &[], &flood(100))), limit);
    }
    // lines that nobody could read count too
    assert_eq!(
        limit_of(&spent(&limited(|limits| limits.log_lines = 5), &[], &flood(u32::MAX >> 1))),
        Limit::LogLines
    );
    // and the budget is whole again at the next call
    let lines = "(call $log (i32.const 2) (i32.const 0) (i32.const 1))".repeat(5);
    let wasm = guest(&[], &export("run", &lines, "(i64.const 0)"));
    let mut instance = instance(&limited(|limits| limits.log_lines = 5), &wasm).unwrap();
    for _ in 0..3 {
        instance.call::<_, ()>("run", ()).unwrap();
    }
}

#[test]
fn calls_of_each_function() {
    let host = limited(|limits| limits.calls = 3);
    let call = "(call $nothing (i32.const 0) (i32.const 0))";
    let refused = Status::QUOTA_EXCEEDED;
    let ok = expect_word(call, Status::OK);
    let status =
        format!("(if (i32.ne (i32.wrap_i64 {call}) (i32.const {})) (then unreachable))", refused.code());
    // of another function, too
    let other = expect_word("(i64.and (call $weigh (i32.const 0) (i32.const 0)) (i64.const 0))", Status::OK);
    let body = export("run", &(ok.repeat(3) + &status + &other), "(i64.const 0)");
    let mut instance = instance(&host, &guest(&["nothing", "weigh"], &body)).unwrap();
    for _ in 0..3 {
        instance.call::<_, ()>("run", ()).unwrap();
    }
}

#[test]
fn calls_under_way_at_once() {
    let host = limited(|limits| limits.concurrent = 1);
    let body = [
        export("fine", "", "(i64.const 0)"),
        export(
            "run",
            "(local $word i64)
             (local.set $word (call $nested (i32.const 0) (i32.const 0)))
             (call $set_result (call $result_ptr) (i32.wrap_i64 (i64.shr_u (local.get $word) (i64.const 32))))",
            "(local.get $word)",
        ),
    ];
    let plugin = host.load("probe", &guest(&["nested"], &body.concat())).unwrap();
    let other = plugin.instantiate(&Grants::none()).unwrap();
    let mut instance = plugin.instantiate(&Grants::none()).unwrap();
    *instance.state_mut::<Option<Instance>>().unwrap() = Some(other);
    let refused: String = instance.call("run", ()).unwrap();
    assert_eq!(
        refused,
        "H0411 probe.fine: the guest used up its share of the host's concurrent calls; \
         give it more with `Limits::concurrent`"
    );
    instance.call::<_, ()>("fine", ()).unwrap();
}

/// Guests that do nothing but harm, over and over, and a healthy one that goes on answering.
#[test]
fn a_thousand_hostile_instances_leave_the_host_unharmed() {
    let host = limited(|limits| {
        limits.time = Duration::from_millis(1);
        limits.memory = 16 << 20;
        limits.log_lines = 100;
    });
    // an array of one byte string: malformed arguments would count as refusals, and end the guest at their limit
    let args = "(data (i32.const 0) \"\\91\\c6\\00\\00\\ff\\fa\")";
    // a call that fails ends the export without an error, which this test does not accept
    let piece =
        "(if (i32.wrap_i64 (call $weigh (i32.const 0) (i32.const 65536))) (then (return (i64.const 0))))";
    let deep = "(func $deep (param i32) (result i32) (i32.add (call $deep (local.get 0)) (i32.const 1)))";
    let harms = [
        "(loop $more (br $more))".to_owned(),
        "(loop $more (br_if $more (i32.ne (memory.grow (i32.const 1)) (i32.const -1)))) unreachable"
            .to_owned(),
        "(drop (call $deep (i32.const 0)))".to_owned(),
        "(loop $more (call $log (i32.const 2) (i32.const 0) (i32.const 100)) (br $more))".to_owned(),
        // 1 GiB in pieces of 64 KiB, or as far as its time goes
        format!(
            "(local $n i32) (loop $more {piece} (br_if $more (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 16384)))) unreachable"
        ),
    ];
    let plugins: Vec<_> = harms
        .iter()
        .map(|harm| {
            let body = args.to_owned() + deep + &export("run", harm, "(i64.const 0)");
            host.load("hostile", &guest(&["weigh"], &body)).unwrap()
        })
        .collect();
    let healthy = guest(
        &["nothing"],
        &export("run", "(drop (call $nothing (i32.const 0) (i32.const 0)))", "(i64.const 0)"),
    );
    let mut healthy = instance(&host, &healthy).unwrap();
    for round in 0..200 {
        for (harm, plugin) in plugins.iter().enumerate() {
            let error = plugin.instantiate(&Grants::none()).unwrap().call::<_, ()>("run", ()).unwrap_err();
            let code = error.code();
            let expected = [Code::TimedOut, Code::Exhausted, Code::Exhausted, Code::Exhausted, Code::Trapped];
            // whatever it does, its time may be up first
            assert!(
                code == expected[harm] || code == Code::TimedOut,
                "round {round}, harm {harm}: {error:?}"
            );
        }
        healthy.call::<_, ()>("run", ()).unwrap();
    }
}
