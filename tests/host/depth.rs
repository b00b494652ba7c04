//! The depth to which host functions may call back into the guest.

use hostfn::{Error, Grants, Host, HostFn, Limits, Status, host_fn};
use test_support::probe::{bare_guest, export, registry};

/// Answer with four bytes.
#[host_fn(capability = none)]
fn four() -> u32 {
    u32::MAX
}

/// Answer with four bytes, on an executor.
#[host_fn(capability = none)]
async fn four_later() -> u32 {
    std::future::ready(()).await;
    u32::MAX
}

/// Refuse whatever is said.
#[host_fn(capability = none)]
fn picky(said: &str) -> u32 {
    u32::from(said.is_empty())
}

fn limited(depth: u32) -> Host {
    let mut limits = Limits::default();
    limits.depth = depth;
    let specs = [four::SPEC, four_later::SPEC, picky::SPEC];
    Host::builder(registry(&specs)).limits(limits).build().unwrap()
}

/// A guest whose `run` calls `call` once, whose allocator does the same each time, and whose `allocs` and `last` are
/// how often it was asked for a block and what the innermost call answered.
fn nesting(imports: &[&str], call: &str) -> Vec<u8> {
    let number = |name: &str, global: &str| {
        let store = format!("(i32.store8 (i32.const 9) (global.get {global}))");
        let body = format!("(i32.store8 (i32.const 8) (i32.const 0xcc)) {store}");
        export(name, &(body + "(call $set_result (i32.const 8) (i32.const 2))"), "(i64.const 0x200000000)")
    };
    let body = [
        "(global $allocs (mut i32) (i32.const 0)) (global $last (mut i32) (i32.const 77))".to_owned(),
        "(global $known (mut i32) (i32.const 0))".to_owned(),
        format!(
            r#"(func $once
                (local $answer i32)
                (local.set $answer {call})
                (if (i32.eqz (global.get $known)) (then
                    (global.set $known (i32.const 1)) (global.set $last (local.get $answer)))))
            (func (export "plugin_alloc") (param i32) (result i32)
                (global.set $allocs (i32.add (global.get $allocs) (i32.const 1)))
                (call $once)
                (i32.const 4096))"#
        ),
        export("run", "(call $once)", "(i64.const 0)"),
        number("allocs", "$allocs"),
        number("last", "$last"),
    ];
    bare_guest(imports, &body.concat())
}

