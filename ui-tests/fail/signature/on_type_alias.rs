use hostfn::host_fn;

#[host_fn(capability = none)]
type Tick = fn();

fn main() {}
