//! Component files: a host of core modules refuses each of them, and none panics it.

use hostfn::error::Code;

use super::Host;

/// The component of a generated world, with all interfaces of the conformance suite.
const REAL: &[u8] = include_bytes!("../../conformance/wit/conformance.wasm");

/// Two memories and an adapter between them, which engines compile to a module with several memories.
const ADAPTED: &str = r#"
(component
  (component $a
    (core module $m
      (memory (export "memory") 1)
      (func (export "f") (param i32 i32))
      (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 0)))
    (core instance $i (instantiate $m))
    (func (export "f") (param "s" string)
      (canon lift (core func $i "f") (memory (core memory $i "memory")) (realloc (core func $i "realloc")))))
  (component $b
    (import "f" (func $f (param "s" string)))
    (core module $libc (memory (export "memory") 1))
    (core instance $libc (instantiate $libc))
    (core func $g (canon lower (func $f) (memory (core memory $libc "memory"))))
    (core module $m (import "" "f" (func (param i32 i32))))
    (core instance (instantiate $m (with "" (instance (export "f" (func $g)))))))
  (instance $a (instantiate $a))
  (instance $b (instantiate $b (with "f" (func $a "f")))))
"#;

/// Components of several kinds.
fn components() -> Vec<Vec<u8>> {
    let texts = [
        "(component)",
        "(component (core module (func (export \"run\"))))",
        "(component (component (component)))",
        "(component (import \"hostfn:host/kv@1.1.0\" (instance (export \"get\" (func)))))",
        "(component (type (resource (rep i32))))",
        ADAPTED,
    ];
    let texts = texts.into_iter().map(|text| wat::parse_str(text).unwrap());
    texts.chain([REAL.to_vec()]).collect()
}

fn host() -> Host {
    test_support::probe::host(&[])
}

#[test]
fn components_are_refused_with_the_target_to_build_for() {
    for component in components() {
        let error = host().load("x", &component).unwrap_err();
        assert_eq!(
            error.to_string(),
            "H0318 plugin `x`: it is a component; build it for `wasm32-unknown-unknown`, as a core module"
        );
    }
}

#[test]
fn damaged_components_are_refused_without_a_panic() {
    let host = host();
    let refused = |bytes: &[u8]| {
        let code = host.load("x", bytes).unwrap_err().code();
        assert!(
            matches!(code, Code::WrongTarget | Code::NotAModule),
            "{code:?}: {:?}",
            &bytes[..bytes.len().min(12)]
        );
    };
    for component in components() {
        for len in (0..component.len()).step_by(1 + component.len() / 500) {
            refused(&component[..len]);
        }
        for at in (0..component.len()).step_by(1 + component.len() / 200) {
            let mut bytes = component.clone();
            bytes[at] ^= 0xff;
            refused(&bytes);
        }
        // the layer and the version, one of which is that of a core module
        for layer in 0..=3 {
            for version in [0, 1, 0x0a, 0x0d, 0x0e, 0xff] {
                let mut bytes = component.clone();
                (bytes[4], bytes[6]) = (version, layer);
                if component.len() > 8 {
                    refused(&bytes);
                }
            }
        }
    }
}

/// A module that holds a component in a section of its own is a module.
#[test]
fn component_within_a_module_is_no_component() {
    let hidden: String = REAL.iter().map(|byte| format!("\\{byte:02x}")).collect();
    let memory = "(memory (export \"memory\") 1)";
    let module = wat::parse_str(format!("(module {memory} (@custom \"component\" \"{hidden}\"))")).unwrap();
    host().load("x", &module).unwrap();
}
