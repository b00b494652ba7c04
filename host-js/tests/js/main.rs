//! Plugins in JavaScript on a real host.

mod basics;
mod errors;
mod example;
mod handles;
mod hostile;
mod packing;
mod support;
mod types;
mod typescript;
mod values;
