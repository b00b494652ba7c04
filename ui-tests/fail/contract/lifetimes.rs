use hostfn::guest_contract;

#[guest_contract(id = "greeter.v1")]
trait Greeter {
    fn greet(&mut self, name: &'static str, all: &mut Vec<String>) -> std::borrow::Cow<'_, str>;
}

fn main() {}
