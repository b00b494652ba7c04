#![allow(unused_variables)]

use hostfn::host_fn;

use std::cell::Cell;

#[host_fn(capability = none)]
fn count(#[state] count: hostfn::state::Shared<Cell<u32>>) {}

fn main() {}
