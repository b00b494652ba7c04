use hostfn::host_fn;

#[host_fn(capability = none, crate = nowhere::hostfn)]
fn tick() {}

fn main() {}
