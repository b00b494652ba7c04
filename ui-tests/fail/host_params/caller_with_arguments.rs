#![allow(unused_variables)]

use hostfn::{Caller, host_fn};

#[host_fn(capability = none)]
fn take(#[caller(plugin)] caller: &Caller) {}

fn main() {}
