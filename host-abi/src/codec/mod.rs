//! Values to bytes and back: ABI section 5's profile of [MessagePack](https://msgpack.org).
//!
//! | Rust | written | accepted |
//! |---|---|---|
//! | struct | map, field names as keys, in field order | such a map in any order, or an array in field order; unknown keys are skipped |
//! | tuple, `[T; N]`, sequence | array | array; a tuple of exactly its length |
//! | `Vec<u8>`, `&[u8]`, byte buffers | bin | bin, or an array of integers 0 to 255 |
//! | `str`, `String`, `char` | str | str, valid UTF-8 |
//! | integers | shortest form | any form whose value fits |
//! | `f32`, `f64` | float 32, float 64 | either, rounded to the nearest, and an integer that is exactly representable |
//! | `Option` | nil or the value | same |
//! | `()`, unit struct | nothing when it is the whole value, else nil | same; as the whole value nil too |
//! | another type that serializes as a unit | nil | same; no bytes are nil to a type that looks at the data first |
//! | enum | unit variant: str; else a map of one entry, variant name to payload | same |
//! | newtype struct | what it wraps | same |
//!
//! `Some` of a value that is nil itself, such as `Some(None)`, cannot be told from `None` and is not
//! encoded: [`ErrorKind::NilInOption`].
//!
//! # Types that look at the data first
//!
//! Internally tagged, untagged and flattened types buffer a value before they know its type. Bytes in
//! them are read back by owned types (`Vec<u8>`, byte buffers, [`Value`](crate::Value)), never as text.
//! `&[u8]` in such a type fails to decode. serde tells them that the format is readable for people while
//! it is not: `IpAddr` and others that differ by that fail to decode there as well.
//!
//! # Hostile bytes
//!
//! Decoding never panics, whatever the bytes. A length is compared with the bytes that are left
//! before anything is allocated for it. Before the first array or map *inside* the outermost one is
//! entered, all of it is walked without recursion: nesting beyond 64, extension types, the marker
//! `0xc1` and impossible lengths are refused before they can cost stack. Arguments that are
//! scalars, strings and bytes need no such walk.
//!
//! What decoded values take up can be many times their bytes. A [`Scratch`] with an [`Allowance`] bounds it: what is
//! decoded with it asks before it allocates, by the size of each item's type.

mod access;
mod allowance;
mod args;
mod buffered;
mod byte;
mod byte_vec;
mod compound;
mod decode;
mod deserializer;
mod encode;
mod error;
mod grown;
#[cfg(feature = "std")]
mod io;
mod key;
mod read;
mod scan;
mod scratch;
mod sink;
mod spilling;
mod text;
mod write;

pub use allowance::{Allowance, SPARE};
pub use args::{decode_args, decode_args_with};
pub use decode::{decode, decode_with};
pub use encode::{encode, to_slice, to_vec};
pub use error::{Error, ErrorKind};
#[cfg(feature = "std")]
pub use io::IoSink;
pub use scratch::Scratch;
pub use sink::{Full, Sink, SliceSink};
pub use spilling::{Spilling, Written};
