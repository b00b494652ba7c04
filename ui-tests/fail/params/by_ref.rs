#![allow(unused_variables)]

use hostfn::host_fn;

#[host_fn(capability = none)]
fn take(ref name: String) {}

fn main() {}
