//! The wasmtime engine: the only folder that names it.

mod aborts;
mod artifact;
mod builder;
mod builtins;
mod cache;
mod clock;
mod compile;
mod directory;
mod dispatch;
mod entry;
mod guest;
mod handle;
mod host;
mod instance;
mod live;
mod load;
mod meter;
mod plugin;
mod reserve;
mod running;
mod stack;
mod start;
mod stop;
mod waiting;

pub use builder::HostBuilder;
pub use compile::{CompileChild, Compiler, compile_worker};
pub use directory::LoadReport;
pub use handle::{InstanceDriver, InstanceHandle};
pub use host::{CutOff, Host, MissingCapability};
pub use instance::Instance;
pub use live::LiveGrants;
pub use load::Loader;
pub use plugin::Plugin;
pub use start::Instantiation;
