//! The commands, each a file.

pub(crate) mod bindgen;
pub(crate) mod check;
pub(crate) mod completions;
pub(crate) mod diff;
pub(crate) mod expand;
pub(crate) mod explain;
pub(crate) mod inspect;
pub(crate) mod js;
pub(crate) mod list;
pub(crate) mod man;
pub(crate) mod new;
#[cfg(feature = "run")]
pub(crate) mod run;
pub(crate) mod schema;
pub(crate) mod verify;
