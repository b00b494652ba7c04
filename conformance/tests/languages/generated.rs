//! Committed files that are generated are what would be generated now.
//!
//! `HOSTFN_BLESS=1 cargo test -p conformance generated::` writes them.

use std::path::Path;

use hostfn_bindgen::Language;

fn check(file: &str, expected: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    if std::env::var_os("HOSTFN_BLESS").is_some() {
        std::fs::write(&path, expected).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    let first = found.lines().zip(expected.lines()).position(|(found, expected)| found != expected);
    assert!(
        found == expected,
        "{file} is out of date from line {} on; HOSTFN_BLESS=1 writes it again",
        first.map_or(0, |line| line + 1)
    );
}

#[test]
fn the_listing() {
    check("listing.json", &conformance::listing().unwrap().to_json());
}

#[test]
fn the_bindings() {
    let listing = conformance::listing().unwrap();
    let files = [
        (Language::Rust, "guests/rust/src/host.rs"),
        (Language::C, "guests/c/host.h"),
        (Language::AssemblyScript, "guests/as/host.ts"),
        (Language::Zig, "guests/zig/host.zig"),
        (Language::TypeScript, "guests/js/host.d.ts"),
    ];
    let wit = hostfn_bindgen::generate_expressible(&listing, Language::Wit).unwrap();
    check("wit/conformance.wit", &wit.text);
    for (language, file) in files {
        check(file, &hostfn_bindgen::generate(&listing, language).unwrap());
    }
}
