//! The surface as it is committed and compared: the lock and the diff.
//!
//! `UPDATE_EXPECT=1 cargo test -p hostfn-core --test surface` writes the snapshots anew.

#![allow(clippy::needless_raw_string_hashes, reason = "expect-test writes them")]

mod diff;
mod host;
mod lock;
mod renames;
mod scale;
