//! `fs`, and its files beside `sql`.

mod content;
mod files;
mod links;
#[allow(dead_code, reason = "`libc` is for the tests of `ffi`")]
#[path = "../modules/native.rs"]
mod native;
mod sql;
