#![allow(unused_variables)]

use hostfn::host_fn;

struct Log;

#[host_fn(capability = none)]
fn log(
    #[state]
    #[state]
    log: &mut Log,
) {
}

fn main() {}
