//! Library for Rust guests of a `hostfn` host.
//!
//! A guest is a library of `crate-type = ["cdylib"]`, built for `wasm32-unknown-unknown`. It declares the
//! host functions that it wants with [`imports!`] and the functions that the host may call with
//! [`export!`]; neither takes a line of `unsafe`. `hostfn bindgen` writes both from a host's listing, with the host's
//! types; the page `docs/first-plugin.md` begins with that.
//!
//! ```
//! #![forbid(unsafe_code)]
//!
//! use hostfn_guest::CallError;
//!
//! hostfn_guest::imports! {
//!     /// Build a greeting.
//!     fn greet(name: &str) -> String;
//! }
//!
//! hostfn_guest::export! {
//!     /// Greet everyone, one per line.
//!     pub fn greet_all(names: Vec<String>) -> Result<String, CallError> {
//!         hostfn_guest::info(&format!("greeting {} people", names.len()));
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
//! # Log and panics
//!
//! [`info`] and its like write a line to the host's log. With the feature `log`, `install_logger` lets the macros of
//! the `log` crate do so. A panic is a trap. Its place and message are reported first, and the host's error repeats
//! them: with the feature `std` without further code, without `std` by [`panic_handler!`].
//!
//! # Unit tests
//!
//! Outside of WebAssembly the guest's functions are plain functions. Within [`native::with_host`] their calls of host
//! functions are answered by the test, or by a `hostfn::testing::MockHost`, which answers as a real host does:
//!
//! ```
//! # hostfn_guest::imports! { fn greet(name: &str) -> String; }
//! use hostfn_guest::{Status, native};
//!
//! let answer = native::with_host(|_, _, _| (Status::OK, b"\xa5hello".to_vec()), || greet("you"));
//! assert_eq!(answer.unwrap(), "hello");
//! ```
//!
//! # `no_std`
//!
//! Without the feature `std` this crate needs `alloc` only. A `no_std` guest depends on it with `default-features = false`
//! and `features = ["alloc"]`, and brings its own global allocator and [`panic_handler!`]; a guest with `std` has both. Without its default features it does not need `alloc` either: [`bare_guest!`] makes a guest of less
//! than a kilobyte, which puts its arguments together by hand.
//!
//! # Features
//!
//! - `alloc` (default): everything but [`bare`].
//! - `std` (default): reports panics.
//! - `log`: `install_logger`.

#![no_std]

#[cfg(feature = "alloc")]
extern crate alloc;
#[cfg(any(feature = "std", not(target_arch = "wasm32")))]
extern crate std;

pub mod bare;
#[cfg(feature = "alloc")]
mod blocks;
#[cfg(feature = "alloc")]
mod call;
#[cfg(feature = "alloc")]
mod error;
#[cfg(feature = "alloc")]
mod export;
mod log;
#[cfg(feature = "log")]
mod logger;
mod macros;
#[cfg(all(feature = "alloc", not(target_arch = "wasm32")))]
pub mod native;
mod panic;
mod raw;
#[cfg(feature = "alloc")]
mod window;

#[cfg(feature = "alloc")]
pub use error::CallError;
#[cfg(feature = "alloc")]
pub use hostfn_abi::{ErrorReply, Value};
pub use hostfn_abi::{LogLevel, Status};
pub use log::{debug, error, info, log, trace, warn};
#[cfg(feature = "log")]
pub use logger::install_logger;
#[cfg(feature = "std")]
pub use panic::install_panic_hook;
#[cfg(feature = "alloc")]
pub use window::set_window;

/// The derive macros of generated bindings, so that a guest needs no other crate for them.
pub use serde;

use hostfn_abi::Word;

/// For the macros of this crate, and exempt from semver.
#[doc(hidden)]
pub mod __private {
    #[cfg(feature = "alloc")]
    pub use crate::call::call;
    #[cfg(all(feature = "alloc", not(target_arch = "wasm32")))]
    pub use crate::call::call_native;
    #[cfg(feature = "alloc")]
    pub use crate::export::{Incoming, Returned, Started, refuse};
    pub use crate::panic::{report, report_panics};
}
