//! The guest library, on this machine.

mod bare;
mod links;
#[cfg(feature = "log")]
mod log;
#[cfg(feature = "alloc")]
mod native;
#[cfg(feature = "std")]
mod panic;
