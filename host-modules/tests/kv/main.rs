//! `kv`, with each kind of store.

mod bounds;
mod crash;
mod files;
mod stores;
mod waiting;
