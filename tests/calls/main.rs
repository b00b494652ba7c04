//! Calls of host functions by guests: the gates, arguments, replies, statuses and records.

#[cfg(feature = "wasm")]
mod audit;
mod check_order;
mod denials;
mod gates;
mod host_params;
mod nested;
mod records;
mod replies;
mod resources;
mod status;
mod type_table;
#[cfg(feature = "wasm")]
mod untrusted;

use std::sync::{Mutex, PoisonError};

/// Runs `work` with a subscriber, one test after the other: `tracing` keeps which levels are enabled once for the
/// process.
fn subscribed<T>(
    subscriber: impl tracing::Subscriber + Send + Sync + 'static,
    work: impl FnOnce() -> T,
) -> T {
    static ONE: Mutex<()> = Mutex::new(());
    let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    tracing::subscriber::with_default(subscriber, work)
}
