use hostfn::guest_contract;

#[guest_contract(id = "Greeter.v1")]
trait Greeter {}

fn main() {}
