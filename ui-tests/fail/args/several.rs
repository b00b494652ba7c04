use hostfn::host_fn;

#[host_fn(quota = 0, name = 3, max_reply = "much", colour = "red")]
fn tick() {}

fn main() {}
