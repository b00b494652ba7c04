#![allow(unused_variables)]

use hostfn::host_fn;

use std::rc::Rc;

#[host_fn(capability = none)]
fn count(#[state] count: &mut Rc<u32>) {}

fn main() {}
