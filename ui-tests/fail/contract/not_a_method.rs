use hostfn::guest_contract;

#[guest_contract(id = "greeter.v1")]
macro_rules! more {
    () => {};
}

trait Greeter {
    const LIMIT: u32;
    type Name;
    more!();
}

fn main() {}
