use hostfn::host_fn;

#[host_fn(capability = none, name)]
fn tick() {}

fn main() {}
