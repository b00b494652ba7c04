//! The clock of the process: it makes running guests look at the time, and wakes those that wait.
//!
//! A deadline is an [`Instant`], and whether it has passed is read from the system's clock. The thread only makes guests
//! and waiting tasks look: however late it is scheduled, no look is wrong. All hosts share one thread, which sleeps while
//! no guest of any host runs or waits.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::task::{Context, Poll, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

/// The interval at which guests and waiting tasks check the time.
const TICK: Duration = Duration::from_millis(10);

/// Ticks without a guest after which the thread sleeps. Waking it costs a call some microseconds, at most once in as many
/// ticks.
const IDLE: u32 = 50;

/// The callback of each tick.
pub(super) type Tick = Box<dyn FnMut() + Send>;

/// The clock of a composition. It counts the calls that run, and wakes the tasks that wait for a time.
#[derive(Default)]
pub(super) struct Clock {
    running: AtomicU32,
    /// Absent where no guest has to be made to look.
    tick: Option<Mutex<Tick>>,
    sleepers: Mutex<Sleepers>,
    /// It is one of the clocks that the thread knows.
    joined: OnceLock<()>,
}

/// When a task is to be woken, and a number that no other has.
type Alarm = (Instant, u64);

#[derive(Default)]
struct Sleepers {
    next: u64,
    alarms: BTreeMap<Alarm, Waker>,
}

impl Clock {
    /// A clock that calls `tick` while a call runs.
    pub(super) fn ticking(tick: Tick) -> std::io::Result<Arc<Clock>> {
        let clock = Arc::new(Clock { tick: Some(Mutex::new(tick)), ..Clock::default() });
        clock.join()?;
        Ok(clock)
    }

    /// A clock that needs no thread until the first task waits for a time.
    pub(super) fn lazy() -> Arc<Clock> {
        Arc::default()
    }

    fn join(self: &Arc<Self>) -> std::io::Result<()> {
        TICKER.join(self)?;
        let _ = self.joined.set(());
        Ok(())
    }

    /// Counts a call that begins; returns how many ran before.
    #[inline]
    pub(super) fn begin(&self) -> u32 {
        // in one order with the thread's look at the count, so that it does not fall asleep between the two
        let before = self.running.fetch_add(1, Ordering::SeqCst);
        if !TICKER.awake.load(Ordering::SeqCst) {
            self.wake_ticker();
        }
        before
    }

    /// Counts a call that ends.
    #[inline]
    pub(super) fn end(&self) {
        self.running.fetch_sub(1, Ordering::Relaxed);
    }

    #[cold]
    fn wake_ticker(&self) {
        if self.tick.is_some() {
            TICKER.wake();
        }
    }

    /// Lets the guests look, and wakes whose time has come. Returns whether there is a use for another tick.
    fn tick(&self, now: Instant) -> bool {
        let runs = self.running.load(Ordering::SeqCst) > 0;
        if let (true, Some(tick)) = (runs, &self.tick) {
            let mut tick = tick.lock().unwrap_or_else(PoisonError::into_inner);
            guarded(&mut *tick);
        }
        self.ring(now);
        runs || !self.sleepers().alarms.is_empty()
    }

    fn is_busy(&self) -> bool {
        self.running.load(Ordering::SeqCst) > 0 || !self.sleepers().alarms.is_empty()
    }

    /// Waits until `deadline`; forever if absent.
    pub(super) fn until(self: &Arc<Self>, deadline: Option<Instant>) -> Sleep {
        Sleep { clock: Arc::clone(self), deadline, alarm: None }
    }

    /// Wakes everyone whose time has come.
    fn ring(&self, now: Instant) {
        let mut sleepers = self.sleepers();
        let later = sleepers.alarms.split_off(&(now, u64::MAX));
        let due = std::mem::replace(&mut sleepers.alarms, later);
        drop(sleepers);
        for waker in due.into_values() {
            guarded(|| waker.wake());
        }
    }

    fn sleepers(&self) -> MutexGuard<'_, Sleepers> {
        self.sleepers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Runs what an executor or an engine gave, whose panic must not take the clock from every other host.
fn guarded(run: impl FnOnce()) {
    let _ = catch_unwind(AssertUnwindSafe(run));
}

static TICKER: Ticker =
    Ticker { awake: AtomicBool::new(false), clocks: Mutex::new(Vec::new()), thread: OnceLock::new() };

/// The thread behind every clock.
struct Ticker {
    /// False while the thread sleeps until it is woken.
    awake: AtomicBool,
    clocks: Mutex<Vec<Weak<Clock>>>,
    thread: OnceLock<Thread>,
}

impl Ticker {
    fn join(&'static self, clock: &Arc<Clock>) -> std::io::Result<()> {
        let mut clocks = self.clocks.lock().unwrap_or_else(PoisonError::into_inner);
        if self.thread.get().is_none() {
            let spawned = thread::Builder::new().name("hostfn-clock".to_owned()).spawn(|| self.run())?;
            let _ = self.thread.set(spawned.thread().clone());
        }
        clocks.retain(|clock| clock.strong_count() > 0);
        clocks.push(Arc::downgrade(clock));
        Ok(())
    }

    #[inline]
    fn wake(&self) {
        if !self.awake.swap(true, Ordering::SeqCst)
            && let Some(thread) = self.thread.get()
        {
            thread.unpark();
        }
    }

    fn clocks(&self) -> Vec<Arc<Clock>> {
        let mut clocks = self.clocks.lock().unwrap_or_else(PoisonError::into_inner);
        clocks.retain(|clock| clock.strong_count() > 0);
        clocks.iter().filter_map(Weak::upgrade).collect()
    }

    fn run(&self) {
        loop {
            self.sleep();
            self.tick();
        }
    }

    /// Ticks until nothing has run for a while.
    fn tick(&self) {
        let (mut next, mut idle) = (Instant::now(), 0);
        while idle < IDLE {
            let now = Instant::now();
            // every clock has its tick
            let busy = self.clocks().iter().filter(|clock| clock.tick(now)).count() > 0;
            idle = if busy { 0 } else { idle + 1 };
            // sleeping till a time and not for one: what a tick takes, and how late it was, does not add up
            next = (next + TICK).max(now);
            thread::sleep(next.saturating_duration_since(Instant::now()));
        }
    }

    /// Sleeps until a call begins or a task waits. A call that begins while this looks is seen here, or sees that the
    /// thread sleeps.
    fn sleep(&self) {
        self.awake.store(false, Ordering::SeqCst);
        if self.clocks().iter().any(|clock| clock.is_busy()) {
            self.awake.store(true, Ordering::SeqCst);
        }
        while !self.awake.load(Ordering::SeqCst) {
            thread::park();
        }
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
        if self.clock.joined.get().is_none() && self.clock.join().is_err() {
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
        TICKER.wake();
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
