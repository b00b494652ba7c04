use hostfn::guest_contract;

#[guest_contract(id = "greeter.v1")]
trait Greeter {
    unsafe fn greet(&mut self);
    extern "C" fn forget(&mut self);
}

fn main() {}
