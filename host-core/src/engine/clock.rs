//! The clock of a composition: it makes running guests look at the time, and wakes those that wait.
//!
//! A deadline is an [`Instant`], and whether it has passed is read from the system's clock. The thread only makes guests
//! and waiting tasks look: however late it is scheduled, no look is wrong.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

/// The interval at which guests and waiting tasks check the time.
const TICK: Duration = Duration::from_millis(10);

/// The callback of each tick.
pub(super) type Tick = Box<dyn FnMut() + Send>;

/// Wakes the tasks that wait for a time.
#[derive(Default)]
pub(super) struct Clock {
    sleepers: Mutex<Sleepers>,
    /// True if it has its thread.
    runs: OnceLock<()>,
}

/// When a task is to be woken, and a number that no other has.
type Alarm = (Instant, u64);

#[derive(Default)]
struct Sleepers {
    next: u64,
    alarms: BTreeMap<Alarm, Waker>,
}

impl Clock {
    /// A clock on a thread of its own, which ticks for as long as somebody holds the clock.
    pub(super) fn ticking(tick: Tick) -> std::io::Result<Arc<Clock>> {
        let clock = Clock::lazy();
        clock.start(tick)?;
        Ok(clock)
    }

    /// A clock that starts its thread when the first task waits for a time.
    pub(super) fn lazy() -> Arc<Clock> {
        Arc::default()
    }

    fn start(self: &Arc<Self>, mut tick: Tick) -> std::io::Result<()> {
        let clock = Arc::downgrade(self);
        let run = move || {
            let mut next = Instant::now();
            while let Some(clock) = clock.upgrade() {
                tick();
                let now = Instant::now();
                clock.wake(now);
                drop(clock);
                // sleeping till a time and not for one: what a tick takes, and how late it was, does not add up
                next = (next + TICK).max(now);
                std::thread::sleep(next.saturating_duration_since(Instant::now()));
            }
        };
        std::thread::Builder::new().name("hostfn-clock".to_owned()).spawn(run)?;
        let _ = self.runs.set(());
        Ok(())
    }

    /// Waits until `deadline`; forever if absent.
    pub(super) fn until(self: &Arc<Self>, deadline: Option<Instant>) -> Sleep {
        Sleep { clock: Arc::clone(self), deadline, alarm: None }
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
pub(super) struct Sleep {
    clock: Arc<Clock>,
    deadline: Option<Instant>,
    alarm: Option<Alarm>,
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let Some(deadline) = self.deadline else { return Poll::Pending };
        if Instant::now() >= deadline {
            return Poll::Ready(());
        }
        if self.clock.runs.get().is_none() && self.clock.start(Box::new(|| ())).is_err() {
            // without a thread the task looks at the time whenever the executor polls it
            cx.waker().wake_by_ref();
            return Poll::Pending;
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

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Some(alarm) = self.alarm {
            self.clock.sleepers().alarms.remove(&alarm);
        }
    }
}
