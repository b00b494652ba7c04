#![allow(unused_variables)]

use hostfn::{Caller, host_fn};

#[host_fn(capability = none)]
fn take(name: &str, #[caller] caller: &Caller) {}

fn main() {}
