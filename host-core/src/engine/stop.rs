//! Reasons to stop a guest.

use std::fmt;

use crate::error::Limit;

/// The reason a session stops its guest. The call from the host into the guest ends with the error that
/// [`Session::stopped`](super::Session::stopped) returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stop {
    /// The deadline of the call has passed.
    Time,
    /// The instance or its start was cancelled.
    Cancelled,
    /// The guest wrote more lines into the log than [`Limits::log_lines`](crate::Limits::log_lines).
    LogLines,
    /// The guest wrote more bytes into the log than [`Limits::log_bytes`](crate::Limits::log_bytes).
    LogBytes,
    /// More calls were refused or failed than [`Limits::refusals`](crate::Limits::refusals).
    Refusals,
}

impl Stop {
    /// The limit that the guest ran into; `None` for its time, and for a cancellation.
    pub const fn limit(self) -> Option<Limit> {
        match self {
            Stop::Time | Stop::Cancelled => None,
            Stop::LogLines => Some(Limit::LogLines),
            Stop::LogBytes => Some(Limit::LogBytes),
            Stop::Refusals => Some(Limit::Refusals),
        }
    }
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Stop::Time => "its time is up",
            Stop::Cancelled => "it was cancelled",
            Stop::LogLines | Stop::LogBytes => "it wrote too much into the log",
            Stop::Refusals => "too many of its calls were refused",
        })
    }
}

impl std::error::Error for Stop {}
