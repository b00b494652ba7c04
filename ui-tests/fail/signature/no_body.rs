use hostfn::host_fn;

#[host_fn(capability = none)]
fn tick();

fn main() {}
