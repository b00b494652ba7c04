use hostfn::host_fn;

#[host_fn(capability = none, quota = -1)]
fn tick() {}

fn main() {}
