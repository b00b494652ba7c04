//! Plugins that were built for something else, and what they are told.

use hostfn::error::Code;
use hostfn::{Error, Grants, Host, Limits};
use test_support::probe::{guest, host, registry};

const MEMORY: &str = r#"(memory (export "memory") 1)"#;

/// The code, what is wrong and the remedy of a module's only problem.
fn problem(body: &str) -> (Code, String, String) {
    let wasm = wat::parse_str(format!("(module {body})")).unwrap();
    let error = host(&[]).load("probe", &wasm).unwrap_err();
    let [problem] = error.problems() else { panic!("one problem: {error}") };
    (problem.code(), problem.message().to_owned(), problem.help().to_owned())
}

#[test]
fn import_of_a_toolchain_names_its_origin() {
    for (module, name, origin, remedy) in [
        ("__wbindgen_placeholder__", "__wbindgen_describe", "wasm-bindgen", "js-sys"),
        ("__wbindgen_externref_xform__", "__wbindgen_externref_table_grow", "wasm-bindgen", "getrandom"),
        ("wbg", "__wbg_now_1", "wasm-bindgen", "js-sys"),
        ("./app_bg.js", "__wbg_now_1", "JavaScript", "wasm32-unknown-unknown"),
        ("env", "abort", "AssemblyScript", "--use abort=host/hostAbort"),
        ("env", "seed", "Math.random", "random"),
        ("env", "emscripten_resize_heap", "Emscripten", "clang"),
        ("env", "__syscall_openat", "Emscripten", "clang"),
        ("env", "_Znwm", "C++ runtime library", "operator new"),
        ("env", "__cxa_throw", "C++ runtime library", "-fno-exceptions"),
        ("env", "_Z3sumii", "declared in the plugin's code and not defined", "define it"),
        ("env", "my_function", "declared in the plugin's code and not defined", "define it"),
        ("gojs", "runtime.wasmExit", "Go", "TinyGo"),
        ("GOT.func", "f", "position-independent", "--shared"),
    ] {
        let ty = if module == "GOT.func" { "(global (mut i32))" } else { "(func)" };
        let (code, what, help) = problem(&format!("(import \"{module}\" \"{name}\" {ty}) {MEMORY}"));
        let expected = if module == "GOT.func" { Code::ImportedMemory } else { Code::ForeignImport };
        assert_eq!(code, expected, "{module}.{name}");
        assert!(what.contains(origin), "{module}.{name}: {what}");
        assert!(help.contains(remedy), "{module}.{name}: {help}");
    }
    for module in ["wasi_snapshot_preview1", "wasi_unstable"] {
        let (code, what, help) = problem(&format!("(import \"{module}\" \"fd_write\" (func)) {MEMORY}"));
        assert_eq!(code, Code::WrongTarget);
        assert!(what.contains("built for WASI") && help.contains("wasm32-unknown-unknown"), "{what}; {help}");
    }
}

