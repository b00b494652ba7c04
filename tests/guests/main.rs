//! The guests of the examples, as built from source.
//!
//! `HOSTFN_GUESTS` names a folder of freshly built guests to test instead of the committed ones.

mod greeters;
mod small;
