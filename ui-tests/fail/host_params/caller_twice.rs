#![allow(unused_variables)]

use hostfn::{Caller, host_fn};

#[host_fn(capability = none)]
fn take(#[caller] caller: &Caller, #[caller] again: &Caller) {}

fn main() {}
