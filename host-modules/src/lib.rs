//! Host functions that most hosts need, written with [`hostfn`] as you would write your own.
//!
//! | module | feature | what it gives a plugin |
//! |---|---|---|
//! | [`clock`] | `clock` | the time, and a sleep |
//! | [`env`](mod@env) | `env` | environment variables that the operator names |
//! | [`ffi`] | `ffi` | functions of native libraries, which leave the sandbox |
//! | [`fs`] | `fs` | files and directories beneath what is granted |
//! | [`http`] | `http` | requests to servers that are granted |
//! | [`kms`] | `kms` | signatures with keys that stay in the host |
//! | [`kv`] | `kv`, `kv-redb` | key-value stores, in memory or in files |
//! | [`log`] | `log` | lines with fields |
//! | [`random`] | `random` | random bytes |
//! | [`secret`] | `secret` | secrets to use, and never to see |
//! | [`sql`] | `sql` | `SQLite` databases |
//!
//! # Nothing unless asked for
//!
//! No feature is on by default, and a module's functions are in a registry that it was added to, and in no other. None
//! of them works unless it is granted. A module that needs something of the host's, a store, a key, a list of what may
//! be called, is not built without it.
//!
//! ```
//! use hostfn_modules::{clock, kv, standard};
//! use hostfn::{Host, Registry};
//!
//! // one by one
//! let registry = Registry::builder().module(clock::module()).module(kv::module().memory("notes")).build()?;
//! let host = Host::builder(registry).build()?; // with the states that their functions need
//!
//! // or all that this crate was built with, but for `ffi`, of which some have to be told what they work on
//! let error = Registry::builder().modules(standard()).build().unwrap_err();
//! assert!(error.to_string().contains("H0108 module `kv`: "), "{error}");
//! # Ok::<(), hostfn::Error>(())
//! ```
//!
//! # Writing your own
//!
//! [`writing`] builds a module from nothing.

// the table names every module, and those whose feature is off are not there
#![cfg_attr(
    not(all(
        feature = "clock",
        feature = "env",
        feature = "ffi",
        feature = "fs",
        feature = "http",
        feature = "kms",
        feature = "kv",
        feature = "log",
        feature = "random",
        feature = "secret",
        feature = "sql",
    )),
    allow(rustdoc::broken_intra_doc_links)
)]

#[cfg(doctest)]
mod book;
#[cfg(any(feature = "fs", feature = "sql"))]
mod in_use;

#[cfg(feature = "clock")]
pub mod clock;
#[cfg(feature = "env")]
pub mod env;
#[cfg(feature = "ffi")]
pub mod ffi;
#[cfg(feature = "fs")]
pub mod fs;
#[cfg(feature = "http")]
pub mod http;
#[cfg(feature = "kms")]
pub mod kms;
#[cfg(feature = "kv")]
pub mod kv;
#[cfg(feature = "log")]
pub mod log;
#[cfg(feature = "random")]
pub mod random;
#[cfg(feature = "secret")]
pub mod secret;
#[cfg(feature = "sql")]
pub mod sql;

#[doc = include_str!("../docs/writing-a-module.md")]
pub mod writing {}

// a host adds a module by a call, so no list of linked functions has its functions
macro_rules! linked {
    ($($feature:literal)+) => {
        $(#[cfg(feature = $feature)]
        hostfn::__private::inventory::submit! { hostfn::spec::LinkedModule($feature) })+
    };
}
linked!("clock" "env" "ffi" "fs" "http" "kms" "kv" "log" "random" "secret" "sql");

use hostfn::HostModule;

/// Every module that this crate was built with, but for `ffi`, which leaves the sandbox and is added by name. Those
/// that have to be told what they work on say so when the registry is built; the same module, configured, takes the
/// place of one that is not: `.modules(standard()).module(kv::module().memory("notes"))`.
#[must_use]
pub fn standard() -> Vec<HostModule> {
    Vec::from([
        #[cfg(feature = "clock")]
        clock::module(),
        #[cfg(feature = "env")]
        env::module().into(),
        #[cfg(feature = "fs")]
        fs::module().into(),
        #[cfg(feature = "http")]
        http::module().into(),
        #[cfg(feature = "kms")]
        kms::module().into(),
        #[cfg(feature = "kv")]
        kv::module().into(),
        #[cfg(feature = "log")]
        log::module().into(),
        #[cfg(feature = "random")]
        random::module().into(),
        #[cfg(feature = "secret")]
        secret::module().into(),
        #[cfg(feature = "sql")]
        sql::module().into(),
    ])
}
