use hostfn::host_fn;

static LIMIT: u32 = 3;

#[host_fn(capability = LIMIT)]
fn tick() {}

fn main() {}
