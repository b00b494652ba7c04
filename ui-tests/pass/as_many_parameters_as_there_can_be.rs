#![allow(unused_variables)]

use hostfn::spec::Param;
use hostfn::{HostFn, host_fn};

#[rustfmt::skip]
#[host_fn(capability = none)]
fn take(
    #[state] a: &mut u8, #[state] b: &u16, #[state] c: &mut u32, #[state] d: &u64,
    e: u8, f: u8, g: u8, h: u8, i: u8, j: u8, k: u8, l: u8,
    m: u8, n: u8, o: u8, p: u8, q: u8, r: u8, s: u8, t: u8,
) {}

fn main() {
    assert_eq!(take::SPEC.params().len(), 20);
    let names: String = take::SPEC.wire_params().map(Param::name).collect();
    assert_eq!(names, "efghijklmnopqrst");
}
