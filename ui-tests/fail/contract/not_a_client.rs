fn client<'a, C: hostfn::contract::GuestContract<'a>>() {}

fn main() {
    client::<String>();
}
