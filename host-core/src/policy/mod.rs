//! The policy of a plugin: scopes, grants, manifests, limits, and the report on them.

mod access;
pub(crate) mod document;
mod grants;
mod limits;
mod manifest;
mod quantity;
mod report;
mod scope;

pub(crate) use self::access::{Access, Gate};
pub use self::grants::Grants;
pub(crate) use self::grants::grant_of;
#[cfg(feature = "wasm")]
pub(crate) use self::limits::at_least;
pub use self::limits::{Limits, LoadLimits, Metric, RequestedLimits};
pub use self::manifest::{Manifest, ManifestExport};
pub use self::report::{CapabilityReport, GrantStatus, Report};
pub use self::scope::{LastLink, LocateError, Location, PatternError, PatternErrors, Scope};
