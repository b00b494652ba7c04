//! The host's clock: it lets running guests be stopped, and those that wait be woken in time.
//!
//! A deadline is an [`Instant`], and whether it has passed is read from the system's clock. The thread only makes guests
//! and waiting tasks look: however late it is scheduled, no look is wrong.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use wasmtime::Engine;

/// How often guests are made to look at the time.
const TICK: Duration = Duration::from_millis(10);

/// Wakes those who wait for a time.
#[derive(Default)]
pub(super) struct Clock {
    sleepers: Mutex<Sleepers>,
}

/// By when they are to be woken, and a number that no other has.
type Alarm = (Instant, u64);

#[derive(Default)]
struct Sleepers {
    next: u64,
    alarms: BTreeMap<Alarm, Waker>,
}

impl Clock {
    /// A clock on a thread of its own, which ticks for as long as the engine lives.
    pub(super) fn start(engine: &Engine) -> std::io::Result<Arc<Clock>> {
        let clock = Arc::new(Clock::default());
        let (ticking, engine) = (Arc::clone(&clock), engine.weak());
        let tick = move || {
            let mut next = Instant::now();
            while let Some(engine) = engine.upgrade() {
                engine.increment_epoch();
                drop(engine);
                let now = Instant::now();
                ticking.wake(now);
                // sleeping till a time and not for one: what a tick takes, and how late it was, does not add up
                next = (next + TICK).max(now);
                std::thread::sleep(next.saturating_duration_since(Instant::now()));
            }
        };
        std::thread::Builder::new().name("hostfn-epoch".to_owned()).spawn(tick)?;
        Ok(clock)
    }

    /// Waits until `deadline`; forever where there is none.
    pub(super) fn until(&self, deadline: Option<Instant>) -> Sleep<'_> {
        Sleep { clock: self, deadline, alarm: None }
    }

    /// Wakes everyone whose time has come.
    fn wake(&self, now: Instant) {
        let mut sleepers = self.sleepers();
        let later = sleepers.alarms.split_off(&(now, u64::MAX));
        let due = std::mem::replace(&mut sleepers.alarms, later);
        drop(sleepers);
        due.into_values().for_each(Waker::wake);
    }

    fn sleepers(&self) -> MutexGuard<'_, Sleepers> {
        self.sleepers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// See [`Clock::until`].
pub(super) struct Sleep<'a> {
    clock: &'a Clock,
    deadline: Option<Instant>,
    alarm: Option<Alarm>,
}

impl Future for Sleep<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let Some(deadline) = self.deadline else { return Poll::Pending };
        if Instant::now() >= deadline {
            return Poll::Ready(());
        }
        // an alarm that is set while others are woken is due at the next tick
        let mut sleepers = self.clock.sleepers();
        let alarm = self.alarm.unwrap_or_else(|| {
            sleepers.next += 1;
            (deadline, sleepers.next)
        });
        sleepers.alarms.insert(alarm, cx.waker().clone());
        drop(sleepers);
        self.alarm = Some(alarm);
        Poll::Pending
    }
}

impl Drop for Sleep<'_> {
    fn drop(&mut self) {
        if let Some(alarm) = self.alarm {
            self.clock.sleepers().alarms.remove(&alarm);
        }
    }
}
