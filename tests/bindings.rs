//! The bindings of the guest in C that the quickstart runs are what would be generated from its listing.
//!
//! `HOSTFN_BLESS=1` writes them anew.

#[allow(dead_code, reason = "the program itself is not run")]
#[path = "../examples/quickstart.rs"]
mod quickstart;

use host_bindgen::Language;
use hostfn::Registry;

#[test]
fn the_greeter_in_c() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/guests/greeter-c/host.h");
    let text = host_bindgen::generate(&Registry::collect().unwrap().listing(), Language::C).unwrap();
    if std::env::var_os("HOSTFN_BLESS").is_some() {
        std::fs::write(path, &text).unwrap();
    }
    let found = std::fs::read_to_string(path).unwrap_or_default();
    assert!(found == text, "greeter-c/host.h is out of date; HOSTFN_BLESS=1 writes it anew");
}
