use hostfn::host_fn;

#[host_fn(capability = none, name = tick)]
fn tick() {}

fn main() {}
