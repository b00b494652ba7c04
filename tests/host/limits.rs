//! The limits of an instance.

use std::time::Duration;

use hostfn::error::{Code, Limit};
use hostfn::wasm::CutOff;
use hostfn::{Error, Grants, Host, HostFn, Instance, Limits, Status, host_fn};
use test_support::probe::{Probe, causes, export, guest, message, problems, registry};

use crate::{instance, start};

/// Give the bytes back.
#[host_fn(capability = none)]
fn echo(data: &[u8]) -> &[u8] {
    data
}

/// Answer with so many bytes.
#[host_fn(capability = none)]
fn bytes(count: usize) -> Vec<u8> {
    vec![7; count]
}

fn limited(change: impl FnOnce(&mut Limits)) -> Host {
    let mut limits = Limits::default();
    change(&mut limits);
    Host::builder(registry(&[echo::SPEC, bytes::SPEC])).limits(limits).cut_off(CutOff::Keep).build().unwrap()
}

fn with_memory(bytes: usize) -> Host {
    limited(|limits| (limits.memory, limits.args, limits.reply) = (bytes, 100, 100))
}

/// An export that answers with a number of one byte.
fn number(name: &str, value: &str) -> String {
    let body = format!("(i32.store8 (i32.const 8) {value}) (call $set_result (i32.const 8) (i32.const 1))");
    export(name, &body, "(i64.const 0x100000000)")
}

fn ask(instance: &mut Instance, export: &str) -> u8 {
    instance.call(export, ()).unwrap()
}

#[test]
fn memory_grows_up_to_the_limit_and_no_further() {
    let grow = export(
        "grow",
        "(loop $again (br_if $again (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))",
        "(i64.const 0)",
    );
    let wasm = guest(&[], &(grow + &number("pages", "(memory.size)")));
    let mut instance = instance(&with_memory(10 * 65_536 + 65_535), &wasm).unwrap();
    assert_eq!(ask(&mut instance, "pages"), 4);
    instance.call::<_, ()>("grow", ()).unwrap();
    assert_eq!(ask(&mut instance, "pages"), 10);
}

#[test]
fn a_memory_that_begins_beyond_the_limit_does_not_start() {
    let error = instance(&with_memory(3 * 65_536), &guest(&[], "")).unwrap_err();
    assert!(matches!(error, Error::Exhausted { limit: Limit::Memory, .. }), "{error:?}");
    assert!(causes(&error).contains("memory minimum size of 4 pages exceeds memory limits"), "{error:?}");
}

#[test]
fn tables_grow_up_to_the_limit_and_no_further() {
    let host = limited(|limits| limits.table = 20);
    let body = |size: u32| {
        format!("(table $t {size} funcref)")
            + &export(
                "grow",
                "(loop $again (br_if $again (i32.ne (table.grow $t (ref.null func) (i32.const 1)) (i32.const -1))))",
                "(i64.const 0)",
            )
            + &number("size", "(table.size $t)")
    };
    let mut growing = instance(&host, &guest(&[], &body(5))).unwrap();
    growing.call::<_, ()>("grow", ()).unwrap();
    assert_eq!(ask(&mut growing, "size"), 20);
    let error = instance(&host, &guest(&[], &body(21))).unwrap_err();
    assert!(matches!(error, Error::Exhausted { limit: Limit::Table, .. }), "{error:?}");
}

#[test]
fn there_are_only_so_many_tables() {
    let tables = |count: usize| guest(&[], &"(table 1 funcref)".repeat(count));
    start(&[], &tables(16));
    let error = instance(&test_support::probe::host(&[]), &tables(17)).unwrap_err();
    assert_eq!(error.code(), Code::InitFailed);
    assert!(error.to_string().contains("resource limit exceeded"), "{error}");
}

#[test]
fn deep_recursion_traps_and_the_host_goes_on() {
    let body = [
        "(func $deep (param i32) (result i32) (i32.add (call $deep (local.get 0)) (i32.const 1)))".to_owned(),
        export("deep", "(drop (call $deep (i32.const 0)))", "(i64.const 0)"),
        number("seven", "(i32.const 7)"),
    ];
    let wasm = guest(&[], &body.concat());
    for host in
        [limited(|_| {}), limited(|limits| limits.stack = 1 << 20), limited(|limits| limits.stack = 16 << 10)]
    {
        let plugin = host.load("probe", &wasm).unwrap();
        let mut instance = plugin.instantiate(&Grants::none()).unwrap();
        let error = instance.call::<_, ()>("deep", ()).unwrap_err();
        assert!(matches!(error, Error::Exhausted { limit: Limit::Stack, .. }), "{error:?}");
        assert!(causes(&error).contains("call stack exhausted"), "{error:?}");
        assert_eq!(ask(&mut instance, "seven"), 7);
        assert_eq!(ask(&mut plugin.instantiate(&Grants::none()).unwrap(), "seven"), 7);
    }
}