#[test]
fn imported_memory_or_table_is_refused_as_such() {
    let memory = r#"(import "env" "memory" (memory 1)) (export "memory" (memory 0))"#;
    let (code, what, help) = problem(memory);
    assert_eq!(code, Code::ImportedMemory);
    assert!(what.contains("memory") && help.contains("--import-memory"), "{what}; {help}");
    let (code, what, help) =
        problem(&format!(r#"(import "env" "__indirect_function_table" (table 1 funcref)) {MEMORY}"#));
    assert_eq!(code, Code::ImportedMemory);
    assert!(what.contains("table") && help.contains("--import-table"), "{what}; {help}");
    let (code, ..) = problem(&format!(r#"(import "env" "__memory_base" (global i32)) {MEMORY}"#));
    assert_eq!(code, Code::ImportedMemory);
}

#[test]
fn imports_of_one_toolchain_are_one_problem() {
    for (module, names, ty) in [
        ("__wbindgen_placeholder__", ["__wbindgen_describe", "__wbg_now_1"], "(func)"),
        ("gojs", ["runtime.wasmExit", "runtime.walltime"], "(func)"),
        ("env", ["emscripten_resize_heap", "invoke_vi"], "(func)"),
        ("env", ["_Znwm", "_ZdlPv"], "(func)"),
        ("wasi_snapshot_preview1", ["fd_write", "fd_read"], "(func)"),
        ("GOT.mem", ["a", "b"], "(global (mut i32))"),
    ] {
        let imports = names.map(|name| format!("(import \"{module}\" \"{name}\" {ty})")).concat();
        let (_, what, _) = problem(&format!("{imports} {MEMORY}"));
        assert!(!what.is_empty(), "{module}");
    }
}

#[test]
fn functions_not_defined_are_reported_one_by_one() {
    let imports = r#"(import "env" "first" (func)) (import "env" "second" (func))"#;
    let wasm = wat::parse_str(format!("(module {imports} {MEMORY})")).unwrap();
    let error = host(&[]).load("probe", &wasm).unwrap_err();
    assert_eq!(error.problems().len(), 2, "{error}");
}

#[test]
fn recorded_functions_are_reported_one_by_one() {
    let record = |name| {
        format!(
            "{{\"module\":\"gojs\",\"name\":\"{name}\",\"fingerprint\":\"0\",\
             \"convention\":\"packed\",\"params\":[],\"reply\":\"unit\"}}"
        )
        .replace('"', "\\\"")
    };
    let section = format!("(@custom \"hostfn.functions\" \"{}\\n{}\\n\")", record("a"), record("b"));
    let imports = r#"(import "gojs" "a" (func)) (import "gojs" "b" (func))"#;
    let wasm = wat::parse_str(format!("(module {imports} {MEMORY} {section})")).unwrap();
    let error = host(&[]).load("probe", &wasm).unwrap_err();
    let codes: Vec<_> = error.problems().iter().map(hostfn::Problem::code).collect();
    assert_eq!(codes, [Code::FunctionGone, Code::FunctionGone], "{error}");
}

#[test]
fn imported_global_or_tag_is_named_as_such() {
    for (import, expected) in [
        (r#"(import "env" "errno" (global (mut i32)))"#, "global variable"),
        (r#"(import "env" "__cpp_exception" (tag (param i32)))"#, "exception tag"),
    ] {
        let wasm = wat::parse_str(format!("(module {import} {MEMORY})")).unwrap();
        let error = host(&[]).load("probe", &wasm).unwrap_err();
        assert!(error.to_string().contains(expected), "{expected}: {error}");
    }
}

#[test]
fn constructors_without_initialize_are_refused() {
    let ctors = r#"(func (export "__wasm_call_ctors"))"#;
    let (code, what, help) = problem(&format!("{ctors} {MEMORY}"));
    assert_eq!(code, Code::ConstructorsNotCalled);
    assert!(what.contains("_initialize") && help.contains("-mexec-model=reactor"), "{what}; {help}");
    let with = format!(r#"(module {ctors} (func (export "_initialize")) {MEMORY})"#);
    host(&[]).load("probe", &wat::parse_str(with).unwrap()).unwrap();
}

fn asking_for_fuel(host: &Host) -> Result<hostfn::Instance, Error> {
    let manifest = "name = 'probe'\nversion = '1.0.0'\nabi = 1\n[limits]\nfuel = 1000";
    host.load_with_manifest(manifest, &guest(&[], ""))?.instantiate(&Grants::none())
}

#[test]
fn fuel_of_a_manifest_needs_a_host_that_meters() {
    let error = asking_for_fuel(&host(&[])).unwrap_err();
    assert_eq!(error.code(), Code::FuelNotMetered, "{error}");
    assert!(error.problems()[0].help().contains("Limits::fuel"), "{error}");

    let mut limits = Limits::default();
    limits.fuel = Some(1_000_000);
    let metering = Host::builder(registry(&[])).limits(limits).build().unwrap();
    assert_eq!(asking_for_fuel(&metering).unwrap().limits().fuel, Some(1_000));
}
