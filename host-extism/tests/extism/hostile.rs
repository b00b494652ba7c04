//! Guests that lie about lengths and handles, and files that are no plugins.

use hostfn::engine::CutOff;
use hostfn::error::Code;
use hostfn::{Grants, Limits};

use super::{Host, RUST, grants, guest};

const FLIP: &str = r#"(import "host" "flip" (func $flip (param i64) (result i64)))"#;

/// Runs a body, and returns the lines and the error.
fn ran(imports: &str, body: &str) -> (Vec<String>, String) {
    let host = Host::new();
    let mut plugin = host.load(&guest(imports, body), &grants()).unwrap();
    let error = plugin.call("run", b"").err().map(|error| error.to_string()).unwrap_or_default();
    (host.lines(), error)
}

#[test]
fn handles_that_do_not_exist_are_refused_and_recorded() {
    for handle in ["1", "7", "65536", "4294967295", "4294967296", "-1", "-4096", "9223372036854775807"] {
        let (lines, error) = ran(FLIP, &format!("(drop (call $flip (i64.const {handle})))"));
        assert_eq!(lines, ["flip always BAD_INPUT"], "{handle}: {error}");
        assert!(error.contains("bad_input"), "{handle}: {error}");
    }
}

#[test]
fn handle_zero_is_an_empty_block() {
    let (lines, error) = ran(FLIP, "(drop (call $flip (i64.const 0)))");
    assert_eq!((lines.as_slice(), error.as_str()), (&["flip always OK".to_owned()][..], ""));
}

