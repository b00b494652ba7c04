//! The host's clock: it lets running guests be stopped, and those that wait be woken in time.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use wasmtime::Engine;

/// How often it ticks.
pub(super) const TICK: Duration = Duration::from_millis(10);

/// Counts ticks from when the host was built.
#[derive(Default)]
pub(super) struct Clock {
    ticks: Arc<AtomicU64>,
    sleepers: Mutex<Sleepers>,
}

/// By when they are to be woken, and a number that no other has.
type Alarm = (u64, u64);

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
            while let Some(engine) = engine.upgrade() {
                engine.increment_epoch();
                drop(engine);
                ticking.tick();
                std::thread::sleep(TICK);
            }
        };
        std::thread::Builder::new().name("hostfn-epoch".to_owned()).spawn(tick)?;
        Ok(clock)
    }

    /// The ticks until now.
    pub(super) fn now(&self) -> u64 {
        self.ticks.load(Ordering::Relaxed)
    }

    /// The ticks, to be read from elsewhere.
    pub(super) fn ticks(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.ticks)
    }

    /// The tick by which `time` has passed for certain.
    pub(super) fn after(&self, time: Duration) -> u64 {
        // one more, for the tick that is under way
        let ticks = u64::try_from(time.as_millis().div_ceil(TICK.as_millis())).unwrap_or(u64::MAX);
        self.now().saturating_add(ticks).saturating_add(1)
    }

    /// Waits until `tick` has come.
    pub(super) fn until(&self, tick: u64) -> Sleep<'_> {
        Sleep { clock: self, tick, alarm: None }
    }

    fn tick(&self) {
        let now = self.ticks.fetch_add(1, Ordering::Relaxed) + 1;
        let mut sleepers = self.sleepers();
        let later = sleepers.alarms.split_off(&(now + 1, 0));
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
    tick: u64,
    alarm: Option<Alarm>,
}

impl Future for Sleep<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        // under the lock, so that a tick cannot pass unseen between the look and the alarm
        let mut sleepers = self.clock.sleepers();
        if self.clock.now() >= self.tick {
            return Poll::Ready(());
        }
        let alarm = self.alarm.unwrap_or_else(|| {
            sleepers.next += 1;
            (self.tick, sleepers.next)
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
