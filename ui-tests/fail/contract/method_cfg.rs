use hostfn::guest_contract;

#[guest_contract(id = "greeter.v1")]
trait Greeter {
    #[cfg(not(test))]
    fn greet(&mut self, #[cfg(not(test))] name: &str);
}

fn main() {}
