use hostfn::host_fn;

#[host_fn(capability = none)]
struct Clock;

fn main() {}
