use hostfn::host_fn;

#[host_fn(capability = none, quota = 8 * 4)]
fn tick() {}

fn main() {}
