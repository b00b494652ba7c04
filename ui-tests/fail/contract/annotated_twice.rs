use hostfn::guest_contract;

#[guest_contract(id = "greeter.v1")]
#[guest_contract(id = "greeter.v2")]
trait Greeter {}

fn main() {}
