use hostfn::guest_contract;

#[guest_contract(id = "greeter.v1")]
trait Greeter {
    #[entry(greet)]
    fn greet(&mut self);
    #[entry]
    fn forget(&mut self);
}

fn main() {}
