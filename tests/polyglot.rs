//! The plugin of the example `polyglot` answers the same in every language, and its bindings are what would be
//! generated now.
//!
//! `HOSTFN_GUESTS` names a folder of freshly built guests to test instead of the committed ones;
//! `HOSTFN_BLESS=1` writes the bindings again.

#[path = "../examples/polyglot/shop.rs"]
mod shop;

use std::path::PathBuf;

use hostfn::audit::FunctionRecord;
use hostfn::{Grants, Host};
use hostfn_bindgen::Language;
use shop::{PRICES, TillClient};

fn committed() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("examples/guests")
}

#[test]
fn the_answers_are_equal_in_every_language() {
    let host = Host::builder(shop::registry().unwrap()).build().unwrap();
    let plugins = shop::plugins();
    assert!(plugins.len() >= 3);
    for (language, plugin) in plugins {
        let plugin = host.load_file(plugin).unwrap();
        let mut instance = plugin.instantiate(&Grants::none().allow(&PRICES)).unwrap();
        let mut till: TillClient<'_> = instance.contract().unwrap();
        for order in shop::orders().iter().cycle().take(50) {
            assert_eq!(till.total(order).unwrap(), shop::expected(order), "{language}: {order:?}");
        }
    }
}

#[test]
fn every_plugin_carries_what_it_was_built_against() {
    let expected: Vec<_> =
        shop::registry().unwrap().listing().functions.iter().map(FunctionRecord::from_row).collect();
    for (language, plugin) in shop::plugins() {
        let (carried, problems) = FunctionRecord::carried_by(language, &std::fs::read(plugin).unwrap());
        assert_eq!((carried, problems), (expected.clone(), vec![]), "{language}");
    }
}

#[test]
fn the_bindings_are_what_would_be_generated() {
    let listing = shop::registry().unwrap().listing();
    for (language, file) in [
        (Language::Rust, "till-rs/src/host.rs"),
        (Language::C, "till-c/host.h"),
        (Language::AssemblyScript, "till-as/host.ts"),
        (Language::Zig, "till-zig/host.zig"),
    ] {
        let (path, text) = (committed().join(file), hostfn_bindgen::generate(&listing, language).unwrap());
        if std::env::var_os("HOSTFN_BLESS").is_some() {
            std::fs::write(&path, &text).unwrap();
        }
        let found = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(found == text, "{file} is out of date; HOSTFN_BLESS=1 writes it again");
    }
}
