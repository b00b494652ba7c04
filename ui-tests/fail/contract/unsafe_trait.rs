use hostfn::guest_contract;

#[guest_contract(id = "greeter.v1")]
unsafe trait Greeter {}

fn main() {}
