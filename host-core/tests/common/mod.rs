//! What several of these tests need.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// The processor time that `work` takes, which does not pass while other programs have the machine.
pub fn processor_time(work: impl FnOnce()) -> Duration {
    let now =
        || Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).expect("no clock begins before itself");
    let before = now();
    work();
    now().saturating_sub(before)
}
