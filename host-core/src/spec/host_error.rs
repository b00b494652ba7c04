//! A function's own errors, as a guest sees them.

use std::convert::Infallible;
use std::fmt::Display;

use hostfn_abi::{Status, Value};

/// One kind of error that a host function declares, for the listing and for bindings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ErrorKind {
    /// The stable code that a guest can tell it by.
    pub code: &'static str,
    /// The status that it answers with.
    pub status: Status,
    /// The explanation.
    pub docs: &'static str,
}

impl ErrorKind {
    /// Returns how many there are in all of `lists`.
    pub const fn count(lists: &[&[ErrorKind]]) -> usize {
        let (mut count, mut i) = (0, 0);
        while i < lists.len() {
            count += lists[i].len();
            i += 1;
        }
        count
    }

    /// Those of all `lists`, one after the other, in a constant: what an error has that hands on other errors.
    ///
    /// ```
    /// use hostfn_core::{ErrorKind, HostError, ResourceError};
    ///
    /// const LISTS: &[&[ErrorKind]] = &[&[], ResourceError::KINDS];
    /// const KINDS: [ErrorKind; ErrorKind::count(LISTS)] = ErrorKind::join(LISTS);
    /// assert_eq!(KINDS, ResourceError::KINDS);
    /// ```
    ///
    /// # Panics
    /// When there are not `N`.
    pub const fn join<const N: usize>(lists: &[&[ErrorKind]]) -> [ErrorKind; N] {
        assert!(N == Self::count(lists), "as many as `ErrorKind::count` counts");
        let mut all = [ErrorKind { code: "", status: Status::FAILED, docs: "" }; N];
        let (mut next, mut i) = (0, 0);
        while i < lists.len() {
            let mut j = 0;
            while j < lists[i].len() {
                all[next] = lists[i][j];
                (next, j) = (next + 1, j + 1);
            }
            i += 1;
        }
        all
    }
}

/// An error that a host function answers with: a status, a stable code, a message and an optional
/// detail. The message comes from `Display`, so it works beside `thiserror`.
///
/// ```
/// use hostfn_core::{HostError, Status};
///
/// #[derive(Debug, thiserror::Error)]
/// enum ShelfError {
///     #[error("there is no such book")]
///     NoSuchBook,
///     #[error("the shelf is being moved")]
///     Moving,
/// }
///
/// impl HostError for ShelfError {
///     fn status(&self) -> Status {
///         match self {
///             ShelfError::NoSuchBook => Status::NOT_FOUND,
///             ShelfError::Moving => Status::FAILED,
///         }
///     }
///     fn code(&self) -> &str {
///         match self {
///             ShelfError::NoSuchBook => "no_such_book",
///             ShelfError::Moving => "moving",
///         }
///     }
/// }
/// assert_eq!(ShelfError::NoSuchBook.message(), "there is no such book");
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the error of a host function",
    label = "this is not a `HostError`",
    note = "derive `hostfn::HostError` for it, or implement it: a code that a guest can tell the error by, and a `Display` message"
)]
pub trait HostError: Display {
    /// The kinds of error that there are, for the listing.
    const KINDS: &'static [ErrorKind] = &[];

    /// The status: `FAILED` unless you say otherwise. One that is not negative counts as `FAILED`.
    fn status(&self) -> Status {
        Status::FAILED
    }

    /// A stable code that a guest can tell the error by, such as `no_such_book`.
    fn code(&self) -> &str;

    /// The message, for people.
    fn message(&self) -> String {
        self.to_string()
    }

    /// Anything more that a guest can use.
    fn detail(&self) -> Option<Value> {
        None
    }

    /// Returns what lies outside the grant, where that is why: the call is recorded as
    /// [`Decision::Refused`](crate::Decision::Refused), whatever the guest receives, which is never this. An error
    /// with the status `NO_CAPABILITY` is recorded so without it, too.
    fn scope_value(&self) -> Option<&str> {
        None
    }
}

impl HostError for Infallible {
    fn code(&self) -> &str {
        match *self {}
    }
}
