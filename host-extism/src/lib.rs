//! Extism plugins on hostfn: the functions, gates and records of a host, for guests that Extism's PDKs build.
//!
//! ```
//! use hostfn::engine::Composition;
//! use hostfn::{Grants, Registry, capabilities, host_fn};
//! use hostfn_extism::ExtismPlugin;
//!
//! capabilities! {
//!     /// Greet people.
//!     pub GREET = "greet";
//! }
//!
//! /// Greets someone.
//! #[host_fn(capability = GREET)]
//! fn greet(name: &str) -> String {
//!     format!("Hello, {name}!")
//! }
//!
//! /// Adds two numbers.
//! #[host_fn(capability = none)]
//! fn add(a: u64, b: u64) -> u64 {
//!     a + b
//! }
//!
//! let composition = Composition::builder(Registry::collect()?).build()?;
//! let wasm = include_bytes!("../guests/c.wasm");
//! let mut plugin = ExtismPlugin::load(&composition, wasm, &Grants::none().allow(&GREET))?;
//! assert_eq!(plugin.call("hello", b"Ada")?, b"Hello, Ada!");
//! # Ok::<(), hostfn::Error>(())
//! ```
//!
//! # What a guest sees
//!
//! The convention is that of Extism's PDKs. A guest written with `#[host_fn] extern "ExtismHost"` needs no change. Each
//! parameter is a handle of a block in Extism's memory, and so is the result.
//!
//! | type of the host function | block |
//! |---|---|
//! | `str`, bytes | the bytes |
//! | `bool` | one byte, 0 or 1 |
//! | `u8`, `u16`, `u32`; `i8`, `i16`, `i32` | 4 bytes, little-endian |
//! | `u64`, `u128`, handles; `i64`, `i128` | 8 bytes, little-endian |
//! | `f32`, `f64` | 4 or 8 bytes, little-endian |
//! | an option of one of these | an empty block for none |
//! | everything else | JSON, or `MessagePack` with [`Values::MessagePack`] |
//! | nothing | no result |
//!
//! A module `host` is imported from three namespaces:
//!
//! - `host`, and `extism:host/user`, which an `extern` block without a namespace has: an error ends the guest's call, as
//!   in Extism.
//! - `host:try`: the result is `{"ok": value}` or `{"err": {"code", "status", "message", "detail"}}`, so that the guest can
//!   go on. A result is never the handle 0 for an error.
//!
//! # Limits of Extism that this crate cannot lift
//!
//! - extism 1.30 is the newest that builds on Rust 1.95. It brings wasmtime 43, whose support has ended: use the engine of
//!   `hostfn` for plugins of strangers.
//! - The headers of blocks are in memory that the guest writes, and Extism offers no way to compare a length with the end
//!   of that memory. This crate compares it with the limits before it reads anything, and Extism's own functions do not.
//!   A guest that forges a header can make the host read or write beyond the memory, into the guard behind it: the
//!   process ends with a segmentation fault.
//! - Extism has no deadline for code that runs at the start. A module that has such code is refused.
//! - The guest's memory and that of the session are limited each by `Limits::memory`, and not together. Lines that guests
//!   log through Extism, and its variables of up to 1 MiB, are not budgeted.
//! - There is no WASI and no `http_request`.

mod bytes;
mod function;
mod json;
mod kind;
mod link;
mod module;
mod plugin;
mod session;

pub use plugin::{Canceller, ExtismPlugin, Loader};
pub use session::{ExtismSession, Values};

#[cfg(doctest)]
#[doc = include_str!("../../docs/guide/extism.md")]
struct Guide;
