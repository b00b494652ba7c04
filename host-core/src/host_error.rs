//! A function's own errors, as a guest sees them.

use std::convert::Infallible;
use std::fmt::Display;

use host_abi::{Status, Value};

/// One kind of error that a host function declares, for the listing and for bindings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ErrorKind {
    /// The stable code that a guest can tell it by.
    pub code: &'static str,
    /// The status that it answers with.
    pub status: Status,
    /// What it means.
    pub docs: &'static str,
}

/// An error that a host function answers with: a status, a stable code, a message and an optional
/// detail. The message comes from `Display`, so it works beside `thiserror`.
///
/// ```
/// use host_core::{HostError, Status};
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
}

impl HostError for Infallible {
    fn code(&self) -> &str {
        match *self {}
    }
}
