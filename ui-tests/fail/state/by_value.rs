#![allow(unused_variables)]

use hostfn::host_fn;

struct Log;

#[host_fn(capability = none)]
fn log(#[state] log: Log) {}

fn main() {}
