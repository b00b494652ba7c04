use hostfn::host_fn;

#[host_fn(capability = none, crate = 3)]
fn tick() {}

fn main() {}
