//! Problems with the files that a command names.

use hostfn_core::{Code, Error, Problem};

/// The problem of a file that cannot be read or written.
pub(crate) fn unusable(path: &str, what: &str, remedy: &str) -> Problem {
    Problem::new(Code::FileUnusable, path, what, remedy)
}

/// The same problems, in the file `path`.
pub(crate) fn within(path: &str, error: Error) -> Error {
    match error {
        Error::Problems(problems) => problems.within(path).into(),
        other => other,
    }
}
