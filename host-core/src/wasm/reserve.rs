//! Address space for the memories of instances.

use std::error::Error as StdError;

use wasmtime::Config;

use crate::error::{Code, Problem};
use crate::policy::Limits;

/// Address space of a 32-bit memory. With all of it reserved, code needs no bounds checks.
const WHOLE: u64 = 4 << 30;

/// The reserve with unchecked accesses. With less, each access is checked; what lies around a memory need not absorb offsets then.
const GUARD: u64 = 64 << 10;

/// Returns how much is reserved for each memory: what was asked for, or what `limits.memory` needs where the process has a limit
/// of address space. `None` is all 4 GiB, which is the engine's default and the fastest. A memory in a place that is kept
/// cannot be moved when it grows, so the place has room for all of it.
pub(super) fn reservation(asked: Option<u64>, limits: &Limits, placed: bool) -> Option<u64> {
    let needed = (limits.memory as u64).next_multiple_of(64 << 10);
    let asked = asked.map(|bytes| if placed { bytes.max(needed) } else { bytes });
    asked.or_else(|| is_limited().then_some(needed)).filter(|bytes| *bytes < WHOLE)
}

/// Sets it for an engine.
pub(super) fn configure(config: &mut Config, bytes: Option<u64>) {
    if let Some(bytes) = bytes {
        // a memory that grows beyond is moved
        config.memory_reservation(bytes).memory_reservation_for_growth(GUARD).memory_guard_size(GUARD);
    }
}

/// Returns whether the process has a limit of address space, as `ulimit -v` sets it.
#[cfg(target_os = "linux")]
fn is_limited() -> bool {
    rustix::process::getrlimit(rustix::process::Resource::As).current.is_some()
}

#[cfg(not(target_os = "linux"))]
fn is_limited() -> bool {
    false
}

/// Returns what is wrong when the operating system has no address space left for a memory, which is no fault of the guest.
pub(super) fn exhausted(plugin: &str, error: &(dyn StdError + 'static)) -> Option<Problem> {
    // the engine has no type for it
    let mut cause = Some(error);
    let mapping = loop {
        let text = cause?.to_string();
        if text.starts_with("mmap failed to ") {
            break text;
        }
        cause = cause.and_then(StdError::source);
    };
    Some(Problem::new(
        Code::AddressSpace,
        format!("plugin `{plugin}`"),
        format!("the process has no address space left for its memory: {mapping}"),
        "raise the process's limit (`ulimit -v`), or reserve less with `HostBuilder::reserve_memory`",
    ))
}
