//! Futures that never wait.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use crate::error::{Code, Problem, Result};

/// Polls a future that never waits.
///
/// # Errors
/// The future's own; `H0414` when it has to wait.
pub(crate) fn at_once<T>(future: impl Future<Output = Result<T>>) -> Result<T> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => Err(Problem::new(
            Code::WrongCall,
            "an instance that cannot wait",
            "it had to wait",
            "make it by `instantiate_async`",
        )
        .into()),
    }
}
