//! The expansion of the macros of `hostfn`, on `proc_macro2` tokens: an implementation detail of the macros and of
//! `hostfn expand`.
//!
//! Each macro is a folder of the same stages: `args` parses what the user wrote for the macro, `model` reads the item once and
//! answers every question about it, `check` reports what a rule forbids, `expand` writes tokens. Errors of all stages are
//! reported together.

mod attr;
mod capabilities;
mod contract;
mod docs;
mod errors;
mod host_error;
mod host_fn;
mod span;
mod syntax;
// beside `src`, all of whose text is messages for users: `tests::messages` asks for a case of each
#[cfg(test)]
#[path = "../tests-in-crate/mod.rs"]
mod tests;

pub use capabilities::capabilities;
pub use contract::guest_contract;
pub use host_error::host_error;
pub use host_fn::host_fn;
