use hostfn::host_fn;

#[host_fn(capability = none, since =)]
fn tick() {}

fn main() {}
