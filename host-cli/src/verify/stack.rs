//! A thread whose stack is large enough for a parser.

use std::thread;

use hostfn_core::Problem;

use crate::problem::unusable;

/// The stack of the thread that reads sources, in bytes. A parser that is not optimised takes up to 19 KB of it for
/// each of the [`DEEPEST`](super::crates::DEEPEST) levels that a file may nest.
const STACK: usize = 256 << 20;

/// Reads sources with a stack of known size: `syn` recurses, and overflowing ends the process.
pub(super) fn with_stack<T: Send>(read: impl FnOnce() -> Result<T, Problem> + Send) -> Result<T, Problem> {
    thread::scope(|scope| {
        let thread = thread::Builder::new().stack_size(STACK).spawn_scoped(scope, read);
        let thread = thread.map_err(|error| {
            unusable(
                "verify",
                &format!("no thread: {error}"),
                "let this process use 256 MiB of address space for a stack",
            )
        })?;
        thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}
