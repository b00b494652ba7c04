use hostfn::guest_contract;

#[guest_contract(id = " ")]
trait Greeter {}

fn main() {}
