//! Reasons to reject a module before any of its code runs.

use hostfn::error::Code;
use hostfn::{Error, HostFn, Plugin, host_fn};
use test_support::probe::{guest, host, problems};

/// Add two numbers.
#[host_fn(capability = none)]
fn add(a: u64, b: u64) -> u64 {
    a.wrapping_add(b)
}

/// Subtract.
#[host_fn(capability = none, module = "math")]
fn subtract(a: u64, b: u64) -> u64 {
    a.wrapping_sub(b)
}

fn load(wasm: &[u8]) -> Result<Plugin, Error> {
    host(&[add::SPEC, subtract::SPEC]).load("probe", wasm)
}

fn load_wat(body: &str) -> Result<Plugin, Error> {
    load(&wat::parse_str(format!("(module {body})")).unwrap())
}

/// Everything that is wrong with a module, a line each.
fn wrong(body: &str) -> Vec<String> {
    problems(&load_wat(body).unwrap_err())
}

const MEMORY: &str = r#"(memory (export "memory") 1)"#;

#[test]
fn what_is_no_module() {
    let good = guest(&["add"], "");
    load(&good).unwrap();
    let cut = &good[..good.len() - 3];
    for bytes in [&b""[..], b"\0", b"\0asm", b"(module)", b"#!/bin/sh\n", cut] {
        let error = load(bytes).unwrap_err();
        assert_eq!(error.code(), Code::NotAModule, "{bytes:?}");
        assert!(error.to_string().starts_with("H0302 plugin `probe`: "), "{error}");
    }
}

