use hostfn::host_fn;

#[host_fn(capability = none)]
const fn tick() {}

fn main() {}
