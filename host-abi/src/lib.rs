//! The wire format between a `hostfn` host and its guests.
//!
//! A guest is a WebAssembly module with one exported memory. A complex value crosses as a pointer
//! and a length that name [MessagePack](https://msgpack.org) bytes in that memory. Host and guest
//! share this crate, so it knows no engine, needs no `std`, and builds for `wasm32-unknown-unknown`.
//!
//! # A call
//!
//! 1. The caller encodes the arguments as one array, an element per parameter:
//!    [`codec::encode`] on a tuple.
//! 2. The callee takes them apart with [`codec::decode_args`]. Every byte is hostile until then:
//!    see [`codec`] for what is refused, and when.
//! 3. The callee answers with a [`Word`]: a [`Status`], and the length of the reply it left.
//! 4. On [`Status::OK`] the reply is the encoded value, nothing at all for `()`. On a negative
//!    status it is an [`ErrorReply`], or nothing.
//!
//! ```
//! use hostfn_abi::{Status, Word, codec};
//!
//! let arguments = codec::to_vec(&("world", 3_u32))?;
//!
//! let (name, times): (&str, u32) = codec::decode_args(&arguments)?;
//! let mut window = [0; 64];
//! let len = codec::to_slice(&name.repeat(times as usize), &mut window)?;
//! let word = Word::new(Status::OK, u32::try_from(len)?).to_i64();
//!
//! let word = Word::from_i64(word);
//! assert!(word.status().is_ok());
//! let reply: String = codec::decode(&window[..word.len() as usize])?;
//! assert_eq!(reply, "worldworldworld");
//! # Ok::<(), Box<dyn core::error::Error>>(())
//! ```
//!
//! # Where to look
//!
//! | | |
//! |---|---|
//! | [`Status`], [`Word`] | what a call returns |
//! | [`codec`] | values to bytes and back |
//! | [`Value`] | a value whose type is not known |
//! | [`ErrorReply`] | what may come with a negative status |
//! | [`names`], [`limits`] | the fixed names and sizes, and which names are valid |
//! | [`LogLevel`] | how important a logged line is |

#![no_std]

#[cfg(feature = "codec")]
extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

#[cfg(feature = "codec")]
pub mod codec;
#[cfg(feature = "codec")]
mod error_reply;
pub mod limits;
mod log;
pub mod names;
mod status;
#[cfg(feature = "codec")]
mod value;
mod word;

#[cfg(feature = "codec")]
pub use error_reply::{ErrorReply, ErrorReplyRef};
pub use log::LogLevel;
pub use status::Status;
#[cfg(feature = "codec")]
pub use value::Value;
pub use word::Word;

/// The version that this crate speaks. A guest that exports no [`names::PLUGIN_ABI_VERSION`] speaks 1.
pub const ABI_VERSION: i32 = 1;