/// Returns how often the allocator ran, and the innermost answer, on an instance of each kind.
fn both_kinds(host: &Host, wasm: &[u8], waits_only: bool) -> Vec<(u8, u8)> {
    let plugin = host.load("probe", wasm).unwrap();
    let mut seen = Vec::new();
    if !waits_only {
        let mut instance = plugin.instantiate(&Grants::none()).unwrap();
        instance.call::<_, ()>("run", ()).unwrap();
        seen.push((instance.call("allocs", ()).unwrap(), instance.call("last", ()).unwrap()));
    }
    pollster::block_on(async {
        let mut instance = plugin.instantiate_async(&Grants::none()).await.unwrap();
        instance.call_async::<_, ()>("run", ()).await.unwrap();
        let allocs = instance.call_async("allocs", ()).await.unwrap();
        seen.push((allocs, instance.call_async("last", ()).await.unwrap()));
    });
    seen
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the guest keeps one byte")]
fn byte(status: Status) -> u8 {
    status.code() as u8
}

#[test]
fn host_alloc_too_deep_returns_0() {
    let wasm = nesting(&[], "(call $host_alloc (i32.const 4))");
    for depth in [0, 1, 8, 64] {
        let seen = both_kinds(&limited(depth), &wasm, false);
        assert_eq!(seen, [(u8::try_from(depth).unwrap(), 0); 2], "depth {depth}");
    }
    assert_eq!(Limits::default().depth, 8);
}

#[test]
fn reply_too_deep_is_no_room() {
    for (name, waits_only) in [("four", false), ("four_later", true)] {
        let wasm = nesting(&[name], &format!("(i32.wrap_i64 (call ${name} (i32.const 0) (i32.const 0)))"));
        for depth in [0, 3, 8] {
            let expected = (u8::try_from(depth).unwrap(), byte(Status::NO_ROOM));
            let seen = both_kinds(&limited(depth), &wasm, waits_only);
            assert!(
                !seen.is_empty() && seen.iter().all(|seen| *seen == expected),
                "{name}, {depth}: {seen:?}"
            );
        }
    }
}

#[test]
fn error_reply_too_deep_is_dropped() {
    // the arguments are no string
    let call = "(call $picky (i32.const 0) (i32.const 1))";
    let length = format!("(i32.wrap_i64 (i64.shr_u {call} (i64.const 32)))");
    let status = format!("(i32.wrap_i64 {call})");
    for depth in [0, 3, 8] {
        let allocs = u8::try_from(depth).unwrap();
        let seen = both_kinds(&limited(depth), &nesting(&["picky"], &length), false);
        assert_eq!(seen, [(allocs, 0); 2], "depth {depth}");
        let seen = both_kinds(&limited(depth), &nesting(&["picky"], &status), false);
        assert_eq!(seen, [(allocs, byte(Status::BAD_INPUT)); 2], "depth {depth}");
    }
}

#[test]
fn reply_that_fits_the_window_needs_no_depth() {
    let run = export(
        "run",
        "(drop (call $set_window (i32.const 4096) (i32.const 64)))
         (if (i32.wrap_i64 (call $four (i32.const 0) (i32.const 0))) (then unreachable))",
        "(i64.const 0)",
    );
    let plugin = limited(0).load("probe", &bare_guest(&["four"], &run)).unwrap();
    plugin.instantiate(&Grants::none()).unwrap().call::<_, ()>("run", ()).unwrap();
}

#[test]
fn arguments_of_a_call_need_no_depth() {
    let body = r#"(func (export "plugin_alloc") (param i32) (result i32) (i32.const 4096))"#.to_owned()
        + &export("run", "", "(i64.const 0)");
    let plugin = limited(0).load("probe", &bare_guest(&[], &body)).unwrap();
    plugin.instantiate(&Grants::none()).unwrap().call::<_, ()>("run", (1, 2)).unwrap();
}

#[test]
fn depth_is_whole_again_after_a_trap() {
    let alloc = "(drop (call $host_alloc (i32.const 4)))";
    let body = [
        r#"(global $allocs (mut i32) (i32.const 0))
        (func (export "plugin_alloc") (param i32) (result i32)
            (global.set $allocs (i32.add (global.get $allocs) (i32.const 1))) unreachable)"#
            .to_owned(),
        export(
            "run",
            &(alloc.repeat(3) + "(if (i32.ne (global.get $allocs) (i32.const 3)) (then unreachable))"),
            "(i64.const 0)",
        ),
    ];
    let wasm = bare_guest(&[], &body.concat());
    crate::instance(&limited(1), &wasm).unwrap().call::<_, ()>("run", ()).unwrap();
}

#[test]
fn manifest_lowers_the_depth() {
    let wasm = nesting(&[], "(call $host_alloc (i32.const 4))");
    let manifest =
        |depth: u32| format!("name = \"probe\"\nversion = \"1.0.0\"\nabi = 1\n[limits]\ndepth = {depth}\n");
    for (asked, allocs) in [(2, 2), (63, 8)] {
        let plugin = limited(8).load_with_manifest(&manifest(asked), &wasm).unwrap();
        let mut instance = plugin.instantiate(&Grants::none()).unwrap();
        instance.call::<_, ()>("run", ()).unwrap();
        assert_eq!(instance.call::<_, u8>("allocs", ()).unwrap(), allocs);
    }
}

#[test]
fn depth_beyond_64_is_refused() {
    let mut limits = Limits::default();
    limits.depth = 65;
    let error: Error = Host::builder(registry(&[])).limits(limits).build().unwrap_err();
    assert_eq!(
        error.to_string(),
        "H0115 limits.depth: 65 levels can take more stacks than a process has room for; make it at most 64"
    );
}
