use hostfn::host_fn;

#[host_fn(capability = none, module = "")]
fn tick() {}

fn main() {}
