fn client<'a, C: hostfn::GuestContract<'a>>() {}

fn main() {
    client::<String>();
}
