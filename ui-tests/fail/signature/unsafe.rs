use hostfn::host_fn;

#[host_fn(capability = none)]
unsafe fn tick() {}

fn main() {}
