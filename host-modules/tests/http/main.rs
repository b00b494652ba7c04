//! `http`, with servers on loopback.

mod given_back;
mod reach;
mod requests;
mod secret;
mod server;
