use hostfn::host_fn;

#[host_fn(capability = none, since = 4294967296)]
fn tick() {}

fn main() {}
