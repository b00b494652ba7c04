//! Calls of async functions: what is left of a call while it waits.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use host_abi::codec::{self, SliceSink, Spilling};
use host_abi::{ErrorReply, Status};

use super::fault::{Failed, Fault};
use super::placed::Placed;
use super::refusals::too_large;
use super::{Call, own_error};
use crate::host_error::HostError;
use crate::param::Answer;

/// What runs when a guest calls an async host function: as [`CallFn`](super::CallFn), but it answers
/// with a [`Task`].
pub type LaterFn = for<'a> fn(Call<'a>) -> Result<Task, Fault>;

/// A call that waits. It owns all it needs, and is polled by the engine; dropping it cancels the call.
///
/// Only to be had from an [`Authorized`](super::Authorized) call.
#[must_use = "a task does nothing until it is polled"]
pub struct Task(Pin<Box<dyn Future<Output = Finished> + Send>>);

impl Task {
    pub(super) fn new<F>(future: F, finish: fn(F::Output, Later) -> Finished, later: Later) -> Self
    where
        F: Future + Send + 'static,
    {
        Task(Box::pin(async move { finish(future.await, later) }))
    }
}

impl Future for Task {
    type Output = Finished;

    /// A panic of the host function is caught, and ends the task with a fault that says so.
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Finished> {
        match catch_unwind(AssertUnwindSafe(|| self.0.as_mut().poll(cx))) {
            Ok(poll) => poll,
            Err(panic) => Poll::Ready(Finished(Err(Fault::panicked(panic)))),
        }
    }
}

impl fmt::Debug for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Task")
    }
}

/// How a waiting call makes its reply.
#[derive(Clone, Copy, Debug)]
pub struct Later {
    max_reply: usize,
}

impl Later {
    pub(super) fn new(max_reply: usize) -> Self {
        Self { max_reply }
    }

    pub(crate) fn unlimited() -> Self {
        Self::new(usize::MAX)
    }

    /// Answers with `value`.
    pub fn reply<T: Answer + ?Sized>(self, value: &T) -> Finished {
        let mut bytes = Vec::new();
        let mut sink = Spilling::new(&mut [], &mut bytes, self.max_reply);
        Finished(match codec::encode(value, &mut sink) {
            Ok(()) => Ok((Status::OK, bytes)),
            Err(error) if matches!(error.kind(), codec::ErrorKind::Full) => Err(too_large(self.max_reply)),
            Err(error) => Err(Fault::internal(format!("the reply cannot be encoded: {error}"))),
        })
    }

    /// Answers with the value, or with the function's own error.
    pub fn reply_result<T: Answer, E: HostError>(self, result: &Result<T, E>) -> Finished {
        match result {
            Ok(value) => self.reply(value),
            Err(error) => Finished(own_error(error).map(|(status, reply)| (status, encoded(&reply)))),
        }
    }
}

/// An error reply that is too long, or cannot be encoded, is dropped, and its status stands.
fn encoded(reply: &ErrorReply) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut sink = Spilling::new(&mut [], &mut bytes, host_abi::limits::MAX_ERROR_BYTES as usize);
    if codec::encode(reply, &mut sink).is_err() {
        bytes.clear();
    }
    bytes
}

/// What a task gave: a reply, whole, or why there is none.
#[derive(Debug)]
#[must_use = "the guest waits for its reply"]
pub struct Finished(Result<(Status, Vec<u8>), Fault>);

impl Finished {
    /// The status and reply, if there is one.
    pub(crate) fn reply(&self) -> Option<(Status, &[u8])> {
        self.0.as_ref().ok().map(|(status, bytes)| (*status, bytes.as_slice()))
    }

    /// Puts the reply into the window, or beside it when it does not fit.
    ///
    /// # Errors
    /// The fault, and where its message was placed.
    pub fn place(self, window: &mut [u8], spill: &mut Vec<u8>) -> Result<Placed, Failed> {
        spill.clear();
        match self.0 {
            Ok((status, bytes)) => {
                let mut sink = SliceSink::new(window);
                if codec::Sink::put(&mut sink, &bytes).is_ok() {
                    return Ok(Placed::in_window(status, bytes.len()));
                }
                let placed = Placed::spilled(status, bytes.len());
                *spill = bytes;
                Ok(placed)
            }
            Err(fault) => Err(fault.place(window, spill)),
        }
    }
}
