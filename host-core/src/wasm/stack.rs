//! The stack that is left for a guest, and for the host functions that it calls.

use std::cell::Cell;
use std::hint::black_box;
use std::pin::pin;

use crate::error::{Error, Result};
use crate::policy::Limits;

/// For the host functions that a guest calls on the stack of the thread.
const RESERVE: usize = 256 << 10;
/// For the host functions that a guest on a stack of its own calls there.
pub(super) const HOST_STACK: usize = 1 << 20;
/// Of that, what the engine takes between the guest's code and a host function.
const ENGINE: usize = 64 << 10;
/// On the thread that polls such a guest: it runs nothing but the engine and observers there.
const POLL: usize = 64 << 10;

thread_local! {
    /// The end of the stack that a host function runs on, if it is not the thread's own; else 0.
    static END: Cell<usize> = const { Cell::new(0) };
}

/// Refuses to enter a guest on a stack that it could overflow: the process would end.
pub(super) fn refuse_small(plugin: &str, export: &str, limits: &Limits, waits: bool) -> Result<()> {
    let needed = needed(limits, waits);
    match left() {
        Some(left) if left < needed => {
            let (plugin, export) = (plugin.to_owned(), export.to_owned());
            Err(Error::SmallStack { plugin, export, left, needed })
        }
        _ => Ok(()),
    }
}

/// Returns whether [`refuse_small`] refuses.
#[inline]
pub(super) fn is_small(limits: &Limits, waits: bool) -> bool {
    left().is_some_and(|left| left < needed(limits, waits))
}

#[inline]
fn needed(limits: &Limits, waits: bool) -> usize {
    if waits { POLL } else { limits.stack + RESERVE }
}

/// `None` where it cannot be known.
fn left() -> Option<usize> {
    match END.get() {
        0 => stacker::remaining_stack(),
        end => Some(here().saturating_sub(end)),
    }
}

#[inline(never)]
fn here() -> usize {
    let mark = 0_u8;
    std::ptr::from_ref(black_box(&mark)).addr()
}

/// Runs a host function that was called on a stack of the guest's own.
pub(super) fn on_own<T>(f: impl FnOnce() -> T) -> T {
    struct Outer(usize);
    impl Drop for Outer {
        fn drop(&mut self) {
            END.set(self.0);
        }
    }
    let _outer = Outer(END.replace(here().saturating_sub(HOST_STACK - ENGINE)));
    f()
}

/// The same, of one that is polled there.
pub(super) async fn polled_on_own<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    std::future::poll_fn(|cx| on_own(|| future.as_mut().poll(cx))).await
}
