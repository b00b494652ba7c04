//! The place of a reply: the window, a block of the guest's own, or nowhere.

use hostfn::abi::Value;
use hostfn::{Grants, Host, HostFn, Status, host_fn};
use test_support::probe::{ARGS, Probe, answer, host, message};

/// Answer with so many bytes.
#[host_fn(capability = none)]
fn bytes(count: usize) -> Vec<u8> {
    (0..count).map(|i| u8::try_from(i % 251).unwrap()).collect()
}

/// Give the bytes back.
#[host_fn(capability = none)]
fn echo(data: &[u8]) -> &[u8] {
    data
}

/// Answer with a number.
#[host_fn(capability = none)]
fn answer_42() -> u32 {
    42
}

/// Answer with nothing.
#[host_fn(capability = none)]
fn nothing() {}

fn world() -> Host {
    host(&[bytes::SPEC, echo::SPEC, answer_42::SPEC, nothing::SPEC])
}

#[expect(clippy::unnecessary_wraps, reason = "what a probe answers")]
fn some_bytes(count: usize) -> Option<Value> {
    Some(Value::Bytes(bytes(count)))
}

/// The bytes of `bin 8` are two more than its content.
const HEADER: u32 = 2;

#[test]
fn a_reply_as_large_as_the_window_fits_it() {
    let trap = "unreachable";
    let probe = Probe::with("bytes", (98,)).window(4096, 98 + HEADER).alloc(trap);
    assert_eq!(probe.ask(&world(), &Grants::none()), (Status::OK, some_bytes(98)));
}

#[test]
fn a_reply_one_byte_larger_than_the_window_is_put_in_a_block() {
    let probe = Probe::with("bytes", (98,)).window(4096, 97 + HEADER);
    assert_eq!(probe.ask(&world(), &Grants::none()), (Status::OK, some_bytes(98)));
    let (status, reply) = probe.no_alloc().ask(&world(), &Grants::none());
    assert_eq!((status, reply), (Status::NO_ROOM, None));
}

#[test]
fn a_window_that_overlaps_the_arguments_leaves_them_as_they_were() {
    let data: Vec<u8> = (0..200).collect();
    let args = (serde_bytes::Bytes::new(&data),);
    let expected = Some(Value::Bytes(data.clone()));
    for start in [ARGS - 150, ARGS - 1, ARGS, ARGS + 1, ARGS + 3, ARGS + 190, ARGS + 202] {
        let probe = Probe::with("echo", args).window(start, 400).alloc("unreachable");
        assert_eq!(probe.ask(&world(), &Grants::none()), (Status::OK, expected.clone()), "window at {start}");
    }
}

#[test]
fn a_window_beside_the_arguments_on_either_side_is_used() {
    for start in [ARGS - 3, ARGS + 1] {
        let probe = Probe::new("answer_42", b"\x90").window(start, 3).alloc("unreachable");
        assert_eq!(probe.ask(&world(), &Grants::none()), (Status::OK, Some(Value::Unsigned(42))));
    }
}

#[test]
fn a_window_outside_the_memory_is_refused_and_leaves_the_old_one() {
    let set = |ptr: u32, cap: u32| {
        format!("(call $set_window (i32.const {}) (i32.const {}))", ptr.cast_signed(), cap.cast_signed())
    };
    // one status after the other as the result's length, which must be what `host_set_result` said
    let statuses: Vec<String> =
        [(u32::MAX, 2), (4 * 65_536 - 1, 2), (0, u32::MAX), (4 * 65_536, 1)].map(|(p, c)| set(p, c)).to_vec();
    let all_refused = statuses
        .iter()
        .map(|call| format!("(if (i32.ne {call} (i32.const -3)) (then unreachable))"))
        .collect::<String>();
    let extra = format!(
        r#"(func (export "try") (param i32 i32) (result i64)
            (if {} (then unreachable))
            {all_refused}
            (call $call (i32.const 0) (i32.const 0)))"#,
        set(4096, 100),
    );
    let probe = Probe::with("bytes", (50,)).alloc("unreachable").extra(&extra);
    let mut instance = probe.start(&world(), &Grants::none());
    assert_eq!(instance.call::<_, Value>("try", ()).ok(), some_bytes(50));
}

#[test]
fn a_window_can_be_taken_back() {
    let extra = r#"(func (export "try") (param i32 i32) (result i64)
        (drop (call $set_window (i32.const 4096) (i32.const 100)))
        (drop (call $set_window (i32.const 0) (i32.const 0)))
        (call $call (i32.const 0) (i32.const 0)))"#;
    let probe = Probe::with("bytes", (50,)).no_alloc().extra(extra);
    let mut instance = probe.start(&world(), &Grants::none());
    let error = instance.call::<_, Value>("try", ()).unwrap_err();
    assert!(matches!(error, hostfn::Error::Guest { status: Status::NO_ROOM, .. }), "{error:?}");
}

#[test]
fn an_allocator_that_fails_or_lies_loses_the_reply() {
    for body in [
        "i32.const 0",
        "i32.const -1",
        "i32.const 262143",
        "i32.const 262144",
        "unreachable",
        "(i32.div_u (i32.const 1) (i32.const 0))",
        "(call $alloc (local.get 0))",
    ] {
        let (status, reply) = Probe::with("bytes", (50,)).alloc(body).ask(&world(), &Grants::none());
        assert_eq!((status, reply), (Status::NO_ROOM, None), "{body}");
    }
}

#[test]
fn an_allocator_may_grow_the_memory() {
    let grow = "(i32.mul (memory.grow (i32.const 100)) (i32.const 65536))";
    let probe = Probe::with("bytes", (4_000_000,)).alloc(grow);
    assert_eq!(probe.ask(&world(), &Grants::none()), (Status::OK, some_bytes(4_000_000)));
}

