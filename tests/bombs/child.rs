//! Compiling in a child process.

use std::time::{Duration, Instant};

use hostfn::error::Code;
use hostfn::wasm::{CompileChild, HostBuilder, LoadLimits};
use hostfn::{CancelToken, Grants, Host, Limits, Registry};

use crate::module::{END, Module, times};

pub const TESTS: &[(&str, fn())] = &[
    ("child::compiled_module_runs", compiled_module_runs),
    ("child::memory_limit_ends_the_child", memory_limit_ends_the_child),
    ("child::processor_limit_ends_the_child", processor_limit_ends_the_child),
    ("child::wall_time_ends_the_child", wall_time_ends_the_child),
    ("child::cancel_and_deadline_end_the_child", cancel_and_deadline_end_the_child),
    ("child::only_a_worker_is_trusted", only_a_worker_is_trusted),
    ("child::settings_are_those_of_the_host", settings_are_those_of_the_host),
    ("child::loads_wait_for_each_other", loads_wait_for_each_other),
    ("child::cache_keeps_what_a_child_compiled", cache_keeps_what_a_child_compiled),
    ("child::too_small_limits_are_refused", too_small_limits_are_refused),
];

fn builder(child: CompileChild) -> HostBuilder {
    let mut limits = Limits::default();
    limits.load = LoadLimits::UNLIMITED;
    Host::builder(Registry::builder().build().unwrap()).limits(limits).compile_in_child(child)
}

fn host(set: impl FnOnce(&mut CompileChild)) -> Host {
    let mut child = CompileChild::default();
    set(&mut child);
    builder(child).build().unwrap()
}

/// Takes gigabytes and minutes to compile.
fn bomb() -> Vec<u8> {
    let conditions = times(30_000, &[0x20, 0, 0x04, 0x7f, 0x41, 1, 0x05, 0x41, 2, END, 0x21, 0]);
    Module::new(0, 0).function(0, 1, &conditions).build()
}

fn small() -> Vec<u8> {
    Module::new(0, 0).function(0, 0, &[]).build()
}

fn compiled_module_runs() {
    let wasm = wat::parse_str(
        r#"(module (memory (export "memory") 1)
            (func (export "plugin_init") (result i32) (i32.const -7)))"#,
    );
    let plugin = host(|_| {}).load("p", &wasm.unwrap()).unwrap();
    let error = plugin.instantiate(&Grants::none()).unwrap_err();
    // its own code ran, and returned its own status
    assert!(error.to_string().contains("-7"), "{error}");
}

fn memory_limit_ends_the_child() {
    let error = host(|child| child.memory = 256 << 20).load("p", &bomb()).unwrap_err();
    assert_eq!(error.code(), Code::CompileExhausted, "{error}");
    assert!(error.to_string().contains("268435456 bytes of memory"), "{error}");
}

fn processor_limit_ends_the_child() {
    let set = |child: &mut CompileChild| {
        child.memory = 4 << 30;
        child.cpu = Duration::from_secs(1);
    };
    let error = host(set).load("p", &bomb()).unwrap_err();
    assert_eq!(error.code(), Code::CompileExhausted, "{error}");
    assert!(error.to_string().contains("1 seconds of processor time"), "{error}");
}

fn wall_time_ends_the_child() {
    let began = Instant::now();
    let error = host(|child| child.time = Duration::from_millis(200)).load("p", &bomb()).unwrap_err();
    assert_eq!(error.code(), Code::CompileExhausted, "{error}");
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
}

fn cancel_and_deadline_end_the_child() {
    let (host, bomb) = (host(|child| child.memory = 4 << 30), bomb());
    let token = CancelToken::new();
    let began = Instant::now();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(Duration::from_millis(300));
            token.cancel();
        });
        let error = host.loader().cancelled_by(&token).load("p", &bomb).unwrap_err();
        assert_eq!(error.code(), Code::Cancelled, "{error}");
    });
    let soon = Instant::now() + Duration::from_secs(2);
    let error = host.loader().deadline(soon).load("p", &bomb).unwrap_err();
    assert_eq!(error.code(), Code::LoadTimedOut, "{error}");
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
}

fn only_a_worker_is_trusted() {
    let directory = tempfile::tempdir().unwrap();
    let script = |name: &str, text: &str| {
        let path = directory.path().join(name);
        std::fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(&path, mode).unwrap();
        path
    };
    for (program, code, what) in [
        (script("silent", "exit 0"), Code::CompileWorker, "reply"),
        (
            script("other", "echo something else, and not a reply of a compiler process"),
            Code::CompileWorker,
            "reply",
        ),
        (script("failing", "echo no luck >&2; exit 3"), Code::CompileWorker, "no luck"),
        (script("endless", "exec /bin/cat /dev/zero"), Code::CompileExhausted, "bytes of code"),
        ("/nonexistent".into(), Code::CompileWorker, "started"),
    ] {
        let set = |child: &mut CompileChild| {
            child.program = Some(program.clone());
            child.memory = 128 << 20;
        };
        let error = host(set).load("p", &small()).unwrap_err();
        assert_eq!(error.code(), code, "{}: {error}", program.display());
        assert!(error.to_string().contains(what), "{}: {error}", program.display());
    }
}

/// Code of other settings would be refused when it is read.
fn settings_are_those_of_the_host() {
    let mut limits = Limits::default();
    limits.fuel = Some(1_000_000);
    limits.stack = 128 << 10;
    let registry = Registry::builder().build().unwrap();
    let builder = Host::builder(registry).limits(limits).pool(1).compile_in_child(CompileChild::default());
    let plugin = builder.build().unwrap().load("p", &small()).unwrap();
    plugin.instantiate(&Grants::none()).unwrap();
}

fn loads_wait_for_each_other() {
    let host = host(|child| child.concurrent = 1);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| host.load("p", &small()).unwrap());
        }
    });
    // one that waits for its turn can be cancelled, too
    let (token, bomb) = (CancelToken::new(), bomb());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let error = host.loader().cancelled_by(&token).load("p", &bomb).unwrap_err();
                assert_eq!(error.code(), Code::Cancelled, "{error}");
            });
        }
        std::thread::sleep(Duration::from_millis(100));
        token.cancel();
    });
}

fn cache_keeps_what_a_child_compiled() {
    let directory = tempfile::tempdir().unwrap();
    let host = || builder(CompileChild::default()).cache(directory.path()).build().unwrap();
    assert!(!host().load("p", &small()).unwrap().from_cache());
    let plugin = host().load("p", &small()).unwrap();
    assert!(plugin.from_cache());
    plugin.instantiate(&Grants::none()).unwrap();
}

fn too_small_limits_are_refused() {
    let mut child = CompileChild::default();
    (child.memory, child.cpu, child.concurrent) = (1 << 20, Duration::from_millis(10), 0);
    let error = builder(child).build().unwrap_err();
    let codes: Vec<_> = error.problems().iter().map(hostfn::Problem::code).collect();
    assert_eq!(codes, [Code::BadLimit; 3]);
}
