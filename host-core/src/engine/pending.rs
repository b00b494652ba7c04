//! Calls that wait for an async host function.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use super::clock::Clock;
use super::dispatch::Rest;
use super::stop::Stop;
use crate::call::{AsyncOutcome, CallFuture};
use crate::state::{CancelToken, Interrupt};

/// A call of an async host function under way. Dropping it cancels the call, which is recorded.
#[must_use = "a pending call does nothing until it is waited for"]
pub struct Pending {
    pub(super) task: CallFuture,
    pub(super) clock: Arc<Clock>,
    pub(super) interrupt: Interrupt,
    pub(super) rest: Rest,
}

/// A call of an async host function that has ended: [`Session::finish`](super::Session::finish) makes it a reply.
#[must_use = "the guest waits for its reply"]
pub struct Completed {
    pub(super) ended: Result<AsyncOutcome, Stop>,
    pub(super) rest: Rest,
}

impl Pending {
    /// Waits for the function: within the deadline of the call, and until the instance or its start is cancelled. The
    /// future borrows nothing, and any executor can poll it.
    pub async fn wait(self) -> Completed {
        let Pending { task, clock, interrupt, mut rest } = self;
        let ended = rest.watch.around(wait_for(task, clock, interrupt)).await;
        Completed { ended, rest }
    }
}

async fn wait_for(task: CallFuture, clock: Arc<Clock>, interrupt: Interrupt) -> Result<AsyncOutcome, Stop> {
    let (mut task, mut time) = (pin!(task), pin!(clock.until(interrupt.deadline())));
    let mut end = pin!(interrupt.lifetime().cancelled());
    let mut start = pin!(cancelled(interrupt.startup()));
    poll_fn(|cx| {
        if let Poll::Ready(finished) = task.as_mut().poll(cx) {
            return Poll::Ready(Ok(finished));
        }
        if end.as_mut().poll(cx).is_ready() || start.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Err(Stop::Cancelled));
        }
        time.as_mut().poll(cx).map(|()| Err(Stop::Time))
    })
    .await
}

async fn cancelled(startup: Option<&CancelToken>) {
    match startup {
        Some(startup) => startup.cancelled().await,
        None => std::future::pending().await,
    }
}

impl std::fmt::Debug for Pending {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Pending({})", self.rest.spec.name())
    }
}

impl std::fmt::Debug for Completed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Completed({})", self.rest.spec.name())
    }
}
