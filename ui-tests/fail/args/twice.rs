use hostfn::host_fn;

#[host_fn(capability = none, quota = 1, quota = 2)]
fn tick() {}

fn main() {}
