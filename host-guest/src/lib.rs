//! What a Rust guest of a `hostfn` host links.
//!
//! A guest is a library of `crate-type = ["cdylib"]`, built for `wasm32-unknown-unknown`. It declares the
//! host functions that it wants with [`imports!`] and the functions that the host may call with
//! [`export!`]; neither takes a line of `unsafe`.
//!
//! ```
//! #![forbid(unsafe_code)]
//!
//! use host_guest::CallError;
//!
//! host_guest::imports! {
//!     /// Build a greeting.
//!     fn greet(name: &str) -> String;
//! }
//!
//! host_guest::export! {
//!     /// Greet everyone, one per line.
//!     pub fn greet_all(names: Vec<String>) -> Result<String, CallError> {
//!         host_guest::info(&format!("greeting {} people", names.len()));
//!         let greetings = names.iter().map(|name| greet(name));
//!         Ok(greetings.collect::<Result<Vec<_>, _>>()?.join("\n"))
//!     }
//! }
//! # // there is no host here
//! # let error = greet_all(vec!["you".to_owned()]).unwrap_err();
//! # assert_eq!(error.code(), "no_host");
//! ```
//!
//! # Memory
//!
//! The host writes to memory of the guest's own only, in two places:
//!
//! - The *reply window*: 4 KiB, or what [`set_window`] says. A reply that fits it costs one crossing of
//!   the boundary.
//! - *Blocks* that it asks the guest for, by the export `plugin_alloc`: for arguments, and for replies
//!   that do not fit the window. The guest keeps account of them; an argument block is freed when the
//!   export returns, a reply's as soon as the reply is decoded, and a pointer that was never given out
//!   is refused.
//!
//! A result stays in memory until the next export is called, because the host reads it after the export
//! has returned.
//!
//! # `no_std`
//!
//! This crate needs `alloc` only. A `no_std` guest brings its own global allocator and panic handler, a
//! guest with `std` has both.

#![no_std]

extern crate alloc;
#[cfg(not(target_arch = "wasm32"))]
extern crate std;

mod blocks;
mod call;
mod error;
mod export;
mod log;
mod macros;
#[cfg(not(target_arch = "wasm32"))]
pub mod native;
mod raw;
mod window;

pub use error::CallError;
pub use host_abi::{ErrorReply, LogLevel, Status, Value};
pub use log::{debug, error, info, log, trace, warn};
pub use window::set_window;

use host_abi::Word;

/// For the macros of this crate, and exempt from semver.
#[doc(hidden)]
pub mod __private {
    pub use crate::call::call;
    #[cfg(not(target_arch = "wasm32"))]
    pub use crate::call::call_native;
    pub use crate::export::{Incoming, Returned, Started, refuse};
}
