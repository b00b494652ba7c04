use hostfn::guest_contract;

macro_rules! more {
    () => {};
}

#[guest_contract(id = "greeter.v1")]
trait Greeter {
    const LIMIT: u32;
    type Name;
    more!();
}

fn main() {}
