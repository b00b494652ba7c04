//! A signal that something is to end.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use event_listener::{Event, listener};

/// A signal that something is to end: given once, seen by every clone, from any thread.
///
/// ```
/// use hostfn_core::CancelToken;
///
/// let token = CancelToken::new();
/// let elsewhere = token.clone();
/// elsewhere.cancel();
/// assert!(token.is_cancelled());
/// ```
#[derive(Clone, Default)]
pub struct CancelToken(Arc<Signal>);

#[derive(Default)]
struct Signal {
    given: AtomicBool,
    waiting: Event,
}

impl CancelToken {
    /// A signal that has not been given.
    pub fn new() -> Self {
        Self::default()
    }

    /// Gives the signal. Giving it again changes nothing.
    pub fn cancel(&self) {
        self.0.given.store(true, Ordering::Release);
        self.0.waiting.notify(usize::MAX);
    }

    /// Returns whether it was given.
    #[inline]
    pub fn is_cancelled(&self) -> bool {
        self.0.given.load(Ordering::Acquire)
    }

    /// Waits until it is given.
    pub async fn cancelled(&self) {
        while !self.is_cancelled() {
            listener!(self.0.waiting => listening);
            // it may have been given before there was a listener
            if !self.is_cancelled() {
                listening.await;
            }
        }
    }
}

impl fmt::Debug for CancelToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_cancelled() { "CancelToken(cancelled)" } else { "CancelToken" })
    }
}
