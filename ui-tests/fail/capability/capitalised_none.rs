use hostfn::host_fn;

#[host_fn(capability = None)]
fn tick() {}

fn main() {}
