//! The commands, each a file.

pub(crate) mod diff;
pub(crate) mod list;
