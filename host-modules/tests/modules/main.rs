//! Modules with few tests each, and rules of all modules.

mod denials;
mod env;
mod everything;
mod ffi;
mod gates;
mod guide;
mod handles;
mod kms;
mod lock;
mod log;
mod native;
mod secret;
#[path = "../http/server.rs"]
mod server;
mod time_and_chance;
mod wit;
