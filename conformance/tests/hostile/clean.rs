//! Every function of the conformance suite and of the modules, against hostile guests.

use hostfn::Registry;
use hostfn::testing::hostile;
use hostfn_modules::{http, kv, secret, standard};

#[test]
fn conformance_functions_survive_hostile_guests() {
    let report = hostile::check(&conformance::registry().unwrap()).unwrap();
    println!("{report}");
    report.assert_clean();
    assert!(report.functions().iter().all(|function| function.guests >= 200), "{report}");
}

#[test]
fn modules_survive_hostile_guests() {
    let mut modules = standard();
    modules.retain(|module| !["http", "kms", "kv", "secret"].contains(&module.name()));
    let registry = Registry::builder()
        .modules(modules)
        .module(kv::module().memory("hostile-a"))
        .module(secret::module().text("hostile-a", "a key"))
        .module(http::module().with_secrets())
        .build()
        .unwrap();
    let report = hostile::check(&registry).unwrap();
    println!("{report}");
    report.assert_clean();
}
