use hostfn::guest_contract;

#[guest_contract(id = "greeter.v1")]
trait Greeter {
    fn greet(&mut self, name: &str) -> &str;
    async fn greet_all(&mut self) -> Vec<&str>;
}

fn main() {}
