use hostfn::host_fn;

struct Log;

#[host_fn(capability = none)]
fn log(#[state] log: &mut Log, #[state] again: &mut Undeclared) {}

fn main() {}
