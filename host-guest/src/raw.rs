//! Code that Rust cannot check: the host's imports, the exports that every guest has, and static state.

#![allow(unsafe_code)]

#[cfg(feature = "alloc")]
use alloc::vec::Vec;
#[cfg(feature = "alloc")]
use core::cell::UnsafeCell;
#[cfg(feature = "alloc")]
use core::hint;
#[cfg(feature = "alloc")]
use core::mem;
#[cfg(feature = "alloc")]
use core::sync::atomic::{AtomicBool, Ordering};

pub(crate) use imports::*;

#[cfg(target_arch = "wasm32")]
mod imports {
    // SAFETY: the types are those of section 2 of the ABI. The safe ones only read guest memory, and
    // a range outside of it is refused.
    #[link(wasm_import_module = "host")]
    unsafe extern "C" {
        pub(crate) safe fn host_log(level: i32, ptr: i32, len: i32);
        pub(crate) safe fn host_set_result(ptr: i32, len: i32);
        #[cfg(feature = "alloc")]
        pub(crate) safe fn host_result_ptr() -> i32;
        /// From here on any call of a host function may write to the range, until another is set: it
        /// must stay allocated, and must not be borrowed during such a call.
        pub(crate) unsafe fn host_set_window(ptr: i32, cap: i32) -> i32;
    }
}

/// There is no memory that a host could reach: no window is taken, and no result.
#[cfg(not(target_arch = "wasm32"))]
mod imports {
    use hostfn_abi::Status;

    pub(crate) fn host_set_result(_: i32, _: i32) {}

    #[cfg(feature = "alloc")]
    pub(crate) fn host_result_ptr() -> i32 {
        0
    }

    pub(crate) unsafe fn host_set_window(_: i32, _: i32) -> i32 {
        Status::INTERNAL.code()
    }
}

#[cfg(feature = "alloc")]
#[cfg_attr(not(target_arch = "wasm32"), expect(dead_code, reason = "there is no host to call them"))]
mod exports {
    use crate::blocks;

    // SAFETY: the ABI keeps both names, so nothing else in a guest has them.
    #[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
    extern "C" fn plugin_alloc(len: i32) -> i32 {
        blocks::alloc(len)
    }

    // SAFETY: as above.
    #[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
    extern "C" fn plugin_abi_version() -> i32 {
        hostfn_abi::ABI_VERSION
    }
}

/// Pointer and length for the host to read.
pub(crate) fn range(bytes: &[u8]) -> (i32, i32) {
    (narrow(bytes.as_ptr().expose_provenance()), narrow(bytes.len()))
}

/// Pointer and length for the host to write to.
#[cfg(feature = "alloc")]
pub(crate) fn range_mut(bytes: &mut Vec<u8>) -> (i32, i32) {
    (narrow(bytes.as_mut_ptr().expose_provenance()), narrow(bytes.len()))
}

/// The address of what the host reads or writes.
pub(crate) fn address<T>(of: *mut T) -> i32 {
    narrow(of.expose_provenance())
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "an address and a length of wasm32 have 32 bits; elsewhere no host looks at them"
)]
fn narrow(n: usize) -> i32 {
    (n as u32).cast_signed()
}

/// A static value. It is taken out to be used: whatever runs meanwhile finds the default in its place,
/// so that a nested call of the guest borrows nothing twice.
#[cfg(feature = "alloc")]
pub(crate) struct Slot<T> {
    busy: AtomicBool,
    value: UnsafeCell<T>,
}

// SAFETY: `replace`, the only way to the value, lets one thread in at a time.
#[cfg(feature = "alloc")]
unsafe impl<T: Send> Sync for Slot<T> {}

#[cfg(feature = "alloc")]
impl<T> Slot<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self { busy: AtomicBool::new(false), value: UnsafeCell::new(value) }
    }

    pub(crate) fn replace(&self, value: T) -> T {
        while self.busy.swap(true, Ordering::Acquire) {
            hint::spin_loop();
        }
        // SAFETY: `busy` was false and is true until the value is replaced, and no code of `T` runs
        // in between.
        let old = mem::replace(unsafe { &mut *self.value.get() }, value);
        self.busy.store(false, Ordering::Release);
        old
    }

    pub(crate) fn take(&self) -> T
    where
        T: Default,
    {
        self.replace(T::default())
    }
}
