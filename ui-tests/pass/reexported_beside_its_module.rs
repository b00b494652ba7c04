//! A function that is re-exported beside the module of its name: the type with its `SPEC` must not clash with it.

use hostfn::HostFn;

mod greet {
    #[hostfn::host_fn(capability = none, spec = GreetFn)]
    pub fn greet(n: u32) -> u32 {
        n
    }
}
pub use greet::greet;

mod part {
    #[hostfn::host_fn(capability = none)]
    pub fn part() {}
}
// the module hides the type that a glob brings
pub use part::*;

fn main() {
    assert_eq!(greet(7), 7);
    assert_eq!(greet::GreetFn::SPEC.name(), "greet");
    part();
    assert_eq!(part::part::SPEC.name(), "part");
    assert_eq!(hostfn::Registry::collect().unwrap().len(), 2);
}
