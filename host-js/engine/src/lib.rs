//! QuickJS-ng as a guest of a hostfn host.
//!
//! The packer of `hostfn-js` puts a script and a table of the host functions that it imports into the module which
//! this crate is built into. From then on it is a plugin like any other: the host sees one import for each function.

mod abi;
mod decode;
mod encode;
mod engine;
mod functions;
mod names;
mod natives;
mod relative;
mod shared;
mod table;
mod thrown;
mod wire;
