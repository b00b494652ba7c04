//! One listing of host functions over every wire shape, and the contract by which a host asks guests in every
//! language to call them.
//!
//! The guests are in `guests/`: generated bindings and a hand-written main. `scripts/build-guests.sh` builds them.

mod bank;
mod echoes;
mod types;

pub use bank::{BANK, BankError};
pub use echoes::{ECHO, Echo, EchoClient, PLACE, SECRET};
pub use types::{
    Anything, Choice, Figure, Handles, Level, Marker, Metres, Node, Order, Pair, Point, Record, Statement,
    Store,
};

use hostfn::{Listing, Registry, Result};

/// Every function of this crate.
///
/// # Errors
/// When they do not fit together, which a test would have found.
pub fn registry() -> Result<Registry> {
    Registry::collect()
}

/// Returns what the guests' bindings are generated from.
///
/// # Errors
/// Those of [`registry`].
pub fn listing() -> Result<Listing> {
    Ok(registry()?.listing())
}
