//! The bindings of the examples' guests in C are what would be generated from the examples' listings.
//!
//! `HOSTFN_BLESS=1` writes them again.

#[allow(dead_code, reason = "the program itself is not run")]
#[path = "../examples/plugins/main.rs"]
mod plugins;
#[allow(dead_code, reason = "the program itself is not run")]
#[path = "../examples/quickstart.rs"]
mod quickstart;

use hostfn::Registry;
use hostfn_bindgen::Language;

/// Holds a header to the functions of one example: those of all are linked into this test.
fn check(example: &str, header: &str) {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/examples");
    let mut listing = Registry::collect().unwrap().listing();
    listing.functions.retain(|row| row.file.ends_with(example));
    assert!(!listing.functions.is_empty(), "{example} has no function");
    let (path, text) =
        (format!("{folder}/{header}"), hostfn_bindgen::generate(&listing, Language::C).unwrap());
    if std::env::var_os("HOSTFN_BLESS").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(found == text, "{header} is out of date; HOSTFN_BLESS=1 writes it again");
}

#[test]
fn the_greeter_in_c() {
    check("examples/quickstart.rs", "guests/greeter-c/host.h");
}

#[test]
fn the_plugins_in_c() {
    check("examples/plugins/main.rs", "plugins/host.h");
}
