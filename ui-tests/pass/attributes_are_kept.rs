#![deny(unused, deprecated)]

use hostfn::{HostFn, host_fn};

#[must_use]
#[inline(never)]
#[track_caller]
#[host_fn(capability = none)]
#[expect(unused_variables, reason = "the lint fires in the function if this attribute is still on it")]
fn line(#[allow(unused_mut)] mut a: u32, b: u32) -> u32 {
    a + std::panic::Location::caller().line()
}

fn main() {
    #[expect(unused_must_use, reason = "the function is still `#[must_use]`")]
    line(0, 0);
    assert_eq!(line(0, 0), line!());
    assert_eq!(line::SPEC.params().len(), 2);
}
