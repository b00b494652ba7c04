//! A guest with an export for each outcome.

use hostfn::abi::codec;
use test_support::probe::{export, relay};

use super::CHARGED;
use super::functions::{FUNCTIONS, WAITING};

/// The place where the guest's allocator gives room: 15 pages.
const BLOCK: u32 = 0x1_0000;

/// The behaviour of the guest's allocator while a host function replies.
#[derive(Clone, Copy)]
pub(super) enum Alloc {
    Gives,
    GivesNothing,
    Traps,
    Nests,
    GivesOutside,
}

/// An export that calls a host function, and how that ends.
pub(super) struct Outcome {
    pub(super) import: &'static str,
    args: Vec<u8>,
    alloc: Alloc,
    window: u32,
    pub(super) expected: &'static str,
}

fn outcome(import: &'static str, args: impl serde::Serialize, expected: &'static str) -> Outcome {
    let args = codec::to_vec(&args).unwrap();
    Outcome { import, args, alloc: Alloc::Gives, window: 0, expected }
}

impl Outcome {
    fn alloc(self, alloc: Alloc) -> Self {
        Self { alloc, ..self }
    }

    fn window(self, window: u32) -> Self {
        Self { window, ..self }
    }

    fn args(self, args: &[u8]) -> Self {
        Self { args: args.to_vec(), ..self }
    }
}

pub(super) fn nothing(count: usize) -> Vec<Option<String>> {
    vec![None; count]
}

/// Outcomes of calls from the guest after which it goes on.
pub(super) fn outcomes() -> Vec<Outcome> {
    let long = "a".repeat(500);
    vec![
        outcome("plain", (), "OK").window(64),
        outcome("plain", (), "OK"),
        outcome("echo", (&long,), "OK").window(64),
        outcome("echo", (&long,), "OK").window(1024),
        outcome("bytes", (CHARGED,), "OK"),
        outcome("bytes", (CHARGED,), "OK").window(64),
        outcome("bytes", (CHARGED,), "OK").alloc(Alloc::Nests),
        outcome("bytes", (CHARGED,), "NO_ROOM").alloc(Alloc::GivesNothing),
        outcome("bytes", (CHARGED,), "NO_ROOM").alloc(Alloc::GivesOutside),
        outcome("bytes", (CHARGED,), "NO_ROOM").alloc(Alloc::Traps),
        outcome("bytes", (2 << 20,), "QUOTA_EXCEEDED"),
        outcome("count", (nothing(2_000),), "OK"),
        outcome("count", (nothing(20_000),), "QUOTA_EXCEEDED"),
        outcome("echo", (7,), "BAD_INPUT"),
        outcome("echo", (), "BAD_INPUT").args(b"\xc1"),
        outcome("echo", (), "BAD_INPUT").args(b"\x91\xd9\xff"),
        outcome("fail", (), "FAILED"),
        outcome("fail", (), "FAILED").window(1024),
        outcome("fail", (), "FAILED").alloc(Alloc::GivesNothing),
        outcome("fail", (), "FAILED").alloc(Alloc::Nests),
        outcome("refuse", (), "NO_CAPABILITY"),
        outcome("guarded", ("mine",), "OK"),
        outcome("guarded", ("theirs",), "NO_CAPABILITY"),
        outcome("guarded", ("theirs",), "NO_CAPABILITY").alloc(Alloc::Traps),
        outcome("denied", (), "NO_CAPABILITY"),
        outcome("once", (), "OK"),
        outcome("hold", (100_000,), "OK"),
        outcome("hold", (1_u32 << 31,), "QUOTA_EXCEEDED"),
        outcome("close", (7_u64,), "NOT_FOUND"),
        outcome("nested", (), "OK"),
    ]
}

/// The reply of a function that opens a thing, where the guest has no room for it.
pub(super) fn lost_handle() -> Outcome {
    outcome("open", (), "NO_ROOM").alloc(Alloc::GivesNothing)
}

/// The same, of functions that wait.
pub(super) fn waiting_outcomes() -> Vec<Outcome> {
    let long = "a".repeat(500);
    vec![
        outcome("echo_later", (&long,), "OK").window(64),
        outcome("echo_later", (&long,), "OK").window(1024),
        outcome("bytes_later", (CHARGED,), "OK"),
        outcome("bytes_later", (CHARGED,), "OK").alloc(Alloc::Nests),
        outcome("bytes_later", (CHARGED,), "NO_ROOM").alloc(Alloc::GivesNothing),
        outcome("bytes_later", (CHARGED,), "NO_ROOM").alloc(Alloc::Traps),
        outcome("bytes_later", (2 << 20,), "QUOTA_EXCEEDED"),
        outcome("fail_later", (), "FAILED"),
        outcome("fail_later", (), "FAILED").alloc(Alloc::GivesNothing),
    ]
}

