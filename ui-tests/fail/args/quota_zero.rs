use hostfn::host_fn;

#[host_fn(capability = none, quota = 0)]
fn tick() {}

fn main() {}
