//! The wasmtime engine: the only folder that names it.

mod builder;
mod builtins;
mod cache;
mod compile;
mod directory;
mod dispatch;
mod enter;
mod export;
mod guest;
mod host;
mod init;
mod instance;
mod load;
mod meter;
mod places;
mod plugin;
mod pool;
mod reserve;
mod set;
mod stack;
mod start;
mod stop;
mod waiting;

pub use builder::HostBuilder;
pub use compile::{CompileChild, Compiler, compile_worker};
pub use directory::LoadReport;
pub use export::Export;
pub use host::Host;
pub use instance::{Instance, InstanceHandle};
pub use load::Loader;
pub use plugin::Plugin;
pub use set::{PluginSet, RefreshReport};
pub use start::Instantiation;
