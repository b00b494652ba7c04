use hostfn::host_fn;

#[host_fn(capability = none, max_args = 65536)]
fn tick() {}

fn main() {}
