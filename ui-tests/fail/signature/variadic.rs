#![allow(unused_variables)]

use hostfn::host_fn;

#[host_fn(capability = none)]
fn log(lines: ...) {}

fn main() {}
