//! Parts that the tests of several packages share.

#![allow(
    clippy::missing_panics_doc,
    clippy::return_self_not_must_use,
    reason = "a panic is a failed test, and nothing else uses this"
)]

mod child;
#[cfg(feature = "host")]
pub mod probe;
#[cfg(feature = "host")]
pub mod relay;
#[cfg(feature = "host")]
pub mod session;

pub use child::{alone, test_path};

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// Returns the processor time that `work` takes, which other programs do not change.
pub fn processor_time(work: impl FnOnce()) -> Duration {
    let now =
        || Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).expect("no clock begins before itself");
    let before = now();
    work();
    now().saturating_sub(before)
}
