use hostfn::host_fn;

#[host_fn(capability = none, spec = "Greet")]
fn greet() {}

fn main() {}
