use hostfn::guest_contract;

#[guest_contract(id = "greeter.v1")]
trait Greeter<T>
where
    T: Copy,
{
    fn greet(&mut self, name: T);
}

fn main() {}
