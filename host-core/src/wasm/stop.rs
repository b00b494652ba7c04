//! Why a guest was stopped.

use std::fmt;

use wasmtime::Trap;

use crate::error::{Error, Limit};

/// What the host stops a guest for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// Its time is up.
    Time,
    /// Its end, or that of its start, was asked for.
    Cancelled,
    /// It wrote more into the log than it may.
    Log,
    /// More of its calls were refused, or failed, than may be.
    Refusals,
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Stop::Time => "its time is up",
            Stop::Cancelled => "it was cancelled",
            Stop::Log => "it wrote too much into the log",
            Stop::Refusals => "too many of its calls were refused",
        })
    }
}

impl std::error::Error for Stop {}

/// Whether the host stopped the guest, which ends more than what the guest was doing.
pub(super) fn is_final(error: &wasmtime::Error) -> bool {
    error.is::<Stop>() || matches!(error.downcast_ref(), Some(Trap::OutOfFuel))
}

/// What the embedder is told of a call that came to no end of its own. `refused` is the growth that the
/// guest was refused last.
pub(super) fn told(plugin: String, export: String, error: wasmtime::Error, refused: Option<Limit>) -> Error {
    let limit = match (error.downcast_ref::<Stop>(), error.downcast_ref::<Trap>()) {
        (Some(Stop::Time), _) => return Error::TimedOut { plugin, export },
        (Some(Stop::Cancelled), _) => return Error::Cancelled { plugin, export },
        (Some(Stop::Log), _) => Some(Limit::Log),
        (Some(Stop::Refusals), _) => Some(Limit::Refusals),
        (_, Some(Trap::StackOverflow)) => Some(Limit::Stack),
        (_, Some(Trap::OutOfFuel)) => Some(Limit::Fuel),
        _ => refused,
    };
    let source = error.into();
    match limit {
        Some(limit) => Error::Exhausted { plugin, export, limit, source: Some(source) },
        None => Error::Trapped { plugin, export, source },
    }
}
