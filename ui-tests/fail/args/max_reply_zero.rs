use hostfn::host_fn;

#[host_fn(capability = none, max_reply = "0 KiB")]
fn tick() {}

fn main() {}
