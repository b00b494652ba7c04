//! Changes that wait for a disk, and guests that wait for them.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::Duration;

use hostfn::Interrupt;
use hostfn::state::MemoryReservation;

use super::error::KvError;
use super::store::Store;

/// Between two looks at whether the guest may still wait, as often as the host's clock ticks.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// The wait of an instance for its changes.
#[derive(Debug)]
pub struct Waiting {
    pub(super) interrupt: Interrupt,
}

impl Waiting {
    /// Makes a change on another thread, in its turn, and waits for it as long as the guest may go on. What it carries is
    /// counted by `held` until its end, with what the store needs for it.
    ///
    /// One that is given up before it begins is not made. One that has begun is made whole, and before any that begins
    /// later.
    pub(super) fn run<R: Send + 'static>(
        &self,
        store: &Store,
        mut held: MemoryReservation,
        change: impl FnOnce(&Store) -> Result<R, KvError> + Send + 'static,
    ) -> Result<R, KvError> {
        held.resize(held.bytes().saturating_add(store.held_by_change()))?;
        let over = || self.interrupt.is_raised();
        let turn = store.turns().wait(LOOK_EVERY, over).ok_or(KvError::Interrupted)?;
        let given_up = Arc::new(AtomicBool::new(false));
        let store = store.unless(&given_up);
        let (answer, answered) = sync_channel(1);
        let task = blocking::unblock(move || {
            let done = catch_unwind(AssertUnwindSafe(|| change(&store)));
            // the caller may open the store's file at once
            drop((store, held, turn));
            // it is nobody's when the guest went on without it
            let _ = answer.send(done);
        });
        task.detach();
        loop {
            match answered.recv_timeout(LOOK_EVERY) {
                Ok(Ok(done)) => return done,
                Ok(Err(panic)) => resume_unwind(panic),
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(KvError::StoreFailed("the change was dropped".into()));
                }
                Err(RecvTimeoutError::Timeout) if self.interrupt.is_raised() => {
                    given_up.store(true, Ordering::SeqCst);
                    return Err(KvError::Interrupted);
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }
}
