#![no_implicit_prelude]

mod kit {
    pub(crate) use ::hostfn;
}

#[::hostfn::guest_contract(id = "greeter.v1", crate = crate::kit::hostfn)]
trait Greeter {
    fn greet(&mut self, name: &str) -> ::std::string::String;
    async fn wait(&mut self);
}

fn main() {
    let contract = <GreeterClient<'_> as ::hostfn::contract::GuestContract<'_>>::CONTRACT;
    ::std::assert_eq!(contract.id(), "greeter.v1");
}
