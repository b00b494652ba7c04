//! The memory of guests in C: beside an allocator, and what happens when both take the same.

use std::path::Path;
use std::process::Command;

use conformance::{ECHO, EchoClient, registry};
use hostfn::engine::MissingCapability;
use hostfn::{Error, Grants, Host, Limits, Plugin};

use crate::common::{guest, languages};

fn host(limits: Limits) -> Host {
    Host::builder(registry().unwrap()).limits(limits).missing(MissingCapability::Deny).build().unwrap()
}

/// The guests that have a use for each block of their allocator, and look at all of them at each call.
fn allocating() -> impl Iterator<Item = &'static str> {
    languages().into_iter().filter(|language| ["c-malloc", "cpp"].contains(language))
}

/// 20,000 calls, and payloads that have a chunk of their own.
#[test]
fn arena_and_allocator_share_the_memory() {
    let mut limits = Limits::default();
    // what a few payloads take: all of them together are 36 MB
    (limits.memory, limits.reply) = (12 << 20, 1 << 20);
    for language in allocating() {
        let plugin = host(limits).load_file(guest(language)).unwrap();
        let mut guest = plugin.instantiate(&Grants::none().allow(&ECHO)).unwrap();
        let mut echo: EchoClient<'_> = guest.contract().unwrap();
        let calls = if language == "cpp" { 2_000 } else { 20_000 };
        for call in 0..calls {
            if call % 500 == 0 {
                let bytes: Vec<u8> = (0..900_000_u32).map(|at| (at + call).to_le_bytes()[0]).collect();
                assert!(echo.echo_bytes(bytes.clone()).unwrap() == bytes, "{language}, call {call}");
            } else {
                assert_eq!(echo.echo_u32(call).unwrap(), call, "{language}");
            }
        }
    }
}

/// Compiles a guest with one entry, `go`, which calls the host.
fn compile(name: &str, flags: &[&str], source: &str) -> Option<Plugin> {
    if !Command::new("clang-14").arg("--version").output().is_ok_and(|run| run.status.success()) {
        eprintln!("no clang-14: skipped");
        return None;
    }
    let dir = tempfile::tempdir().unwrap();
    let main = format!(
        "#define HOSTFN_IMPLEMENTATION\n#include \"host.h\"\n{source}\n\
         HOSTFN_EXPORT(\"go\") int64_t go(const uint8_t *ptr, uint32_t len) {{\n\
             hostfn_reader args = hostfn_begin_entry(ptr, len, 0);\n\
             (void)args;\n\
             work();\n\
             uint8_t answer;\n\
             int32_t status = host_echo_u8(7, &answer);\n\
             hostfn_writer w = hostfn_write();\n\
             hostfn_write_u8(&w, answer);\n\
             return hostfn_end_entry(status, &w);\n\
         }}\n"
    );
    std::fs::write(dir.path().join("main.c"), main).unwrap();
    let include = Path::new(env!("CARGO_MANIFEST_DIR")).join("guests/c");
    let run = Command::new("clang-14")
        .current_dir(dir.path())
        .args([
            "--target=wasm32",
            "-std=c99",
            "-mbulk-memory",
            "-ffreestanding",
            "-nostdlib",
            "-fuse-ld=lld",
            "-Wl,--no-entry",
        ])
        .arg(format!("-I{}", include.display()))
        .args(flags)
        .args(["main.c", "-o", "guest.wasm"])
        .output()
        .unwrap();
    assert!(run.status.success(), "{name}: {}", String::from_utf8_lossy(&run.stderr));
    Some(host(Limits::default()).load_file(dir.path().join("guest.wasm")).unwrap())
}

/// Returns the last line that the guest logged before it trapped.
fn last_words(plugin: &Plugin) -> String {
    let mut guest = plugin.instantiate(&Grants::none().allow(&ECHO)).unwrap();
    let error = guest.call::<_, u8>("go", ()).unwrap_err();
    let Error::Trapped { trap, .. } = &error else { panic!("{error:?}") };
    trap.log.clone().unwrap_or_default()
}

const ALLOCATOR: &str = "static char heap[65536];\n\
    void *realloc(void *block, size_t size) { (void)block; (void)size; return heap; }\n\
    static void work(void) {}";

#[test]
fn allocator_beside_the_arena_is_noticed() {
    let Some(plugin) = compile("mixed", &[], ALLOCATOR) else { return };
    let line = last_words(&plugin);
    assert!(line.starts_with("the guest links malloc") && line.contains("define HOSTFN_MALLOC"), "{line}");

    let own = compile("own", &["-DHOSTFN_OWN_HEAP"], ALLOCATOR).unwrap();
    let mut guest = own.instantiate(&Grants::none().allow(&ECHO)).unwrap();
    assert_eq!(guest.call::<_, u8>("go", ()).unwrap(), 7);
}

/// By an allocator that takes pages of its own, and is not called `malloc`.
#[test]
fn memory_that_grew_beside_the_arena_is_noticed() {
    let grows = "static void work(void) { __builtin_wasm_memory_grow(0, 1); hostfn_alloc(200000); }";
    let Some(plugin) = compile("grown", &[], grows) else { return };
    let line = last_words(&plugin);
    assert!(line.starts_with("the memory was grown, and not by the arena"), "{line}");
}

#[test]
fn assertion_of_a_c_guest_reaches_the_host() {
    let fails = "static void work(void) { int digits = 0; HOSTFN_ASSERT(digits > 0); }";
    let Some(plugin) = compile("assert", &[], fails) else { return };
    let line = last_words(&plugin);
    assert!(line.starts_with("main.c:") && line.ends_with(": assertion failed: digits > 0"), "{line}");
}
