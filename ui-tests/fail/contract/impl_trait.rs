use hostfn::guest_contract;

#[guest_contract(id = "greeter.v1")]
trait Greeter {
    fn greet(&mut self, name: impl AsRef<str>) -> impl Sized;
}

fn main() {}
