use hostfn::host_fn;

#[host_fn(capability = none, module = 1)]
fn tick() {}

fn main() {}
