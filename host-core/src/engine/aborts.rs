//! Builds that abort on a panic.

use crate::error::{Code, Problem};

/// True if this build aborts on a panic: one of a host function cannot be caught, then.
pub(super) const ABORTS: bool = cfg!(panic = "abort");

/// Refuses a build that aborts on a panic, unless the embedder accepts it.
pub(super) fn problem(aborts: bool, accepted: bool) -> Option<Problem> {
    (aborts && !accepted).then(|| {
        Problem::new(
            Code::AbortsOnPanic,
            "the host",
            "a panic of a host function ends the process in this build",
            "build it with `panic = \"unwind\"`, or call `accept_abort_on_panic`",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn abort_on_panic_is_refused_unless_accepted() {
        assert_eq!(problem(false, false), None);
        assert_eq!(problem(false, true), None);
        assert_eq!(problem(true, true), None);
        let refused = problem(true, false).map(|problem| problem.to_string());
        assert_eq!(
            refused.as_deref(),
            Some(
                "H0417 the host: a panic of a host function ends the process in this build; build it with `panic = \
                 \"unwind\"`, or call `accept_abort_on_panic`"
            )
        );
        // tests are always built so that they unwind
        assert_eq!(problem(ABORTS, false), None);
    }
}
