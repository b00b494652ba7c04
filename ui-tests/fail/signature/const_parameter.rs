use hostfn::host_fn;

#[host_fn(capability = none)]
fn first<const N: usize>() {}

fn main() {}
