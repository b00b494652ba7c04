use hostfn::guest_contract;

#[guest_contract(id = "greeter.v1", crate = "hostfn")]
trait Greeter {}

fn main() {}
