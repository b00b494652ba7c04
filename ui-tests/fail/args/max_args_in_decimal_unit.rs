use hostfn::host_fn;

#[host_fn(capability = none, max_args = "64 kB")]
fn tick() {}

fn main() {}
