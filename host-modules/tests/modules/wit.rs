//! The world of all modules: committed, whole, and read by WIT's own parser.
//!
//! `UPDATE_EXPECT=1 cargo test -p hostfn-modules --test modules wit::` writes it.

use expect_test::expect_file;
use hostfn::{HostModule, Registry};
use hostfn_bindgen::{Language, generate_expressible};
use wit_parser::Resolve;

use super::everything::modules;

fn functions(text: &str) -> usize {
    let mut resolve = Resolve::default();
    resolve.push_source("host.wit", text).unwrap_or_else(|error| panic!("{error:#}\n{text}"));
    resolve.interfaces.iter().map(|(_, interface)| interface.functions.len()).sum()
}

/// SQL values and the fields of log lines are of any type, and WIT has no such type.
const LEFT_OUT: [&str; 6] = [
    "host.log_write",
    "host.sql_execute",
    "host.sql_next",
    "host.sql_query",
    "host.sql_rows",
    "host.sql_run",
];

#[test]
fn every_module_is_an_interface_but_for_values_of_any_shape() {
    let listing = Registry::builder().modules(modules()).build().unwrap().listing();
    let bindings = generate_expressible(&listing, Language::Wit).unwrap();
    let mut left_out: Vec<&str> =
        bindings.left_out.iter().filter_map(|problem| problem.location().split(',').next()).collect();
    left_out.dedup();
    assert_eq!(left_out, LEFT_OUT);
    assert_eq!(functions(&bindings.text), listing.functions.len() - LEFT_OUT.len());
    for name in modules().iter().map(HostModule::name).filter(|name| *name != "log") {
        assert!(bindings.text.contains(&format!("    import {name};\n")), "{name}");
    }
    expect_file!["../../../conformance/wit/modules.wit"].assert_eq(&bindings.text);
}

/// A world of one module needs no other one.
#[test]
fn each_module_is_a_world_of_its_own() {
    for module in modules() {
        let name = module.name().to_owned();
        let listing = Registry::builder().module(module).build().unwrap().listing();
        let expressible =
            listing.functions.iter().filter(|row| !LEFT_OUT.contains(&row.full_name().as_str())).count();
        let text = generate_expressible(&listing, Language::Wit).unwrap().text;
        assert_eq!(functions(&text), expressible, "{name}");
    }
}
