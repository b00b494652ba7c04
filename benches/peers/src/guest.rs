//! The rows, and the guests of core WebAssembly.

use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Person {
    pub(crate) name: String,
    pub(crate) street: String,
    pub(crate) city: String,
    pub(crate) country: String,
}

impl Person {
    pub(crate) fn ada() -> Self {
        let text = |text: &str| text.to_owned();
        Person {
            name: text("Ada Lovelace"),
            street: text("12 St James's Square"),
            city: text("London"),
            country: text("England"),
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Function {
    Add,
    Greet,
    Person,
    BytesIn,
    Echo,
    Log,
}

pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) title: &'static str,
    pub(crate) function: Function,
    /// The function's import in guests of hostfn.
    pub(crate) import: &'static str,
    /// Bytes of argument, where it has bytes.
    pub(crate) size: usize,
    /// Calls of one run.
    pub(crate) calls: u32,
}

const fn row(
    name: &'static str,
    title: &'static str,
    function: Function,
    import: &'static str,
    size: usize,
    calls: u32,
) -> Row {
    Row { name, title, function, import, size, calls }
}

pub(crate) const ROWS: [Row; 7] = [
    row("add", "add", Function::Add, "add", 0, 5_000),
    row("greet", "greet 16 B", Function::Greet, "greet", 16, 5_000),
    row("person", "record of 4 strings", Function::Person, "person", 0, 2_000),
    row("bytes-in", "64 KiB in", Function::BytesIn, "bytes_in", 64 << 10, 5_000),
    row("echo-64k", "64 KiB echo", Function::Echo, "echo", 64 << 10, 200),
    row("echo-1m", "1 MiB echo", Function::Echo, "echo", (1 << 20) - 64, 20),
    row("log", "log with state", Function::Log, "log", 16, 5_000),
];

pub(crate) const GREETED: &str = "sixteen letters!";

pub(crate) fn data(row: &Row) -> serde_bytes::ByteBuf {
    serde_bytes::ByteBuf::from(vec![7; row.size])
}

/// The addresses of the arguments, the reply window and the block of `plugin_alloc` in the guests.
pub(crate) const ARGS: usize = 1 << 10;
pub(crate) const WINDOW: usize = 4 << 20;
pub(crate) const WINDOW_LEN: usize = 2 << 20;
pub(crate) const BLOCK: usize = 8 << 20;

/// A guest that passes `args` to the import over and over. Its allocator returns one and the same block, the cheapest there
/// can be. `run` calls it in a loop, `once` a single time with its reply as the result.
pub(crate) fn packed(import: &str, args: &[u8], calls: u32, window: bool) -> Vec<u8> {
    let set_window = format!("(drop (call $w (i32.const {WINDOW}) (i32.const {WINDOW_LEN})))");
    text(
        &format!(
            r#"(import "host" "{import}" (func $f (param i32 i32) (result i64)))
            (import "host" "host_set_window" (func $w (param i32 i32) (result i32)))
            (import "host" "host_set_result" (func $r (param i32 i32)))
            (import "host" "host_result_ptr" (func $p (result i32)))"#
        ),
        args,
        &format!(
            r#"(func (export "plugin_alloc") (param i32) (result i32) i32.const {BLOCK})
            (func (export "run") (param i32 i32) (result i64)
                (local $n i32)
                {set_window}
                (local.set $n (i32.const {calls}))
                (loop $again
                    (if (i32.wrap_i64 (call $f (i32.const {ARGS}) (i32.const {len}))) (then unreachable))
                    (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
                i64.const 0)
            (func (export "once") (param i32 i32) (result i64)
                (local $word i64)
                {set_window}
                (local.set $word (call $f (i32.const {ARGS}) (i32.const {len})))
                (call $r (call $p) (i32.wrap_i64 (i64.shr_u (local.get $word) (i64.const 32))))
                local.get $word)"#,
            set_window = if window { &set_window } else { "" },
            len = args.len(),
        ),
    )
}

/// A guest with these imports and exports, and 16 MiB of memory with `args` in it.
pub(crate) fn text(imports: &str, args: &[u8], functions: &str) -> Vec<u8> {
    let data: String = args.iter().map(|byte| format!("\\{byte:02x}")).collect();
    let module = format!(
        r#"(module {imports} (memory (export "memory") 256) (data (i32.const {ARGS}) "{data}") {functions})"#
    );
    wat::parse_str(module).expect("the guest is valid")
}
