#![allow(unused_variables)]

use hostfn::host_fn;

#[host_fn(capability = none)]
fn take(#[caller] caller: &str) {}

fn main() {}
