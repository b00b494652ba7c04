//! The one-pass compiler, for plugins of strangers.

use std::time::Duration;

use hostfn::error::Code;
use hostfn::wasm::Compiler;
use hostfn::{Error, Grants, Host, Limits, Plugin, Registry};

fn host(set: impl FnOnce(&mut Limits)) -> Host {
    let mut limits = Limits::default();
    set(&mut limits);
    let registry = Registry::builder().build().unwrap();
    Host::builder(registry).limits(limits).compiler(Compiler::Winch).build().unwrap()
}

fn load(host: &Host, body: &str) -> Result<Plugin, Error> {
    let wasm = wat::parse_str(format!("(module (memory (export \"memory\") 1) {body})")).unwrap();
    host.load("p", &wasm)
}

#[test]
fn winch_runs_a_plugin() {
    let host = host(|_| {});
    let plugin = load(&host, r#"(func (export "plugin_init") (result i32) i32.const 0)"#).unwrap();
    plugin.instantiate(&Grants::none()).unwrap();
}

#[test]
fn winch_stops_a_looping_guest() {
    let host = host(|limits| limits.time = Duration::from_millis(100));
    let plugin = load(&host, r#"(func (export "plugin_init") (result i32) (loop (br 0)) i32.const 0)"#);
    let error = plugin.unwrap().instantiate(&Grants::none()).unwrap_err();
    assert_eq!(error.code(), Code::TimedOut, "{error}");
}

#[test]
fn winch_meters_fuel() {
    let host = host(|limits| limits.fuel = Some(10_000));
    let plugin = load(&host, r#"(func (export "plugin_init") (result i32) (loop (br 0)) i32.const 0)"#);
    let error = plugin.unwrap().instantiate(&Grants::none()).unwrap_err();
    assert_eq!(error.code(), Code::Exhausted, "{error}");
}

#[test]
fn winch_keeps_the_limit_of_locals() {
    let locals = "(local i64) ".repeat(2_049);
    let error = load(&host(|_| {}), &format!("(func {locals})")).unwrap_err();
    assert_eq!(error.code(), Code::LoadLimit, "{error}");
}

#[test]
fn winch_refuses_features_it_lacks() {
    let error = load(&host(|_| {}), "(func $f (return_call $f))").unwrap_err();
    assert_eq!(error.code(), Code::NotAModule, "{error}");
}

#[test]
fn winch_code_has_cache_entries_of_its_own() {
    let directory = tempfile::tempdir().unwrap();
    let load_by = |compiler| {
        let registry = Registry::builder().build().unwrap();
        let builder = Host::builder(registry).cache(directory.path()).compiler(compiler);
        load(&builder.build().unwrap(), "(func)").unwrap().from_cache()
    };
    assert!(!load_by(Compiler::Cranelift));
    assert!(!load_by(Compiler::Winch));
    assert!(load_by(Compiler::Winch));
}
