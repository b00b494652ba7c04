//! A guest without `std`, and with an allocator of its own: it rings as often as requested.

#![cfg_attr(target_arch = "wasm32", no_std)]

extern crate alloc;

use alloc::string::String;

use hostfn_guest::CallError;

hostfn_guest::panic_handler!();

#[cfg(target_arch = "wasm32")]
#[global_allocator]
static HEAP: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

hostfn_guest::imports! {
    /// Ring the bell, and say how it sounds.
    fn ring(times: u32) -> String;
}

hostfn_guest::init! {
    fn start() {
        hostfn_guest::set_window(64);
    }
}

hostfn_guest::export! {
    /// Rings, and hands on how it sounds.
    pub fn run(times: u32) -> Result<String, CallError> {
        ring(times)
    }

    /// Panics when it is asked for too much.
    pub fn strict(times: u32) -> u32 {
        assert!(times < 10, "{times} times is too often, and the neighbours complain");
        times
    }
}
