//! Engine-free checks of a module: its structure, its limits, its imports and exports.
//!
//! A host runs them before code generation, and `hostfn inspect` runs the same code without an engine.

#[cfg(feature = "inspect")]
mod abi;
#[cfg(feature = "wasm")]
mod counts;
#[cfg(feature = "inspect")]
mod foreign;
#[cfg(feature = "inspect")]
mod kind;
#[cfg(feature = "inspect")]
mod measure;
#[cfg(feature = "inspect")]
mod module;
#[cfg(feature = "inspect")]
mod names;

#[cfg(feature = "inspect")]
pub use abi::{Builtin, Surface, builtin, check_exports, check_imports};
#[cfg(feature = "wasm")]
pub(crate) use counts::check_counts;
#[cfg(feature = "inspect")]
pub use measure::{Metrics, Peak};
#[cfg(feature = "inspect")]
pub use module::{Export, Features, Import, ModuleInfo};
#[cfg(feature = "inspect")]
pub use wasmparser::{ExternalKind, MemoryType, TableType, TypeRef, ValType};
