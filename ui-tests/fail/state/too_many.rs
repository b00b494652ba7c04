#![allow(unused_variables)]

use hostfn::host_fn;

#[rustfmt::skip]
#[host_fn(capability = none)]
fn log(
    #[state] a: &mut u8, #[state] b: &mut u16, #[state] c: &mut u32, #[state] d: &mut u64,
    #[state] e: &mut u128,
) {}

fn main() {}
