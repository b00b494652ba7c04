//! The guests in each language, and what is generated for them.

mod bytes;
mod common;
mod drift;
mod generated;
mod guests;
mod made;
mod memory;
mod rules;
