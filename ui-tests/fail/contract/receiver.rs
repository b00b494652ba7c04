use hostfn::guest_contract;

#[guest_contract(id = "greeter.v1")]
trait Greeter {
    fn greet(name: &str);
    fn forget(self);
    fn recall(self: Box<Self>);
    fn regret<'a>(&'a mut self);
}

fn main() {}
