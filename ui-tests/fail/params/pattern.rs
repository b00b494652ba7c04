#![allow(unused_variables)]

use hostfn::host_fn;

#[host_fn(capability = none)]
fn take((x, y): (u32, u32)) {}

fn main() {}
