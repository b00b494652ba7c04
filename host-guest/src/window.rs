//! The standing reply window.

use alloc::vec::Vec;
use core::sync::atomic::{AtomicUsize, Ordering};

use hostfn_abi::Status;

use crate::blocks::zeroed;
use crate::raw::{self, Slot};

static SIZE: AtomicUsize = AtomicUsize::new(4096);

/// The window that the host knows of; `None` before the first, and while a reply is read from it.
static WINDOW: Slot<Option<Vec<u8>>> = Slot::new(None);

/// Makes the reply window `bytes` long: 4096 unless you say otherwise.
///
/// A reply that fits it costs one crossing of the boundary and no allocation; a longer one comes in
/// a block of its own. So it should hold the replies that are frequent, not all that there may be.
/// With 0 there is no window. Without memory for it there is no window either, and replies
/// still arrive.
///
/// The place to call it is [`init!`](crate::init).
pub fn set_window(bytes: usize) {
    SIZE.store(bytes, Ordering::Relaxed);
    stand();
}

/// Must come before any host function is called: the host may write to no window that is being read.
pub(crate) fn ensure() {
    let window = WINDOW.take();
    if window.is_none() {
        return stand();
    }
    WINDOW.replace(window);
}

/// The window for reading a reply from it.
pub(crate) fn lend() -> Vec<u8> {
    WINDOW.take().unwrap_or_default()
}

/// Ends a [`lend`]. If decoding the reply called a host function, a new window stands already.
pub(crate) fn give_back(window: Vec<u8>) {
    let newer = WINDOW.take();
    WINDOW.replace(newer.or(Some(window)));
}

fn stand() {
    let mut window = zeroed(SIZE.load(Ordering::Relaxed)).unwrap_or_default();
    if !name_to_host(&mut window) {
        window = Vec::new();
        name_to_host(&mut window);
    }
    // only now, when the host knows another, the former one is freed
    WINDOW.replace(Some(window));
}

#[allow(unsafe_code)]
fn name_to_host(window: &mut Vec<u8>) -> bool {
    let (ptr, cap) = raw::range_mut(window);
    // SAFETY: `stand` keeps it in `WINDOW` from here on. Code that takes it out to read it leaves `None`
    // there, and `ensure` then sets another before any host function is called.
    Status::new(unsafe { raw::host_set_window(ptr, cap) }).is_ok()
}
