use hostfn::host_fn;

#[host_fn(capability = none, name = "tick tock")]
fn tick() {}

fn main() {}
