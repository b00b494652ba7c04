//! The settings of a pool, and its figures.

use std::time::Duration;

use super::queue::Shared;
use super::{Pool, PoolSource};
use crate::error::{Code, Problem, Result};
use crate::policy::Grants;

/// Collects the settings of a [`Pool`].
#[derive(Debug)]
#[must_use = "a pool is created by `build`"]
pub struct PoolBuilder<S> {
    source: S,
    grants: Grants,
    ceiling: Option<Grants>,
    options: Options,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Options {
    pub size: u32,
    pub waiting: usize,
    pub wait: Duration,
    pub waits: bool,
}

/// Figures of a [`Pool`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PoolStats {
    /// The most instances at a time.
    pub size: u32,
    /// Instances that are ready.
    pub idle: u32,
    /// Leases that are out, those whose instance is being started included.
    pub leased: u32,
    /// Requests that wait for a lease.
    pub waiting: u32,
    /// Instances that were started so far.
    pub started: u64,
    /// Instances that ended so far: by a trap or another end, or because the plugin was replaced.
    pub ended: u64,
    /// Leases that were handed out so far.
    pub leases: u64,
    /// Requests that waited too long.
    pub timed_out: u64,
    /// Requests that were refused because too many waited.
    pub refused: u64,
    /// The number of times the plugin was replaced.
    pub replaced: u64,
}

impl<S: PoolSource> PoolBuilder<S> {
    pub(super) fn new(source: &S, grants: &Grants) -> Self {
        let options = Options { size: 8, waiting: 1024, wait: Duration::from_secs(10), waits: true };
        Self { source: source.clone(), grants: grants.clone(), ceiling: None, options }
    }

    /// Sets the most instances at a time. Default: 8.
    pub fn size(mut self, size: u32) -> Self {
        self.options.size = size;
        self
    }

    /// Sets how many requests may wait for an instance. Default: 1024.
    pub fn waiting(mut self, waiting: usize) -> Self {
        self.options.waiting = waiting;
        self
    }

    /// Sets how long a request waits for an instance. Default: 10 s.
    pub fn wait(mut self, wait: Duration) -> Self {
        self.options.wait = wait;
        self
    }

    /// Sets the most that instances can be granted later, by [`Pool::restore`] and [`Pool::set_grants`]. Default: the
    /// grants of the pool.
    pub fn ceiling(mut self, ceiling: &Grants) -> Self {
        self.ceiling = Some(ceiling.clone());
        self
    }

    /// Starts instances that cannot wait for async functions. Their calls are cheaper, and a call holds the thread of the
    /// request until it ends.
    pub fn blocking(mut self) -> Self {
        self.options.waits = false;
        self
    }

    /// Checks the settings and creates the pool. Instances are started when they are needed, or by [`Pool::warm`].
    ///
    /// # Errors
    /// `H0115` for a size of 0.
    pub fn build(self) -> Result<Pool<S>> {
        let Self { source, grants, ceiling, options } = self;
        if options.size == 0 {
            let place = format!("pool of plugin `{}`", source.subject().name());
            return Err(Problem::new(
                Code::BadLimit,
                place,
                "a size of 0 serves no request",
                "write `.size(1)` or more",
            )
            .into());
        }
        let ceiling = ceiling.unwrap_or_else(|| grants.clone());
        Ok(Pool(Shared::new(source, grants, ceiling, options)))
    }
}
