use hostfn::guest_contract;

#[guest_contract(id = "greeter.v1")]
trait Greeter {
    #[entry("greet")]
    #[entry("hail")]
    fn greet(&mut self);
}

fn main() {}
