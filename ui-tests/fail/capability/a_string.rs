use hostfn::host_fn;

#[host_fn(capability = "fs.read")]
fn tick() {}

fn main() {}
