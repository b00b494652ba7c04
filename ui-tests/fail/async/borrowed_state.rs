#![allow(unused_variables)]

use hostfn::host_fn;

#[host_fn(capability = none)]
async fn wait(#[state] count: &mut u64) {}

fn main() {}
