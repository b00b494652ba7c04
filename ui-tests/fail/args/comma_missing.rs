use hostfn::host_fn;

#[host_fn(capability = none quota = 3)]
fn tick() {}

fn main() {}
