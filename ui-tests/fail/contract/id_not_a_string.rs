use hostfn::guest_contract;

#[guest_contract(id = greeter)]
trait Greeter {}

fn main() {}
