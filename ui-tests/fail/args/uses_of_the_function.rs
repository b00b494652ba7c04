use hostfn::host_fn;

#[host_fn(capability = none, quata = 3)]
fn tick() {}

fn registry() -> hostfn::Registry {
    hostfn::Registry::builder().add(tick::SPEC).build().unwrap()
}

fn main() {}
