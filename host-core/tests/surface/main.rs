//! The surface as it is listed, committed and compared: shapes of types, escaped text, the lock and the diff.
//!
//! `UPDATE_EXPECT=1 cargo test -p hostfn-core --test surface` writes the snapshots.

#![allow(clippy::needless_raw_string_hashes, reason = "expect-test writes them")]

mod diff;
mod host;
mod lock;
mod renames;
mod scale;
mod shape;
mod untrusted;
