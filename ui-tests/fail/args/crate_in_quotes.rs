use hostfn::host_fn;

#[host_fn(capability = none, crate = "hostfn")]
fn tick() {}

fn main() {}
