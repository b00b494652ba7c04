use hostfn::host_fn;

#[host_fn(capability = none)]
extern "C" fn tick() {}

fn main() {}