#[test]
fn every_truncation_is_refused() {
    let good = guest(&["add"], r#"(func (export "run") (param i32 i32) (result i64) i64.const 0)"#);
    let host = host(&[add::SPEC]);
    for len in (0..good.len()).step_by(7) {
        // what ends between two sections is a module of its own, and lacks its memory
        let code = host.load("probe", &good[..len]).unwrap_err().code();
        assert!(matches!(code, Code::NotAModule | Code::BadMemory), "{len}: {code}");
    }
}

#[test]
fn an_unknown_import_is_told_what_it_may_have_meant() {
    let import = |module: &str, name: &str| {
        wrong(&format!("(import \"{module}\" \"{name}\" (func (param i32 i32) (result i64))) {MEMORY}"))
    };
    let at = |module: &str, name: &str| {
        format!("H0303 plugin `probe`, import `{name}` of module `{module}`: the host has no such function; ")
    };
    let nothing = "register the function with the host, or build the plugin against this host's functions";
    assert_eq!(import("host", "ad"), [at("host", "ad") + "did the plugin mean `add`?"]);
    assert_eq!(
        import("host", "host_lag"),
        [at("host", "host_lag") + "did the plugin mean `host_log`, `host_alloc`?"]
    );
    assert_eq!(import("math", "substract"), [at("math", "substract") + "did the plugin mean `subtract`?"]);
    assert_eq!(import("host", "subtract"), [at("host", "subtract") + nothing]);
    assert_eq!(import("math", "host_log"), [at("math", "host_log") + nothing]);
}

/// Returns how a problem shows the type of a function.
fn func(parts: &str) -> String {
    let types = |of: &str| {
        let list = parts.split_once(&format!("({of} ")).and_then(|(_, rest)| rest.split_once(')'));
        list.map_or_else(String::new, |(list, _)| list.replace(' ', ", "))
    };
    let result = types("result");
    if result.is_empty() {
        format!("({})", types("param"))
    } else {
        format!("({}) -> {result}", types("param"))
    }
}

const HOST_FN: &str = " (param i32 i32) (result i64)";

#[test]
fn an_import_of_another_type_is_refused() {
    for (name, found, expected) in [
        ("add", " (param i32) (result i64)", HOST_FN),
        ("add", " (param i32 i32) (result i32)", HOST_FN),
        ("add", "", HOST_FN),
        ("host_log", " (param i32 i32)", " (param i32 i32 i32)"),
        ("host_alloc", " (param i64) (result i32)", " (param i32) (result i32)"),
        ("host_set_result", " (param i32 i32) (result i32)", " (param i32 i32)"),
        ("host_set_window", " (param i32 i32)", " (param i32 i32) (result i32)"),
        ("host_result_ptr", " (result i64)", " (result i32)"),
    ] {
        assert_eq!(
            wrong(&format!("(import \"host\" \"{name}\" (func{found})) {MEMORY}")),
            [format!(
                "H0304 plugin `probe`, import `{name}` of module `host`: expected {}, found {}; \
                 declare it as section 2 or 3 of the ABI does",
                func(expected),
                func(found)
            )]
        );
    }
}

#[test]
fn an_import_that_is_no_function_is_refused() {
    for (import, what) in [("global i64", "a global"), ("table 1 funcref", "a table")] {
        let found = wrong(&format!("(import \"host\" \"add\" ({import})) {MEMORY}"));
        let what = format!("expected {}, found {what}; ", func(HOST_FN));
        assert!(found[0].starts_with("H0304 ") && found[0].contains(&what), "{found:?}");
    }
}

#[test]
fn a_memory_of_its_own_is_exported_as_memory() {
    let refused = |what: &str| {
        [format!(
            "H0305 plugin `probe`, export `memory`: {what}; export one 32-bit memory of its own as `memory`"
        )]
    };
    assert_eq!(wrong(""), refused("the module exports no memory"));
    assert_eq!(wrong("(memory 1)"), refused("the module exports no memory"));
    assert_eq!(wrong(r#"(memory (export "mem") 1)"#), refused("the module exports no memory"));
    assert_eq!(wrong(r#"(memory (export "memory") i64 1)"#), refused("it is a 64-bit memory"));
    assert_eq!(
        wrong(r#"(global (export "memory") i32 (i32.const 0))"#),
        refused("expected a memory, found a global")
    );
    assert_eq!(wrong(r#"(func (export "memory"))"#), refused("expected a memory, found a function ()"));
}

#[test]
fn a_memory_is_not_imported() {
    let found = wrong(r#"(memory (export "memory") (import "host" "memory") 1)"#);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("H0303 plugin `probe`, import `memory` of module `host`: "), "{found:?}");
}

#[test]
fn a_module_has_one_memory() {
    let error = load_wat(&format!("{MEMORY} (memory 1)")).unwrap_err();
    assert_eq!(error.code(), Code::NotAModule);
    assert!(error.to_string().contains("multi"), "{error}");
}

#[test]
fn exports_with_a_meaning_have_their_type() {
    for (export, expected) in [
        ("plugin_alloc", " (param i32) (result i32)"),
        ("plugin_abi_version", " (result i32)"),
        ("plugin_init", " (result i32)"),
        ("_initialize", ""),
    ] {
        let refused = |described: &str| {
            let expected = func(expected);
            [format!(
                "H0306 plugin `probe`, export `{export}`: expected {expected}, found {described}; \
                 export it as the ABI says, or under another name"
            )]
        };
        let other = " (param i64) (result i64)";
        let as_func = format!(r#"{MEMORY} (func (export "{export}"){other} i64.const 0)"#);
        assert_eq!(wrong(&as_func), refused(&func(other)));
        let as_global = format!(r#"{MEMORY} (global (export "{export}") i32 (i32.const 0))"#);
        assert_eq!(wrong(&as_global), refused("a global"));
    }
}

#[test]
fn all_problems_come_together_sorted() {
    let found = wrong(
        r#"(import "host" "subtract" (func (param i32 i32) (result i64)))
        (import "host" "host_log" (func (param i32)))
        (import "host" "ad" (func (param i32 i32) (result i64)))
        (import "host" "add" (func))
        (func (export "plugin_init") (param i32))
        (func (export "_initialize") (result i32) i32.const 0)"#,
    );
    let heads: Vec<_> = found.iter().map(|problem| problem.split(": ").next().unwrap()).collect();
    assert_eq!(
        heads,
        [
            "H0303 plugin `probe`, import `ad` of module `host`",
            "H0303 plugin `probe`, import `subtract` of module `host`",
            "H0304 plugin `probe`, import `add` of module `host`",
            "H0304 plugin `probe`, import `host_log` of module `host`",
            "H0305 plugin `probe`, export `memory`",
            "H0306 plugin `probe`, export `_initialize`",
            "H0306 plugin `probe`, export `plugin_init`",
        ]
    );
}

#[test]
fn a_function_that_is_imported_twice_is_one_import() {
    let host_fn = "(func (param i32 i32) (result i64))";
    let plugin = load_wat(&format!(
        r#"(import "host" "add" {host_fn})
        (import "math" "subtract" {host_fn})
        (import "host" "add" {host_fn})
        {MEMORY}"#
    ))
    .unwrap();
    let names: Vec<_> = plugin.imports().map(|spec| spec.name()).collect();
    assert_eq!(names, ["add", "subtract"]);
}

#[test]
fn problems_of_a_load_are_capped_at_64() {
    let imports: String = (0..100)
        .map(|at| format!("(import \"host\" \"unknown_{at:02}\" (func (param i32 i32) (result i64)))"))
        .collect();
    let error = load_wat(&format!("{imports} {MEMORY}")).unwrap_err();
    let kept = error.problems();
    assert_eq!(kept.len(), 64);
    // the imports have a limit of their own, and the line that says so is one problem more
    assert!(kept[0].message().starts_with("36 more of its imports"), "{}", kept[0]);
    assert!(kept[63].location().contains("unknown_62"), "{}", kept[63]);
    assert!(error.to_string().ends_with("and 1 more problem"), "{error}");
}

#[test]
fn a_file_is_loaded_under_its_name() {
    let host = host(&[add::SPEC]);
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("my.plugin.wasm");
    std::fs::write(&path, guest(&["add"], "")).unwrap();
    assert_eq!(host.load_file(&path).unwrap().name(), "my.plugin");

    let missing = dir.path().join("no.wasm");
    let error = host.load_file(&missing).unwrap_err();
    assert_eq!(error.code(), Code::Unreadable);
    assert!(error.to_string().contains(missing.to_str().unwrap()), "{error}");
}

/// A program that is started again would do all of its work again: no child is started by one that does not say so.
#[test]
fn compile_in_child_needs_a_worker() {
    let registry = hostfn::Registry::builder().build().unwrap();
    let builder = hostfn::Host::builder(registry).compile_in_child(hostfn::wasm::CompileChild::default());
    let error = builder.build().unwrap_err();
    assert_eq!(error.code(), Code::CompileWorker);
    assert!(error.to_string().contains("`hostfn::wasm::compile_worker`"), "{error}");
}
