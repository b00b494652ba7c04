//! The process that a guest runs in, and guests in WAT.

use std::fs;
use std::process::Command;

use hostfn::{Error, Grants, Host, HostFnSpec, Instance, Limits, Registry};
use rustix::process::{Resource, Rlimit, setrlimit};

/// The memory limit of an instance.
pub const LIMIT: usize = 32 << 20;

/// The memory that the process may take besides: the program, the engine, the compiled guest.
const BESIDES: usize = 64 << 20;

/// A child whose heap gets so large is stopped, so that a guest that succeeds does no harm.
const CEILING: u64 = 2 << 30;

/// Names the guest that a child runs.
const CHILD: &str = "HOSTFN_MEMORY_GUEST";

/// Defines a test whose body runs in a child process with a limited peak.
macro_rules! guests {
    ($($(#[doc = $doc:literal])+ fn $name:ident() $body:block)+) => {$(
        $(#[doc = $doc])+
        #[test]
        fn $name() {
            crate::harness::run(concat!(module_path!(), "::", stringify!($name)), || $body);
        }
    )+};
}
pub(crate) use guests;

/// Runs the test program again with this test alone, which then runs `guest`, and checks the child's peak.
pub fn run(path: &str, guest: impl FnOnce()) {
    let (_, test) = path.split_once("::").unwrap();
    if std::env::var(CHILD).is_ok_and(|child| child == test) {
        let ceiling = Rlimit { current: Some(CEILING), maximum: Some(CEILING) };
        setrlimit(Resource::Data, ceiling).unwrap();
        guest();
        println!("peak: {}", peak().unwrap_or(0));
        return;
    }
    let program = std::env::current_exe().unwrap();
    let child = Command::new(program)
        .args(["--exact", test, "--nocapture", "--test-threads=1"])
        .env(CHILD, test)
        .output()
        .unwrap();
    let (said, complained) = (String::from_utf8_lossy(&child.stdout), String::from_utf8_lossy(&child.stderr));
    assert!(child.status.success(), "{}\n{said}\n{complained}", child.status);
    let peak = said.lines().find_map(|line| line.split_once("peak: ")?.1.parse().ok());
    let peak: usize = peak.unwrap_or_else(|| panic!("the child ran no guest:\n{said}"));
    let most = LIMIT + BESIDES;
    println!("{test}: {} MiB of {}", peak >> 20, most >> 20);
    assert!(peak < most, "the host held {} MiB; at most {} are allowed", peak >> 20, most >> 20);
}

/// The peak of this process's resident set, where the system tells it.
fn peak() -> Option<usize> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<usize>().ok().map(|kib| kib << 10)
}

/// Limits under which arguments and replies are as long as the default replies.
pub fn limits() -> Limits {
    let mut limits = Limits::default();
    (limits.memory, limits.args, limits.reply) = (LIMIT, 16 << 20, 16 << 20);
    limits
}

pub fn host(specs: &[&'static HostFnSpec]) -> Host {
    let registry = Registry::builder().add_all(specs.iter().copied()).build().unwrap();
    Host::builder(registry).limits(limits()).build().unwrap()
}

pub fn start(host: &Host, wasm: &[u8]) -> Instance {
    host.load("hostile", wasm).unwrap().instantiate(&Grants::none()).unwrap()
}

pub async fn start_waiting(host: &Host, wasm: &[u8]) -> Instance {
    host.load("hostile", wasm).unwrap().instantiate_async(&Grants::none()).await.unwrap()
}

/// Calls `run`, which has to come back: a guest that is refused goes on, or ends with an error.
pub fn attack(host: &Host, wasm: &[u8]) -> Result<(), Error> {
    start(host, wasm).call("run", ())
}

/// The place where a guest keeps what it passes.
const AT: u32 = 1024;

/// A guest with these host functions, each as `$name`, `pages` of memory, `data` at 1024, and `body`.
pub fn guest(imports: &[&str], pages: u32, data: &[u8], body: &str) -> Vec<u8> {
    let imports: String = imports
        .iter()
        .map(|name| format!("(import \"host\" \"{name}\" (func ${name} (param i32 i32) (result i64)))\n"))
        .collect();
    let data: String = data.iter().map(|byte| format!("\\{byte:02x}")).collect();
    wat::parse_str(format!(
        r#"(module
            {imports}
            (import "host" "host_log" (func $log (param i32 i32 i32)))
            (import "host" "host_alloc" (func $host_alloc (param i32) (result i32)))
            (import "host" "host_set_result" (func $set_result (param i32 i32)))
            (import "host" "host_set_window" (func $set_window (param i32 i32) (result i32)))
            (memory (export "memory") {pages})
            (data (i32.const {AT}) "{data}")
            (func $fill (param $at i32) (param $len i32) (param $unit i32) (local $i i32)
                (loop $next
                    (i32.store8 (i32.add (local.get $at) (local.get $i))
                        (i32.load8_u (i32.add (i32.const 16) (i32.rem_u (local.get $i) (local.get $unit)))))
                    (local.set $i (i32.add (local.get $i) (i32.const 1)))
                    (br_if $next (i32.lt_u (local.get $i) (local.get $len)))))
            {body})"#
    ))
    .expect("the guest is valid WAT")
}

/// An export `run` that answers nothing after `body`.
pub fn run_export(body: &str) -> String {
    format!(r#"(func (export "run") (param i32 i32) (result i64) (local $i i32) {body} (i64.const 0))"#)
}

/// Runs `body` so often.
pub fn repeat(times: u32, body: &str) -> String {
    format!(
        "(loop $again {body}
            (local.set $i (i32.add (local.get $i) (i32.const 1)))
            (br_if $again (i32.lt_u (local.get $i) (i32.const {times}))))"
    )
}

/// `prefix`, an array of as many `unit`s as `bytes` have room for, in a memory of `pages`: its length, and what
/// writes it at 1024.
fn array(prefix: &[u8], unit: &[u8], bytes: u32) -> (u32, u32, Vec<u8>, String) {
    let count = bytes / u32::try_from(unit.len()).unwrap();
    let data = [prefix, &[0xdd], &count.to_be_bytes()].concat();
    let head = u32::try_from(data.len()).unwrap();
    let unit_data: String = unit
        .iter()
        .enumerate()
        .map(|(at, byte)| format!("(i32.store8 (i32.const {}) (i32.const {byte}))", 16 + at))
        .collect();
    let len = count * u32::try_from(unit.len()).unwrap();
    let fill = format!(
        "{unit_data} (call $fill (i32.const {}) (i32.const {len}) (i32.const {}))",
        AT + head,
        unit.len()
    );
    let pages = (AT + head + len).div_ceil(64 << 10);
    (head + len, pages, data, fill)
}

/// A guest that passes to `import`, its only argument, an array of `unit`s in so many bytes.
pub fn passing(import: &str, unit: &[u8], bytes: u32) -> Vec<u8> {
    let (len, pages, data, fill) = array(&[0x91], unit, bytes);
    let call = format!("{fill} (drop (call ${import} (i32.const {AT}) (i32.const {len})))");
    guest(&[import], pages, &data, &run_export(&call))
}

/// A guest whose result, with this status, is `prefix` and an array of `unit`s in so many bytes.
pub fn answering(status: i32, prefix: &[u8], unit: &[u8], bytes: u32) -> Vec<u8> {
    let (len, pages, data, fill) = array(prefix, unit, bytes);
    let word = i64::from(len) << 32 | i64::from(status.cast_unsigned());
    let body = format!(
        r#"(func (export "run") (param i32 i32) (result i64)
            {fill} (call $set_result (i32.const {AT}) (i32.const {len})) (i64.const {word}))"#
    );
    guest(&[], pages, &data, &body)
}
