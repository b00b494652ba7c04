use hostfn::host_fn;

#[host_fn(capabilty = none)]
fn tick() {}

fn main() {}
