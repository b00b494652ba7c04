//! A new project: a host, a plugin, and all that keeps them together.

mod files;
mod name;
mod write;

pub(crate) use files::{Packages, project};
pub(crate) use name::check;
pub(crate) use write::write;
