use hostfn::guest_contract;

#[guest_contract(id = "greeter.v1")]
trait Greeter {
    #[entry("greet them")]
    fn greet(&mut self);
    fn grüßen(&mut self);
}

fn main() {}
