//! How a host function that takes long learns that nobody waits for it any more.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use crate::cancel::CancelToken;

/// Tells a host function that blocks whether the guest may still go on: its time is not up, and its end was
/// not asked for. The engine cannot stop a host function; one that blocks asks, and ends early.
///
/// A state's initialiser gets it from [`StateCx::interrupt`](crate::StateCx::interrupt), and keeps it in the
/// state. A clone tells of the same instance, from any thread.
#[derive(Clone)]
pub struct Interrupt(Arc<Watched>);

struct Watched {
    life: CancelToken,
    startup: CancelToken,
    /// Whether the instance is there, so that the start cannot be called off any more.
    started: AtomicBool,
    /// Ticks of the host's clock until now.
    ticks: Arc<AtomicU64>,
    tick: Duration,
    /// The tick at which the guest's time is up.
    deadline: AtomicU64,
}

impl Interrupt {
    /// Of an instance that has all the time there is, and ends with `life`.
    pub fn new(life: &CancelToken) -> Self {
        Self::by(life, &CancelToken::new(), Arc::default(), Duration::ZERO)
    }

    pub(crate) fn by(
        life: &CancelToken,
        startup: &CancelToken,
        ticks: Arc<AtomicU64>,
        tick: Duration,
    ) -> Self {
        let (life, startup) = (life.clone(), startup.clone());
        let (started, deadline) = (AtomicBool::new(false), AtomicU64::new(u64::MAX));
        Self(Arc::new(Watched { life, startup, started, ticks, tick, deadline }))
    }

    /// Whether to stop: the guest's time is up, or its end was asked for.
    pub fn is_raised(&self) -> bool {
        self.is_cancelled() || self.0.ticks.load(Ordering::Relaxed) >= self.deadline()
    }

    /// How long the guest may still go on, as the host's clock counts, which ticks every 10 milliseconds;
    /// nothing when its end was asked for, and [`Duration::MAX`] when no call is limited.
    pub fn time_left(&self) -> Duration {
        if self.is_cancelled() {
            return Duration::ZERO;
        }
        let deadline = self.deadline();
        if deadline == u64::MAX {
            return Duration::MAX;
        }
        let ticks = deadline.saturating_sub(self.0.ticks.load(Ordering::Relaxed));
        self.0.tick.saturating_mul(u32::try_from(ticks).unwrap_or(u32::MAX))
    }

    pub(crate) fn is_cancelled(&self) -> bool {
        self.0.life.is_cancelled()
            || (!self.0.started.load(Ordering::Relaxed) && self.0.startup.is_cancelled())
    }

    /// The instance is there.
    #[cfg(feature = "wasm")]
    pub(crate) fn started(&self) {
        self.0.started.store(true, Ordering::Relaxed);
    }

    pub(crate) fn deadline(&self) -> u64 {
        self.0.deadline.load(Ordering::Relaxed)
    }

    #[cfg(feature = "wasm")]
    pub(crate) fn set_deadline(&self, tick: u64) {
        self.0.deadline.store(tick, Ordering::Relaxed);
    }
}

impl fmt::Debug for Interrupt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_raised() { "Interrupt(raised)" } else { "Interrupt" })
    }
}
