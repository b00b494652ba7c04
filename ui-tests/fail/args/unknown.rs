use hostfn::host_fn;

#[host_fn(capability = none, quata = 3)]
fn tick() {}

fn main() {}
