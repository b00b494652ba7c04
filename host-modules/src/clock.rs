//! Time: the wall clock, a monotonic one, and a sleep.
//!
//! ```
//! use hostfn::Registry;
//! use hostfn_modules::clock;
//!
//! let registry = Registry::builder().module(clock::module()).build()?;
//! assert_eq!(registry.len(), 3);
//! # Ok::<(), hostfn::Error>(())
//! ```
//!
//! Grants: `"clock.read" = true`, `"clock.sleep" = true`.

use std::convert::Infallible;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use async_io::Timer;
use hostfn::state::Shared;
use hostfn::{HostError, HostFn, HostModule, Interrupt, capabilities, host_fn};

capabilities! {
    /// Read the wall clock and a monotonic one.
    pub CLOCK_READ = "clock.read";
    /// Sleep, within the time that the call has.
    pub CLOCK_SLEEP = "clock.sleep";
}

/// The module: nothing to configure.
pub fn module() -> HostModule {
    HostModule::new("clock")
        .functions([clock_wall::SPEC, clock_monotonic::SPEC, clock_sleep::SPEC])
        .state("clock", |cx| Ok::<_, Infallible>(Shared::new(Clock::new(cx.interrupt().clone()))))
}

/// An instance's clock.
#[derive(Debug)]
pub struct Clock {
    started: Instant,
    interrupt: Interrupt,
}

impl Clock {
    fn new(interrupt: Interrupt) -> Self {
        Self { started: Instant::now(), interrupt }
    }
}

/// Errors of the clock.
#[derive(Debug, thiserror::Error, HostError)]
pub enum ClockError {
    /// The sleep would take longer than the call has time.
    #[error("the call has {left_ms} ms left, and a sleep of {asked_ms} ms would outlast it")]
    #[status(quota_exceeded)]
    TooLong {
        /// The requested type.
        asked_ms: u64,
        /// The remaining time.
        left_ms: u128,
    },
}

/// Nanoseconds since 1970 (UTC), by the wall clock; negative before. Somebody may set that clock, also back.
#[host_fn(capability = CLOCK_READ, collect = false)]
pub fn clock_wall() -> i64 {
    let nanos = |since: Duration| i64::try_from(since.as_nanos()).unwrap_or(i64::MAX);
    match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(since) => nanos(since),
        Err(before) => -nanos(before.duration()),
    }
}

/// Nanoseconds since the instance was made, by a clock that never goes back.
#[host_fn(capability = CLOCK_READ, collect = false)]
pub fn clock_monotonic(#[state] clock: &Shared<Clock>) -> u64 {
    u64::try_from(clock.started.elapsed().as_nanos()).unwrap_or(u64::MAX)
}

/// Wait for so many milliseconds, if the call has as many left.
#[host_fn(capability = CLOCK_SLEEP, collect = false)]
pub async fn clock_sleep(#[state] clock: Shared<Clock>, millis: u64) -> Result<(), ClockError> {
    let (time, left) = (Duration::from_millis(millis), clock.interrupt.time_left());
    if time >= left {
        return Err(ClockError::TooLong { asked_ms: millis, left_ms: left.as_millis() });
    }
    Timer::after(time).await;
    Ok(())
}
