use hostfn::host_fn;

#[host_fn(capability = none, max_reply = "4 GiB")]
fn tick() {}

fn main() {}
