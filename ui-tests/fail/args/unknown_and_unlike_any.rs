use hostfn::host_fn;

#[host_fn(capability = none, colour = "red")]
fn tick() {}

fn main() {}
