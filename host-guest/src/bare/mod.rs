//! Guests without an allocator, of a few hundred bytes: what they pass and get is put together by hand.
//!
//! Such a guest says `default-features = false` of this crate, and all of it is one
//! [`bare_guest!`](crate::bare_guest).

mod memory;
mod pack;
mod unpack;

pub use memory::{Memory, NoAllocator};
pub use pack::Pack;
pub use unpack::Unpack;
