//! Grants, scopes, manifests, limits and reports, without an engine.

mod grants;
mod handles;
mod limits;
mod limits_text;
mod manifest;
mod report;
mod scope;
