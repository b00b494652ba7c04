#![allow(unused_variables)]

use hostfn::host_fn;

#[host_fn(capability = none)]
fn log(#[state] lines: &mut dyn std::fmt::Write) {}

fn main() {}
