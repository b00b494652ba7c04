//! Engine-free checks of a plugin: its manifest, its structure, its limits, its imports and exports.
//!
//! A host runs them before code generation, and `hostfn inspect` runs the same code without an engine.

#[cfg(feature = "inspect")]
mod abi;
#[cfg(feature = "inspect")]
mod artifact;
#[cfg(feature = "inspect")]
mod check;
#[cfg(feature = "inspect")]
mod counts;
#[cfg(feature = "inspect")]
mod directory;
mod entries;
#[cfg(feature = "inspect")]
mod foreign;
mod grants;
#[cfg(feature = "inspect")]
mod kind;
#[cfg(feature = "inspect")]
mod listed;
#[cfg(feature = "inspect")]
mod measure;
#[cfg(feature = "inspect")]
mod module;
#[cfg(feature = "inspect")]
mod names;
#[cfg(feature = "inspect")]
mod surface;

#[cfg(feature = "inspect")]
pub use abi::{Builtin, builtin, check_imports, wrong_version};
#[cfg(feature = "inspect")]
pub use artifact::{Artifact, ManifestSource};
#[cfg(feature = "inspect")]
pub use check::{Checked, Checker, Identity, read_any};
#[cfg(feature = "inspect")]
pub use directory::{Found, plugins, same_name};
#[cfg(feature = "wasm")]
pub(crate) use entries::NO_SUCH_FUNCTION;
pub(crate) use entries::place_of_export;
pub use entries::{drifted_entries, missing_entries, unfulfilled};
pub use grants::check_grants;
pub(crate) use grants::too_many_functions;
#[cfg(feature = "wasm")]
pub(crate) use kind::CORE_MODULE;
#[cfg(feature = "inspect")]
pub use measure::{Metrics, Peak};
#[cfg(feature = "inspect")]
pub use module::{Export, Features, Import, ModuleInfo};
#[cfg(feature = "inspect")]
pub use surface::Surface;
#[cfg(feature = "inspect")]
pub use wasmparser::{ExternalKind, MemoryType, TableType, TypeRef, ValType};
