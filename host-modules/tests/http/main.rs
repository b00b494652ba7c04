//! `http`, with servers on loopback.

mod reach;
mod requests;
mod secret;
mod server;
