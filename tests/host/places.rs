//! Places that a host keeps for instances.

use hostfn::error::{Code, Limit};
use hostfn::{Error, Grants, Host, HostFn, Limits, Plugin, host_fn};
use pollster::block_on;
use test_support::probe::{export, guest, registry, relay};

/// Return the bytes.
#[host_fn(capability = none, collect = false)]
fn reflect(data: &[u8]) -> &[u8] {
    data
}

/// Return the bytes later.
#[host_fn(capability = none, collect = false)]
async fn reflect_later(data: Vec<u8>) -> Vec<u8> {
    std::future::ready(data).await
}

fn host(places: u32, limits: Limits) -> Host {
    Host::builder(registry(&[reflect::SPEC, reflect_later::SPEC]))
        .limits(limits)
        .pool(places)
        .build()
        .unwrap()
}

fn limits() -> Limits {
    let mut limits = Limits::default();
    (limits.memory, limits.args, limits.reply) = (4 << 20, 1 << 20, 1 << 20);
    limits.table = 1_000;
    limits
}

/// `dirty` changes everything that a guest can change; `clean` traps unless it is all as in a new instance.
fn dirty_guest() -> Vec<u8> {
    let dirty = "
        (global.set $g (i64.const 7))
        (drop (memory.grow (i32.const 4)))
        (memory.fill (i32.const 0) (i32.const 0xff) (i32.const 0x80000))
        (drop (table.grow $t (ref.func $it) (i32.const 10)))
        (table.fill $t (i32.const 0) (ref.func $it) (i32.const 14))";
    let clean = "
        (local $at i32)
        (if (i64.ne (global.get $g) (i64.const 1)) (then unreachable))
        (if (i32.ne (memory.size) (i32.const 4)) (then unreachable))
        (if (i32.ne (table.size $t) (i32.const 4)) (then unreachable))
        (if (i32.eqz (ref.is_null (table.get $t (i32.const 0)))) (then unreachable))
        (if (i64.ne (i64.load (i32.const 512)) (i64.const 0x6867666564636261)) (then unreachable))
        (i64.store (i32.const 512) (i64.const 0))
        (loop $next
            (if (i64.ne (i64.load (local.get $at)) (i64.const 0)) (then unreachable))
            (br_if $next (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 8))) (i32.const 0x40000))))
        (if (i32.eq (memory.grow (i32.const 4)) (i32.const -1)) (then unreachable))
        (loop $next
            (if (i64.ne (i64.load (local.get $at)) (i64.const 0)) (then unreachable))
            (br_if $next (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 8))) (i32.const 0x80000))))";
    let items = r#"(global $g (mut i64) (i64.const 1)) (table $t 4 100 funcref) (func $it)
        (elem declare func $it) (data (i32.const 512) "abcdefgh")"#;
    let exports = [export("dirty", dirty, "(i64.const 0)"), export("clean", clean, "(i64.const 0)")].concat();
    guest(&[], &format!("{items} {exports}"))
}

fn exhausted(error: &Error) -> Limit {
    match error {
        Error::Exhausted { limit, .. } => *limit,
        other => panic!("{other}"),
    }
}

#[test]
fn place_is_cleared_for_the_next_instance() {
    let host = host(1, limits());
    let plugins: Vec<Plugin> =
        ["a", "b"].iter().map(|name| host.load(*name, &dirty_guest()).unwrap()).collect();
    for round in 0..6 {
        let plugin = &plugins[round / 2 % 2];
        plugin.instantiate(&Grants::none()).unwrap().call::<_, ()>("clean", ()).unwrap();
        plugin.instantiate(&Grants::none()).unwrap().call::<_, ()>("dirty", ()).unwrap();
    }
}

#[test]
fn instance_beyond_the_places_is_refused() {
    let host = host(2, limits());
    let plugin = host.load("probe", &dirty_guest()).unwrap();
    let start = || plugin.instantiate(&Grants::none());
    let mut kept = [start().unwrap(), start().unwrap()];
    let error = start().unwrap_err();
    assert_eq!(error.code(), Code::PlacesInUse, "{error}");
    kept[0].close().unwrap();
    assert_eq!(start().unwrap_err().code(), Code::PlacesInUse, "a closed instance keeps its memory");
    drop(kept);
    drop([start().unwrap(), start().unwrap()]);
}

#[test]
fn failed_start_gives_its_place_back() {
    let host = host(1, limits());
    let traps = guest(&[], r#"(func $trap unreachable) (start $trap)"#);
    let plugin = host.load("traps", &traps).unwrap();
    for _ in 0..3 {
        assert_eq!(plugin.instantiate(&Grants::none()).unwrap_err().code(), Code::InitFailed);
    }
    host.load("probe", &dirty_guest()).unwrap().instantiate(&Grants::none()).unwrap();
}

#[test]
fn guest_in_a_place_keeps_to_its_limits() {
    let grow = |what: &str| {
        export(
            "grow",
            &format!("(loop $l (if (i32.ne {what} (i32.const -1)) (then (br $l)))) unreachable"),
            "",
        )
    };
    for (limit, body) in [
        (Limit::Memory, grow("(memory.grow (i32.const 1))")),
        (
            Limit::Table,
            format!("(table $t 4 funcref) {}", grow("(table.grow $t (ref.null func) (i32.const 99))")),
        ),
    ] {
        let plugin = host(2, limits()).load("grows", &guest(&[], &body)).unwrap();
        let mut instance = plugin.instantiate(&Grants::none()).unwrap();
        let error = instance.call::<_, ()>("grow", ()).unwrap_err();
        assert_eq!(exhausted(&error), limit, "{error}");
    }
}

#[test]
fn small_reservation_is_raised_to_a_place() {
    let host =
        Host::builder(registry(&[])).limits(limits()).reserve_memory(64 << 10).pool(2).build().unwrap();
    let plugin = host.load("probe", &dirty_guest()).unwrap();
    let mut instance = plugin.instantiate(&Grants::none()).unwrap();
    instance.call::<_, ()>("clean", ()).unwrap();
}

#[test]
fn instance_that_waits_has_a_place() {
    let host = host(1, limits());
    let plugin = host.load("probe", &guest(&["reflect_later"], &relay("reflect_later"))).unwrap();
    for _ in 0..3 {
        let mut instance = block_on(plugin.instantiate_async(&Grants::none())).unwrap();
        let bytes = serde_bytes::ByteBuf::from(vec![7; 9]);
        let reply: serde_bytes::ByteBuf = block_on(instance.call_async("reflect_later", (&bytes,))).unwrap();
        assert_eq!(reply, bytes);
        let error = block_on(plugin.instantiate_async(&Grants::none())).unwrap_err();
        assert_eq!(error.code(), Code::PlacesInUse, "{error}");
    }
}

#[test]
fn module_beyond_a_place_is_refused_at_load() {
    let host = host(1, limits());
    let tables = "(table 1 funcref)".repeat(17);
    for (beyond, items) in [
        ("memory", r#"(memory (export "memory") 65)"#.to_owned()),
        ("table", r#"(memory (export "memory") 1) (table 1001 funcref)"#.to_owned()),
        ("tables", format!(r#"(memory (export "memory") 1) {tables}"#)),
    ] {
        let error = host.load("large", &wat::parse_str(format!("(module {items})")).unwrap()).unwrap_err();
        assert_eq!(error.code(), Code::NotAModule, "{beyond}: {error}");
        assert!(error.to_string().contains("limits of memory and tables"), "{error}");
    }
}
