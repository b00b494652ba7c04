use hostfn::guest_contract;

#[guest_contract(id = "greeter.v1", id = "greeter.v1")]
trait Greeter {}

fn main() {}
