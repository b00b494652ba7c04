//! Host functions that most hosts need, written with [`hostfn`] as you would write your own.

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
