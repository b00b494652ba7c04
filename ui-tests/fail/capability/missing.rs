use hostfn::host_fn;

#[host_fn]
fn tick() {}

fn main() {}
