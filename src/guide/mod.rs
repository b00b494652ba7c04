//! Guide pages: hand-written registration, and the review of a change to the host surface.

#[cfg(doctest)]
mod book;
pub mod by_hand;
pub mod review;
