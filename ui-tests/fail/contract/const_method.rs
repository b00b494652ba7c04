use hostfn::guest_contract;

#[guest_contract(id = "greeter.v1")]
trait Greeter {
    const fn greet(&mut self);
}

fn main() {}