#[test]
fn an_allocator_may_call_a_host_function() {
    // the inner call's reply is 1 byte and goes to the window; the outer one's to the block
    let body = "(drop (call $f (i32.const 512) (i32.const 2))) (i32.const 70000)";
    let inner = r#"(data (i32.const 512) "\91\05")"#;
    let probe = Probe::with("bytes", (50,)).window(4096, 10).alloc(body).extra(inner);
    assert_eq!(probe.ask(&world(), &Grants::none()), (Status::OK, some_bytes(50)));
}

#[test]
fn nested_calls_keep_their_results_apart() {
    // host -> guest `run` -> host `bytes` -> guest `plugin_alloc` -> host `bytes` -> guest `plugin_alloc`:
    // each level sets a result and sees its own last reply
    let body = r"
        (local $mine i32)
        (if (i32.gt_u (local.get 0) (i32.const 20)) (then
            (if (call $result_ptr) (then unreachable))
            (if (i64.ne (call $f (i32.const 512) (i32.const 2)) (i64.const 0x1200000000)) (then unreachable))
            (if (i32.ne (call $result_ptr) (i32.const 90000)) (then unreachable))
            (call $set_result (i32.const 1) (i32.const 77))
            (return (i32.const 70000))))
        (call $set_result (i32.const 2) (i32.const 78))
        (i32.const 90000)";
    let inner = r#"(data (i32.const 512) "\91\10")"#;
    let probe = Probe::with("bytes", (50,)).alloc(body).extra(inner);
    assert_eq!(probe.ask(&world(), &Grants::none()), (Status::OK, some_bytes(50)));
}

#[test]
fn an_allocator_that_calls_itself_through_the_host_without_end_is_stopped() {
    let body = "(drop (call $f (i32.const 512) (i32.const 2))) (i32.const 70000)";
    let inner = r#"(data (i32.const 512) "\91\05")"#;
    let probe = Probe::with("bytes", (50,)).alloc(body).extra(inner);
    // without a window the inner reply needs a block too, and so on until the guest's stack ends
    let (status, _) = probe.ask(&world(), &Grants::none());
    assert!(status == Status::OK || status == Status::NO_ROOM, "{status:?}");
}

#[test]
fn host_alloc_gives_what_the_guests_allocator_gives() {
    let extra = r#"(func (export "try") (param i32 i32) (result i64)
        (if (i32.ne (call $host_alloc (i32.const 10)) (i32.const 65536)) (then unreachable))
        (if (i32.ne (call $host_alloc (i32.const 10)) (i32.const 65546)) (then unreachable))
        (i64.const 0))"#;
    let mut instance = Probe::new("nothing", b"").extra(extra).start(&world(), &Grants::none());
    instance.call::<_, ()>("try", ()).unwrap();
    let none = r#"(func (export "try") (param i32 i32) (result i64)
        (i64.extend_i32_u (call $host_alloc (i32.const 10))))"#;
    let mut instance = Probe::new("nothing", b"").no_alloc().extra(none).start(&world(), &Grants::none());
    instance.call::<_, ()>("try", ()).unwrap();
}

#[test]
fn a_range_that_wraps_or_leaves_the_memory_is_bad_input() {
    for (ptr, len) in
        [(u32::MAX, 1), (u32::MAX, u32::MAX), (4 * 65_536 - 1, 2), (4 * 65_536, 1), (1, 262_144)]
    {
        let (status, reply) = Probe::with("echo", ("x",)).range(ptr, len).ask(&world(), &Grants::none());
        let expected = if len > 1 << 20 { Status::QUOTA_EXCEEDED } else { Status::BAD_INPUT };
        assert_eq!(status, expected, "{ptr} {len}: {reply:?}");
    }
}

#[test]
fn no_arguments_are_never_looked_for() {
    let probe = Probe::new("answer_42", b"").range(u32::MAX, 0);
    assert_eq!(probe.ask(&world(), &Grants::none()), (Status::OK, Some(Value::Unsigned(42))));
}

#[test]
fn a_reply_of_nothing_is_nowhere() {
    let mut instance = Probe::new("nothing", b"").window(4096, 100).start(&world(), &Grants::none());
    instance.call::<_, ()>("run", ()).unwrap();
}

#[test]
fn an_error_reply_without_room_is_dropped_and_its_status_stands() {
    let probe = Probe::with("echo", (1, 2, 3));
    let (status, reply) = probe.ask(&world(), &Grants::none());
    assert_eq!(status, Status::BAD_INPUT);
    assert!(message(reply.as_ref()).contains('3'), "{reply:?}");
    let (status, reply) = probe.no_alloc().ask(&world(), &Grants::none());
    assert_eq!((status, reply), (Status::BAD_INPUT, None));
}

#[test]
fn two_instances_of_one_plugin_share_nothing() {
    let extra = r#"(func (export "set") (param i32 i32) (result i64)
            (drop (call $set_window (i32.const 4096) (i32.const 100)))
            (global.set $heap (i32.const 0))
            (i64.const 0))"#;
    let plugin = world().load("probe", &Probe::with("bytes", (50,)).extra(extra).wasm()).unwrap();
    let mut a = plugin.instantiate(&Grants::none()).unwrap();
    let mut b = plugin.instantiate(&Grants::none()).unwrap();
    a.call::<_, ()>("set", ()).unwrap();
    // `a` has a window and an allocator that gives 0; `b` has neither
    assert_eq!(answer(&mut a), (Status::OK, some_bytes(50)));
    assert_eq!(answer(&mut b), (Status::OK, some_bytes(50)));
    assert_eq!(answer(&mut b), (Status::OK, some_bytes(50)));
}
