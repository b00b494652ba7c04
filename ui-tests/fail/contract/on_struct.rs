use hostfn::guest_contract;

#[guest_contract(id = "greeter.v1")]
struct Greeter;

fn main() {}
