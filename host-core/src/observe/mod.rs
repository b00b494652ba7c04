//! Events, and the observers that come with the host.

mod audit;
mod decision;
mod fault;
mod learner;
pub(crate) mod log_value;
mod observer;
mod phase;
mod record;
mod recorder;
#[cfg(feature = "tracing")]
mod tracing;

use std::sync::{Mutex, MutexGuard, PoisonError};

pub use self::audit::{AuditFile, AuditOptions};
pub use self::decision::Decision;
pub use self::fault::Fault;
pub(crate) use self::fault::{Refusal, kept, own_error};
pub use self::learner::Learner;
pub use self::log_value::LogValue;
pub use self::observer::{
    Event, EventKind, HostCall, Observer, Observers, PhaseContext, PhaseEnd, PhaseGuard, Span,
};
pub use self::phase::Phase;
pub use self::record::Record;
pub use self::recorder::Recorder;
#[cfg(feature = "tracing")]
pub use self::tracing::TracingObserver;

/// Nothing that is kept here is left half-changed by a panic.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
