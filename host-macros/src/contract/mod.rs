//! `#[guest_contract]`: a trait as the functions that a guest exports.

mod args;
mod check;
mod expand;
mod model;

pub use expand::guest_contract;
