//! Generated WIT goes through the tools that people use: as a binary package, as text again, and as a component.

use std::path::Path;

use wasmparser::{Validator, WasmFeatures};
use wit_component::{
    ComponentEncoder, DecodedWasm, StringEncoding, WitPrinter, decode, dummy_module,
    embed_component_metadata, encode,
};
use wit_parser::{ManglingAndAbi, PackageId, Resolve};

const FILES: [&str; 2] = ["conformance.wit", "modules.wit"];

fn parsed(name: &str, text: &str) -> (Resolve, PackageId) {
    let mut resolve = Resolve::default();
    let package = resolve.push_source(name, text).unwrap_or_else(|error| panic!("{name}: {error:#}"));
    (resolve, package)
}

fn read(name: &str) -> (Resolve, PackageId) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    parsed(name, &std::fs::read_to_string(path).unwrap())
}

fn printed(resolve: &Resolve, package: PackageId) -> String {
    let mut printer = WitPrinter::default();
    printer.print(resolve, package, &[]).unwrap();
    printer.output.to_string()
}

/// A component that tests of the host read. `HOSTFN_BLESS=1` writes it again.
fn is_committed(name: &str, component: &[u8]) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    if std::env::var_os("HOSTFN_BLESS").is_some() {
        std::fs::write(&path, component).unwrap();
    }
    assert!(
        std::fs::read(&path).is_ok_and(|found| found == component),
        "{name} is out of date: HOSTFN_BLESS=1 writes it"
    );
}

#[test]
fn text_is_the_same_after_a_round_trip() {
    for name in FILES {
        let (resolve, package) = read(name);
        let first = printed(&resolve, package);
        let wasm = encode(&resolve, package).unwrap();
        Validator::new_with_features(WasmFeatures::all()).validate_all(&wasm).unwrap();
        let DecodedWasm::WitPackage(decoded, package) = decode(&wasm).unwrap() else {
            panic!("{name}: a component")
        };
        let second = printed(&decoded, package);
        assert!(first.lines().count() > 100, "{name}");
        assert_eq!(first, second, "{name}");
        let (again, package) = parsed(name, &second);
        assert_eq!(printed(&again, package), second, "{name}");
    }
}

#[test]
fn component_of_the_world_is_valid_and_imports_every_interface() {
    for name in FILES {
        let (resolve, package) = read(name);
        let world = resolve.select_world(&[package], None).unwrap();
        let mut module = dummy_module(&resolve, world, ManglingAndAbi::Standard32);
        embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).unwrap();
        let component = ComponentEncoder::default().module(&module).unwrap().validate(true).encode().unwrap();
        if name == "conformance.wit" {
            is_committed("conformance.wasm", &component);
        }
        let DecodedWasm::Component(decoded, world) = decode(&component).unwrap() else {
            panic!("{name}: a package")
        };
        let imports = decoded.worlds[world].imports.len();
        // `types` is one more
        assert_eq!(imports, resolve.interfaces.len(), "{name}");
    }
}
