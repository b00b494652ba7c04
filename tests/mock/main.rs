//! A mock host answers as a real one does, and what a test scripts is held to what the functions are.

#[path = "../../examples/guests/ledger-rs/src/lib.rs"]
mod guest;

mod alike;
mod books;
mod gates;
mod scripts;

use hostfn::Registry;
use hostfn::testing::MockHost;

use crate::books::Books;

/// The ledger's functions as a host has them.
fn registry() -> Registry {
    Registry::builder().add_all(books::SPECS.iter().copied()).build().unwrap()
}

/// A mock host with the ledger's functions, where everything is granted.
fn mock() -> MockHost {
    MockHost::builder(registry()).state("books", |_| Books::open()).build().unwrap()
}
