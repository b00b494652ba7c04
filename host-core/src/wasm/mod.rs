//! The wasmtime engine: the only folder that names it.

mod builtins;
mod dispatch;
mod guest;
mod host;
mod instance;
mod plugin;

pub use host::{Host, HostBuilder, Missing, StateCx};
pub use instance::{Instance, LiveGrants};
pub use plugin::Plugin;
