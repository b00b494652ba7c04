//! What tests of a host are written with.

mod listing;

pub use listing::{assert_listing, assert_listing_of};
