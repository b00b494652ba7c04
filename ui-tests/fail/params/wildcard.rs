use hostfn::host_fn;

#[host_fn(capability = none)]
fn take(_: u32) {}

fn main() {}
