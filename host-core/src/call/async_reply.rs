//! Calls of async functions: what is left of a call while it waits.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use hostfn_abi::codec::{self, SliceSink};
use hostfn_abi::{ErrorReply, Status};

use super::Call;
use super::failure::CallFailure;
use super::refusals::not_encoded;
use super::reply_slot::ReplySlot;
use super::spill::SpillBuffer;
use crate::observe::{Fault, own_error};
use crate::spec::{HostError, IntoReply};
use crate::state::{MemoryBudget, MemoryReservation};

/// The code of an async host function: as [`CallFn`](super::CallFn), but it answers
/// with a [`CallFuture`].
pub type AsyncCallFn = for<'a> fn(Call<'a>) -> Result<CallFuture, Fault>;

/// A call that waits. It owns all it needs, and is polled by the engine; dropping it cancels the call.
///
/// Only an [`Authorized`](super::Authorized) call can create it.
#[must_use = "a call does nothing until it is polled"]
pub struct CallFuture(Option<Pin<Box<dyn Future<Output = AsyncOutcome> + Send>>>);

impl CallFuture {
    pub(super) fn new<F>(
        future: F,
        finish: fn(F::Output, AsyncReply) -> AsyncOutcome,
        later: AsyncReply,
        held: MemoryReservation,
    ) -> Self
    where
        F: Future + Send + 'static,
    {
        CallFuture(Some(Box::pin(async move {
            let _held = held;
            finish(future.await, later)
        })))
    }
}

impl Future for CallFuture {
    type Output = AsyncOutcome;

    /// A panic of the host function is caught, and ends the call with a fault that says so.
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<AsyncOutcome> {
        let Some(future) = &mut self.0 else { return Poll::Pending };
        match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx))) {
            Ok(poll) => poll,
            Err(panic) => Poll::Ready(AsyncOutcome(Err(Fault::panicked(panic)))),
        }
    }
}

impl Drop for CallFuture {
    /// A call that is dropped while it waits drops what the host function holds, and a panic of that is caught: the
    /// instance has ended by then, and the embedder's own call goes on.
    fn drop(&mut self) {
        let future = self.0.take();
        let _ = catch_unwind(AssertUnwindSafe(|| drop(future)));
    }
}

impl fmt::Debug for CallFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallFuture").finish_non_exhaustive()
    }
}

/// The way a waiting call makes its reply.
#[derive(Clone, Debug)]
pub struct AsyncReply {
    max_reply: usize,
    memory: MemoryBudget,
}

impl AsyncReply {
    pub(super) fn new(max_reply: usize, memory: MemoryBudget) -> Self {
        Self { max_reply, memory }
    }

    pub(crate) fn unlimited() -> Self {
        Self::new(usize::MAX, MemoryBudget::unlimited())
    }

    /// Answers with `value`.
    pub fn reply<T: IntoReply + ?Sized>(self, value: &T) -> AsyncOutcome {
        let mut spill = SpillBuffer::new(&self.memory);
        let mut sink = spill.beside(&mut [], self.max_reply);
        AsyncOutcome(match codec::encode(value, &mut sink) {
            Ok(()) => Ok((Status::OK, spill)),
            Err(error) => Err(not_encoded(&sink, &error)),
        })
    }

    /// Answers with the value, or with the function's own error.
    pub fn reply_result<T: IntoReply, E: HostError>(self, result: &Result<T, E>) -> AsyncOutcome {
        match result {
            Ok(value) => self.reply(value),
            Err(error) => {
                AsyncOutcome(own_error(error).map(|(status, reply)| (status, self.encoded(&reply))))
            }
        }
    }

    /// An error reply that is too long, or cannot be encoded, is dropped, and its status stands.
    fn encoded(&self, reply: &ErrorReply) -> SpillBuffer {
        let mut spill = SpillBuffer::new(&self.memory);
        let mut sink = spill.beside(&mut [], hostfn_abi::limits::MAX_ERROR_BYTES as usize);
        if codec::encode(reply, &mut sink).is_err() {
            spill.clear();
        }
        spill
    }
}

/// The outcome of a call that waited: a reply, whole, or the reason for its absence.
#[derive(Debug)]
#[must_use = "the guest waits for its reply"]
pub struct AsyncOutcome(Result<(Status, SpillBuffer), Fault>);

impl AsyncOutcome {
    /// The status and reply, if there is one.
    pub(crate) fn reply(&self) -> Option<(Status, &[u8])> {
        self.0.as_ref().ok().map(|(status, bytes)| (*status, &**bytes))
    }

    /// Puts the reply into the window, or beside it when it does not fit.
    ///
    /// # Errors
    /// The fault, and where its message was placed.
    pub(super) fn place(self, window: &mut [u8], spill: &mut SpillBuffer) -> Result<ReplySlot, CallFailure> {
        match self.0 {
            Ok((status, bytes)) => {
                let mut sink = SliceSink::new(window);
                if codec::Sink::put(&mut sink, &bytes).is_ok() {
                    return Ok(ReplySlot::in_window(status, bytes.len()));
                }
                let placed = ReplySlot::spilled(status, bytes.len());
                *spill = bytes;
                Ok(placed)
            }
            Err(fault) => Err(fault.place(window, spill)),
        }
    }
}
