use hostfn::guest_contract;

#[guest_contract]
trait Greeter {
    fn greet(&mut self, name: &str) -> String;
}

fn main() {}
