#![allow(unused_variables)]

use hostfn::host_fn;

#[host_fn(capability = none)]
fn take(name: &'static str) {}

fn main() {}