/// Exports `0`, `1` and so on for the outcomes, and the ways in which a guest is cut off. It imports async functions if
/// it `waits`.
pub(super) fn wasm(waits: bool, outcomes: &[Outcome]) -> Vec<u8> {
    let waiting = if waits { &WAITING[..] } else { &[] };
    let functions = || FUNCTIONS.iter().chain(waiting);
    let imports: String = functions()
        .map(|name| format!("(import \"host\" \"{name}\" (func ${name} (param i32 i32) (result i64)))\n"))
        .collect();
    let (mut at, mut body) = (16 * BLOCK, String::new());
    for (index, Outcome { import, args, alloc, window, .. }) in outcomes.iter().enumerate() {
        let (len, alloc) = (args.len(), *alloc as i32);
        let data: String = args.iter().map(|byte| format!("\\{byte:02x}")).collect();
        body += &format!("(data (i32.const {at}) \"{data}\")");
        let call = format!(
            "(local $word i64)
            (global.set $alloc (i32.const {alloc}))
            (drop (call $set_window (i32.const 1024) (i32.const {window})))
            (local.set $word (call ${import} (i32.const {at}) (i32.const {len})))
            (global.set $alloc (i32.const 0))
            (drop (call $set_window (i32.const 0) (i32.const 0)))
            (call $set_result (call $result_ptr) (i32.wrap_i64 (i64.shr_u (local.get $word) (i64.const 32))))"
        );
        body += &export(&index.to_string(), &call, "(local.get $word)");
        at += u32::try_from(len).unwrap().next_multiple_of(64);
    }
    let no_args = "(i32.const 0) (i32.const 0)";
    let status = |call: &str| format!("(i64.and (call {call}) (i64.const 0xffffffff))");
    body += &export("out_of_range", "", &status("$echo (i32.const 0x1ffffff) (i32.const 64)"));
    let twice = format!("$once {no_args}");
    body += &export("twice", &format!("(drop (call {twice}))"), &status(&twice));
    body += &export("trap", "unreachable", "");
    body += &export("spin", "(loop $again (br $again))", "(i64.const 0)");
    body += &export("deep", "(drop (call $deep (i32.const 0)))", "(i64.const 0)");
    body += &export(
        "log",
        "(loop $l (call $log (i32.const 2) (i32.const 0) (i32.const 8)) (br $l))",
        "(i64.const 0)",
    );
    body +=
        &export("denials", &format!("(loop $l (drop (call $denied {no_args})) (br $l))"), "(i64.const 0)");
    body += &export("liar", "(call $set_result (i32.const 64) (i32.const 9))", "(i64.const 0x100000000)");
    body += &export("outside", "(call $set_result (i32.const -1) (i32.const 1))", "(i64.const 0x100000000)");
    body += &export(
        "long",
        "(call $set_result (i32.const 0) (i32.const 0x100001))",
        "(i64.const 0x10000100000000)",
    );
    body += &export("take", "", "(i64.const 0)");
    body += &export("starve", "(global.set $alloc (i32.const 1))", "(i64.const 0)");
    body += &export("feed", "(global.set $alloc (i32.const 0))", "(i64.const 0)");
    body.extend(functions().map(|name| relay(name)));
    wat::parse_str(format!(
        r#"(module
            {imports}
            (import "host" "host_log" (func $log (param i32 i32 i32)))
            (import "host" "host_set_result" (func $set_result (param i32 i32)))
            (import "host" "host_set_window" (func $set_window (param i32 i32) (result i32)))
            (import "host" "host_result_ptr" (func $result_ptr (result i32)))
            (memory (export "memory") 32)
            (global $alloc (mut i32) (i32.const 0))
            (func $deep (param i32) (result i32) (i32.add (call $deep (local.get 0)) (i32.const 1)))
            (func (export "plugin_alloc") (param i32) (result i32)
                (if (i32.eq (global.get $alloc) (i32.const {nothing})) (then (return (i32.const 0))))
                (if (i32.eq (global.get $alloc) (i32.const {traps})) (then unreachable))
                (if (i32.eq (global.get $alloc) (i32.const {outside})) (then (return (i32.const 0x1ffffff))))
                (if (i32.eq (global.get $alloc) (i32.const {nests})) (then
                    (global.set $alloc (i32.const 0))
                    (drop (call $bytes (i32.const 2048) (i32.const 6)))
                    (drop (call $fail (i32.const 0) (i32.const 0)))
                    (drop (call $denied (i32.const 0) (i32.const 0)))
                    (global.set $alloc (i32.const {nests}))))
                (i32.const {BLOCK}))
            (data (i32.const 2048) "\91\ce\00\01\86\a0")
            {body})"#,
        nothing = Alloc::GivesNothing as i32,
        traps = Alloc::Traps as i32,
        outside = Alloc::GivesOutside as i32,
        nests = Alloc::Nests as i32,
    ))
    .expect("the guest is valid WAT")
}
