extern crate hostfn as _;

use functions::tick;
use kit::plugins::HostFn;

mod kit {
    pub mod plugins {
        pub use ::hostfn::*;
    }
}

mod functions {
    use crate::kit::plugins::host_fn;

    #[host_fn(capability = none, crate = crate::kit::plugins)]
    pub fn tick(#[state] ticks: &mut u64, by: u64) -> u64 {
        *ticks += by;
        *ticks
    }
}

fn main() {
    assert_eq!((tick::SPEC.name(), tick::SPEC.params().len()), ("tick", 2));
}
