#![allow(unused_variables)]

use hostfn::host_fn;

#[host_fn(capability = none)]
fn take(name: impl AsRef<str>) {}

fn main() {}
