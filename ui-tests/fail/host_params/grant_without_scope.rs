#![allow(unused_variables)]

use hostfn::{Scope, host_fn};

#[host_fn(capability = none)]
fn take(#[grant] grant: &Scope) {}

fn main() {}
