#![allow(unused_variables)]

use hostfn::host_fn;

#[host_fn(capability = none)]
fn take(data: &mut [u8]) {}

fn main() {}
