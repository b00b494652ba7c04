use hostfn::guest_contract;

#[guest_contract(idd = "greeter.v1", since = 2)]
trait Greeter {}

fn main() {}
