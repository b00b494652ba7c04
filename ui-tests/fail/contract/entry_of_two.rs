use hostfn::guest_contract;

#[guest_contract(id = "greeter.v1")]
trait Greeter {
    fn greet(&mut self);
    #[entry("greeter_v1_greet")]
    fn hail(&mut self);
}

fn main() {}
