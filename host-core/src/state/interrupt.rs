//! Interrupt of a host function that takes long, once nobody waits for it.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::state::CancelToken;

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
    /// True if the instance is there, so that the start cannot be called off any more.
    started: AtomicBool,
    /// From when the deadline counts.
    made: Instant,
    /// Nanoseconds from then until the guest's time is up: one number, so that setting and reading it takes no lock. With
    /// [`UNREAD`], how long the guest has from the first look at it on.
    deadline: AtomicU64,
}

/// Nobody has looked at the deadline since the call began, so the clock was not read either.
const UNREAD: u64 = 1 << 63;
/// No call is limited.
const NONE: u64 = u64::MAX;

impl Interrupt {
    /// Of an instance that has all the time there is, and ends with `life`.
    pub fn new(life: &CancelToken) -> Self {
        Self::by(life, &CancelToken::new())
    }

    pub(crate) fn by(life: &CancelToken, startup: &CancelToken) -> Self {
        let (life, startup) = (life.clone(), startup.clone());
        let (started, deadline) = (AtomicBool::new(false), AtomicU64::new(NONE));
        Self(Arc::new(Watched { life, startup, started, made: Instant::now(), deadline }))
    }

    /// Returns whether to stop: the guest's time is up, or its end was asked for.
    pub fn is_raised(&self) -> bool {
        self.is_cancelled() || self.deadline().is_some_and(|deadline| Instant::now() >= deadline)
    }

    /// Returns how long the guest may still go on; nothing when its end was asked for, and [`Duration::MAX`] when no call is
    /// limited.
    pub fn time_left(&self) -> Duration {
        if self.is_cancelled() {
            return Duration::ZERO;
        }
        self.deadline().map_or(Duration::MAX, |deadline| deadline.saturating_duration_since(Instant::now()))
    }

    pub(crate) fn is_cancelled(&self) -> bool {
        self.0.life.is_cancelled()
            || (!self.0.started.load(Ordering::Relaxed) && self.0.startup.is_cancelled())
    }

    /// The end of the instance.
    pub(crate) fn lifetime(&self) -> &CancelToken {
        &self.0.life
    }

    /// Returns what cancels the instance's start, while it starts.
    pub(crate) fn startup(&self) -> Option<&CancelToken> {
        (!self.0.started.load(Ordering::Relaxed)).then_some(&self.0.startup)
    }

    /// The instance is there.
    pub(crate) fn started(&self) {
        self.0.started.store(true, Ordering::Relaxed);
    }

    /// When the guest's time is up; `None` when no call is limited.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        let nanos = match self.0.deadline.load(Ordering::Relaxed) {
            NONE => return None,
            unread if unread & UNREAD != 0 => self.first_look(unread),
            nanos => nanos,
        };
        self.0.made.checked_add(Duration::from_nanos(nanos))
    }

    /// The deadline counts from here, unless another thread looked before.
    #[cold]
    fn first_look(&self, unread: u64) -> u64 {
        let nanos = self.nanos_in(Duration::from_nanos(unread & !UNREAD));
        let set = self.0.deadline.compare_exchange(unread, nanos, Ordering::Relaxed, Ordering::Relaxed);
        set.map_or_else(|other| other & !UNREAD, |_| nanos)
    }

    fn nanos_in(&self, time: Duration) -> u64 {
        in_nanos(self.0.made.elapsed().saturating_add(time))
    }

    /// The guest's time is up after `time`, counted from now.
    pub(crate) fn give(&self, time: Duration) {
        self.0.deadline.store(self.nanos_in(time), Ordering::Relaxed);
    }

    /// The guest's time is up after `nanos`, counted from when somebody looks first. Reading the clock costs as much as the
    /// engine takes to enter a guest.
    #[inline]
    pub(crate) fn give_unread(&self, nanos: u64) {
        let unread = if nanos >= UNREAD { NONE } else { nanos | UNREAD };
        self.0.deadline.store(unread, Ordering::Relaxed);
    }
}

/// 292 years and more are no limit.
pub(crate) fn in_nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).ok().filter(|nanos| nanos & UNREAD == 0).unwrap_or(NONE)
}

impl fmt::Debug for Interrupt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_raised() { "Interrupt(raised)" } else { "Interrupt" })
    }
}
