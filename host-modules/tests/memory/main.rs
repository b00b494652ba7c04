//! Guests that try to make the host hold memory. Each runs in a process of its own, whose peak resident set stays
//! below the instance's limit and 64 MiB.

mod arguments;
mod harness;
mod held;
mod load;
mod modules;
mod records;
mod replies;
mod results;