/// The length of a block is in the four bytes before it, where the guest can write.
fn forged(length: u32) -> (Vec<String>, String) {
    let words = (u64::from(length) << 32) | 64;
    let body = format!(
        "(local $b i64) (local.set $b (call $alloc (i64.const 64)))
         (call $store_u64 (i64.sub (local.get $b) (i64.const 8)) (i64.const {words:#x}))
         (drop (call $flip (local.get $b)))"
    );
    ran(FLIP, &body)
}

#[test]
fn forged_lengths_over_the_limit_are_refused_before_anything_is_read() {
    for length in [u32::MAX, 0x7fff_ffff, 0x1000_0000] {
        let (lines, error) = forged(length);
        assert_eq!(lines, ["flip always QUOTA_EXCEEDED"], "{length:#x}: {error}");
    }
    // a length within the memory is the guest's own business
    assert_eq!(forged(65).0, ["flip always OK"]);
}

#[test]
fn arguments_over_the_limit_are_refused_without_a_copy() {
    let mut limits = Limits::default();
    limits.args = 1000;
    let host = Host::with(|builder| builder.limits(limits).cut_off(CutOff::Keep));
    let wasm = guest(
        r#"(import "host" "flip" (func $flip (param i64) (result i64)))
           (import "host" "add" (func $add (param i64 i64) (result i64)))"#,
        "(drop (call $flip (call $alloc (i64.const 2000))))",
    );
    let mut plugin = host.load(&wasm, &Grants::none()).unwrap();
    let error = plugin.call("run", b"").unwrap_err();
    assert!(error.to_string().contains("quota_exceeded"), "{error}");
    let wasm = guest(
        r#"(import "host" "add" (func $add (param i64 i64) (result i64)))"#,
        "(drop (call $add (call $alloc (i64.const 600)) (call $alloc (i64.const 600))))",
    );
    let mut plugin = host.load(&wasm, &Grants::none()).unwrap();
    assert!(plugin.call("run", b"").unwrap_err().to_string().contains("quota_exceeded"));
    assert_eq!(host.lines(), ["flip always QUOTA_EXCEEDED", "add always QUOTA_EXCEEDED"]);
}

#[test]
fn blocks_of_another_type_are_refused_and_recorded() {
    let number =
        |len: u32| format!("(drop (call $add (call $alloc (i64.const {len})) (call $alloc (i64.const 8))))");
    let add = r#"(import "host" "add" (func $add (param i64 i64) (result i64)))"#;
    for len in [1, 4, 7, 9, 4096] {
        assert_eq!(ran(add, &number(len)).0, ["add always BAD_INPUT"], "{len}");
    }
    assert_eq!(ran(add, &number(8)).0, ["add always OK"]);
    let text = r#"(import "host" "greet" (func $greet (param i64) (result i64)))"#;
    let body = "(local $b i64) (local.set $b (call $alloc (i64.const 2)))
                (call $store_u8 (local.get $b) (i32.const 0xff)) (drop (call $greet (local.get $b)))";
    assert_eq!(ran(text, body).0, ["greet granted BAD_INPUT"]);
    let json = r#"(import "host" "shelve" (func $shelve (param i64) (result i64)))"#;
    let deep = "(local $b i64) (local $i i64) (local.set $b (call $alloc (i64.const 50000)))
        (loop $next
          (call $store_u8 (i64.add (local.get $b) (local.get $i)) (i32.const 0x5b))
          (br_if $next (i64.lt_u (local.tee $i (i64.add (local.get $i) (i64.const 1))) (i64.const 50000))))
        (drop (call $shelve (local.get $b)))";
    assert_eq!(ran(json, deep).0, ["shelve always BAD_INPUT"]);
}

#[test]
fn refusals_without_end_stop_the_guest() {
    let imports = r#"(import "host:try" "flip" (func $flip (param i64) (result i64)))"#;
    let body = "(loop $next (drop (call $flip (i64.const 7))) (br $next))";
    let host = Host::new();
    let mut plugin = host.load(&guest(imports, body), &Grants::none()).unwrap();
    let error = plugin.call("run", b"").unwrap_err();
    assert_eq!(error.code(), Code::Exhausted, "{error}");
    assert_eq!(plugin.call("run", b"").unwrap_err().code(), Code::CutOff);
}

#[test]
fn truncated_and_foreign_files_are_refused_without_a_panic() {
    let host = Host::new();
    let mut refused = 0;
    for len in (0..RUST.len()).step_by(997).chain(0..64) {
        match host.load(&RUST[..len], &grants()) {
            Ok(plugin) => assert_eq!(plugin.session().functions().len(), 0, "{len}"),
            Err(error) => {
                assert_eq!(error.code(), Code::NotAModule, "{len}");
                refused += 1;
            }
        }
    }
    assert!(refused > 200, "{refused}");
    let component = wat::parse_str("(component)").unwrap();
    let error = host.load(&component, &grants()).unwrap_err();
    assert!(error.to_string().contains("it is a component"), "{error}");
    for flip in (8..RUST.len()).step_by(4099) {
        let mut bytes = RUST.to_vec();
        bytes[flip] ^= 0xff;
        // it may still be a module
        let _ = host.load(&bytes, &grants());
    }
}

#[test]
fn modules_that_extism_cannot_limit_are_refused() {
    let host = Host::new();
    let code = |text: &str| {
        let wasm = wat::parse_str(text).unwrap();
        host.load(&wasm, &Grants::none()).unwrap_err().code()
    };
    assert_eq!(code("(module (table 1 funcref))"), Code::LoadLimit);
    assert_eq!(code("(module (table 1 100000000 funcref))"), Code::LoadLimit);
    assert_eq!(code("(module (func $f) (start $f))"), Code::StartUnbounded);
    assert_eq!(code("(module (func (export \"_initialize\")))"), Code::StartUnbounded);
    assert_eq!(code("(module (memory 1) (memory 1))"), Code::NotAModule);
    assert_eq!(code("(module (memory i64 1))"), Code::NotAModule);
    assert_eq!(code("(module (type (struct)))"), Code::NotAModule);
    assert!(host.load(&wat::parse_str("(module (table 1 10 funcref))").unwrap(), &Grants::none()).is_ok());
}
