use hostfn::host_fn;

#[host_fn(capability = FS_READ)]
fn tick() {}

fn main() {}
