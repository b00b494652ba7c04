use hostfn::host_fn;

#[host_fn(capability = none)]
#[host_fn(capability = none, name = "tock")]
fn tick() {}

fn main() {}
