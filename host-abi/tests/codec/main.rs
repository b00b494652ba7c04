//! The codec, the packed result and the names.

mod accepted;
mod args;
mod basics;
mod byte_vecs;
mod common;
mod depth;
mod fields;
mod hostile;
mod names;
mod oracle;
mod serde_forms;
mod sinks;
mod text;
mod vectors;
mod written;
