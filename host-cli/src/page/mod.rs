//! Pages: one file each, without references to other files.

mod diff;
mod function;
mod listing;
mod matrix;
mod parts;

pub(crate) use diff::differences;
pub(crate) use listing::listing;
