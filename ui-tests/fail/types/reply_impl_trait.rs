use hostfn::host_fn;

#[host_fn(capability = none)]
fn name() -> impl ToString {
    "name"
}

fn main() {}
