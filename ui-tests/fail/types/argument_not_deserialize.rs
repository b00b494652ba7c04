#![allow(unused_variables)]

use hostfn::host_fn;

struct Point(u32, u32);

#[host_fn(capability = none)]
fn draw(at: Point) {}

fn main() {}
