//! Limits on the time, the memory and the rights of a statement.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use hostfn::state::{MemoryReservation, OutOfMemory};
use hostfn::{Interrupt, MemoryBudget};
use rusqlite::{Connection, Error, ErrorCode, ffi};

use super::error::SqlError;
use super::heap::{self, Work};
use super::options::Limits;
use super::raw;
use super::rights::{self, Rights};

/// Instructions of `SQLite`'s machine between two looks at the clock: some 10 microseconds, unless one of them is over
/// a long value.
const LOOK_EVERY: i32 = 200;
/// Between two attempts at a lock.
const LONGEST_NAP: Duration = Duration::from_millis(10);
/// Bytes of an allocation that is worth a look at the clock: what makes long values makes them in such.
const LARGE: usize = 1 << 10;

/// Watches over a connection: what its statements take and ask for.
pub(super) struct Watch(Arc<Seen>);

/// The state of the running statement.
pub(super) struct Seen {
    interrupt: Interrupt,
    memory: MemoryBudget,
    most: Duration,
    origin: Instant,
    /// Nanoseconds after `origin` at which its time is up.
    until: AtomicU64,
    /// It was ended because its time is up. What `SQLite` does then is to clean up, which takes no part in it.
    ended: AtomicBool,
    /// It was refused memory.
    starved: AtomicBool,
    now: Mutex<Now>,
}

#[derive(Default)]
struct Now {
    rights: Rights,
    /// The last refusal.
    refused: Option<&'static str>,
    /// The statement is the module's own.
    trusted: bool,
    /// It drops a table.
    drops: bool,
}

/// The request of a statement, by `SQLite`'s number for it.
pub(super) struct Asked<'a> {
    pub action: i32,
    pub first: Option<&'a str>,
    pub second: Option<&'a str>,
    pub database: Option<&'a str>,
}

/// The verdict on a request of a statement.
pub(super) enum Verdict {
    Allow,
    /// It may delete, row by row, so that it can be interrupted.
    OneByOne,
    Refuse,
}

/// As long as it exists, statements may do anything.
pub(super) struct Trust(Arc<Seen>);

impl Drop for Trust {
    fn drop(&mut self) {
        self.0.now().trusted = false;
        self.0.begin();
    }
}

impl Watch {
    pub fn new(interrupt: &Interrupt, memory: &MemoryBudget, limits: &Limits) -> Self {
        let seen = Seen {
            interrupt: interrupt.clone(),
            memory: memory.clone(),
            most: limits.time,
            origin: Instant::now(),
            until: AtomicU64::new(0),
            ended: AtomicBool::new(false),
            starved: AtomicBool::new(false),
            now: Mutex::default(),
        };
        seen.begin();
        Self(Arc::new(seen))
    }

    /// Charges this thread's allocations through `SQLite` to the instance, until the returned value is dropped.
    pub fn enter(&self) -> Work {
        heap::enter(&self.0)
    }

    /// Returns the data that the module's own functions read.
    pub fn seen(&self) -> Arc<Seen> {
        Arc::clone(&self.0)
    }

    /// Ends the connection's statements in time.
    pub fn limit(&self, connection: &mut Connection, limits: &Limits) -> rusqlite::Result<()> {
        let watch = self.seen();
        connection.progress_handler(LOOK_EVERY, Some(move || watch.is_over()))?;

        let (watch, most) = (self.seen(), limits.busy);
        let mut since = Instant::now();
        connection.busy_handler(Some(move |attempts: i32| {
            if attempts == 0 {
                since = Instant::now();
            }
            if since.elapsed() >= most || watch.is_over() {
                return false;
            }
            std::thread::sleep(LONGEST_NAP.min(Duration::from_millis(1) * attempts.unsigned_abs().max(1)));
            true
        }))
    }

    /// Decides what they may do, from now on.
    pub fn authorize(&self, connection: &Connection) -> rusqlite::Result<()> {
        raw::authorize(connection, &self.0)
    }

    /// Sets what the statements that follow may do; whether it was something else.
    pub fn allow(&self, rights: Rights) -> bool {
        let mut now = self.0.now();
        let differ = now.rights != rights;
        now.rights = rights;
        differ
    }

    /// Statements of the module's own follow.
    pub fn trust(&self) -> Trust {
        self.0.begin();
        self.0.now().trusted = true;
        Trust(self.seen())
    }

    /// Another statement begins.
    pub fn begin(&self) {
        self.0.begin();
    }

    /// The error of a statement.
    pub fn error(&self, error: Error) -> SqlError {
        let seen = &self.0;
        let now = seen.now();
        if let Some(refused) = now.refused {
            return SqlError::NotAllowed(refused);
        }
        match error.sqlite_error() {
            Some(failure) if is_out_of_memory(*failure) => {
                if seen.ended.load(Ordering::Relaxed) {
                    SqlError::Interrupted
                } else if seen.starved.load(Ordering::Relaxed) {
                    SqlError::Memory(OutOfMemory)
                } else {
                    // it has more instructions than a statement may have
                    SqlError::TooBig
                }
            }
            // the message names what is in the way
            Some(failure) if failure.code == ErrorCode::ConstraintViolation && !now.rights.reads_all() => {
                SqlError::Constraint("a constraint of the schema does not hold".to_owned())
            }
            _ => SqlError::from_sqlite(error),
        }
    }
}

fn is_out_of_memory(failure: ffi::Error) -> bool {
    failure.code == ErrorCode::OutOfMemory || failure.extended_code == ffi::SQLITE_IOERR_NOMEM
}

impl Seen {
    fn now(&self) -> MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begin(&self) {
        let until = self.origin.elapsed().saturating_add(self.most).as_nanos();
        self.until.store(u64::try_from(until).unwrap_or(u64::MAX), Ordering::Relaxed);
        self.ended.store(false, Ordering::Relaxed);
        self.starved.store(false, Ordering::Relaxed);
        let mut now = self.now();
        (now.refused, now.drops) = (None, false);
    }

    /// Returns whether the statement is to end. It is ended, then.
    pub fn is_over(&self) -> bool {
        let over = self.origin.elapsed().as_nanos() >= u128::from(self.until.load(Ordering::Relaxed))
            || self.interrupt.is_raised();
        if over {
            self.ended.store(true, Ordering::Relaxed);
        }
        over
    }

    /// Returns whether an allocation is refused because the statement is to end: one, and then no other, so that what is rolled
    /// back is.
    pub fn is_late(&self, bytes: usize) -> bool {
        bytes >= LARGE && !self.ended.load(Ordering::Relaxed) && self.is_over()
    }

    /// Charges an allocation to the instance.
    pub fn charge(&self, bytes: usize) -> Result<MemoryReservation, ()> {
        if self.is_late(bytes) {
            return Err(());
        }
        self.memory.take(bytes).map_err(|_| self.starve())
    }

    /// The instance was refused memory.
    pub fn starve(&self) {
        self.starved.store(true, Ordering::Relaxed);
    }

    pub fn refuse(&self, what: &'static str) -> Verdict {
        self.now().refused = Some(what);
        Verdict::Refuse
    }

    pub fn decide(&self, asked: &Asked<'_>) -> Verdict {
        let mut now = self.now();
        if now.trusted {
            return Verdict::Allow;
        }
        if let Some(what) = rights::refusal(asked, &now.rights) {
            now.refused = Some(what);
            return Verdict::Refuse;
        }
        now.drops |= rights::drops(asked);
        if rights::deletes_rows(asked) && !now.drops { Verdict::OneByOne } else { Verdict::Allow }
    }
}
