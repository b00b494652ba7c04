use alloc::borrow::ToOwned;
use alloc::string::String;
use core::fmt;

use crate::{ErrorReply, Status};

/// The reason a call gave no answer: the status, and the error reply if there was one.
///
/// An export that returns one passes both on to the host as they are. So it is also the way to answer
/// with a status of your own:
///
/// ```
/// use hostfn_guest::{CallError, Status};
///
/// const OUT_OF_STOCK: Status = Status::application(-1024);
///
/// let error = CallError::new(OUT_OF_STOCK, "out_of_stock", "no umbrellas left");
/// assert_eq!(error.to_string(), "application status (-1024): no umbrellas left");
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct CallError {
    /// The way the call ended.
    pub status: Status,
    /// The error reply.
    pub reply: Option<ErrorReply>,
}

impl CallError {
    /// An error of the guest's own: `code` is for programs, `message` for people.
    pub fn new(status: Status, code: &str, message: impl Into<String>) -> Self {
        let reply = ErrorReply { code: code.to_owned(), message: message.into(), detail: None };
        Self { status, reply: Some(reply) }
    }

    /// The error reply's code; empty when there is no reply.
    pub fn code(&self) -> &str {
        self.reply.as_ref().map_or("", |reply| &reply.code)
    }

    /// The error reply's message; empty when there is no reply.
    pub fn message(&self) -> &str {
        self.reply.as_ref().map_or("", |reply| &reply.message)
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.reply {
            Some(reply) => write!(f, "{}: {}", self.status, reply.message),
            None => self.status.fmt(f),
        }
    }
}

impl core::error::Error for CallError {}