#[test]
fn more_stack_is_more_depth() {
    // counts at 4096, which is read back as a `uint 32`
    let body = [
        r#"(data (i32.const 4095) "\ce")"#.to_owned(),
        r"(func $deep (param i32)
            (i32.store (i32.const 4096) (i32.add (i32.load (i32.const 4096)) (i32.const 1)))
            (call $deep (local.get 0))
            (i32.store (i32.const 8192) (local.get 0)))"
            .to_owned(),
        export("deep", "(call $deep (i32.const 0))", "(i64.const 0)"),
        export("depth", "(call $set_result (i32.const 4095) (i32.const 5))", "(i64.const 0x500000000)"),
    ];
    let wasm = guest(&[], &body.concat());
    let depth = |stack: usize| {
        let mut instance = instance(&limited(|limits| limits.stack = stack), &wasm).unwrap();
        assert_eq!(instance.call::<_, ()>("deep", ()).unwrap_err().code(), Code::Exhausted);
        u64::from(instance.call::<_, u32>("depth", ()).unwrap().swap_bytes())
    };
    let (small, large) = (depth(64 << 10), depth(512 << 10));
    assert!(small > 100 && large > 6 * small && large < 10 * small, "{small} {large}");
}

#[test]
fn arguments_and_replies_are_limited_for_all_functions() {
    let host = limited(|limits| (limits.args, limits.reply) = (100, 200));
    let ask = |probe: &Probe| {
        let (status, reply) = probe.ask(&host, &Grants::none());
        if status.is_ok() { (status, String::new()) } else { (status, message(reply.as_ref())) }
    };
    // an array of one `bin 8`: three bytes more than its content
    let args = |len: usize| Probe::with("echo", (serde_bytes::Bytes::new(&vec![1; len - 3]),));
    assert_eq!(ask(&args(100)).0, Status::OK);
    let too_many = |what: &str| (Status::QUOTA_EXCEEDED, format!("more than {what}"));
    assert_eq!(ask(&args(101)), too_many("100 bytes of arguments"));
    assert_eq!(ask(&Probe::new("echo", b"").range(0, u32::MAX)), too_many("100 bytes of arguments"));
    let reply = |len: usize| Probe::with("bytes", (len - 2,));
    assert_eq!(ask(&reply(200)).0, Status::OK);
    assert_eq!(ask(&reply(201)), too_many("200 bytes of reply"));
    assert_eq!(ask(&reply(201).window(4096, 300)), too_many("200 bytes of reply"));
}

#[test]
fn the_result_of_a_call_is_limited() {
    let result = |len: u32| {
        let set = format!("(call $set_result (i32.const 1024) (i32.const {len}))");
        export(&format!("r{len}"), &set, &format!("(i64.const {})", u64::from(len) << 32))
    };
    // at 1024 a `bin 8` of 98 bytes, and of 99
    let body = r#"(data (i32.const 1024) "\c4\62")"#.to_owned() + &result(100) + &result(101);
    let mut instance = instance(&limited(|limits| limits.reply = 100), &guest(&[], &body)).unwrap();
    assert_eq!(instance.call::<_, serde_bytes::ByteBuf>("r100", ()).unwrap().len(), 98);
    let error = instance.call::<_, serde_bytes::ByteBuf>("r101", ()).unwrap_err();
    assert_eq!(error.code(), Code::BadResult);
    assert!(error.to_string().contains("it is 101 bytes, and a result has at most 100; "), "{error}");
}

#[test]
fn limits_that_let_nothing_run_are_refused_together() {
    let mut limits = Limits::default();
    (limits.memory, limits.table, limits.stack) = (65_535, 0, (1 << 20) + 1);
    (limits.time, limits.args, limits.reply) = (Duration::from_micros(999), 0, 0);
    let error = Host::builder(registry(&[])).limits(limits).build().unwrap_err();
    let places: Vec<_> = error.problems().iter().map(|p| (p.code(), p.location())).collect();
    let expected = ["args", "memory", "reply", "stack", "table", "time"].map(|name| format!("limits.{name}"));
    assert_eq!(places, expected.each_ref().map(|place| (Code::BadLimit, place.as_str())));
    assert_eq!(
        problems(&error)[1],
        "H0115 limits.memory: 65535 is too little for any guest to run; make it at least 65536"
    );
}

#[test]
fn a_host_tells_its_limits() {
    assert_eq!(*test_support::probe::host(&[]).limits(), Limits::default());
    assert_eq!(limited(|limits| limits.table = 7).limits().table, 7);
}
