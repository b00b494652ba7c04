use hostfn::guest_contract;

#[guest_contract(id = "greeter.v1")]
trait Greeter {
    fn greet<T>(&mut self, name: T)
    where
        T: Copy;
}

fn main() {}
