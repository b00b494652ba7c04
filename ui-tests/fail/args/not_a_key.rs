use hostfn::host_fn;

#[host_fn(capability = none, 42)]
fn tick() {}

fn main() {}
