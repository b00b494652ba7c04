#![allow(unused_variables)]

use hostfn::{Caller, host_fn};

#[host_fn(capability = none)]
fn take(
    #[caller]
    #[state]
    caller: &Caller,
) {
}

fn main() {}
