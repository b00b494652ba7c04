use hostfn::host_fn;

#[host_fn(capability = none, quota = 3k)]
fn tick() {}

fn main() {}
