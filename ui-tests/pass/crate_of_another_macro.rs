// `$crate` in the macros is `ui_tests`, also where an error about it would be reported at a type of this file

mod kit {
    pub use ui_tests::hostfn::*;
}

use kit::{HostFn, capabilities};

capabilities! {
    crate = crate::kit;
    /// Use a store.
    STORE = "store" in name;
}

ui_tests::library_fn!(STORE, length(store: &str) -> usize = store.len());
ui_tests::library_contract!(Shop { price(name: &str) -> u64 });

fn main() {
    assert_eq!((length::SPEC.name(), length("abc")), ("length", 3));
}
