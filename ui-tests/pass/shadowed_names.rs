#![allow(dead_code, non_camel_case_types, non_snake_case, unused_macros)]

use ::hostfn::{HostFn, host_fn};

mod core {}
mod std {}
mod hostfn {}
mod serde {}
struct Option;
struct Result;
struct String;
struct Param;
struct HostFnSpec;
struct Returned;
struct str;
struct u32;
trait Sized {}
fn Ok() {}
fn Some() {}
macro_rules! concat {
    () => {};
}

/// Tick.
#[doc = ::core::stringify!(tock)]
#[host_fn(capability = none, quota = 3, max_args = "1 KiB", since = 2)]
fn tick(#[state] count: &mut u64, by: u64) -> u64 {
    *count + by
}

fn main() {
    assert_eq!((tick::SPEC.name(), tick::SPEC.since()), ("tick", 2));
    assert_eq!(tick::SPEC.docs().trim(), "Tick.\ntock");
}
