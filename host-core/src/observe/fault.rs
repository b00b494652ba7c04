//! Faults of calls: what its guest gets, and what only the host's observers get.

use std::any::Any;
use std::borrow::Cow;
use std::fmt;

use hostfn_abi::limits::MAX_ERROR_BYTES;
use hostfn_abi::{ErrorReply, Status};

use crate::error::{Untrusted, message_of};
use crate::observe::Decision;
use crate::spec::HostError;

/// The fault of a call: the status and message that the guest gets, and what only the host is
/// told.
#[derive(Debug)]
pub struct Fault(Box<FaultParts>);

#[derive(Debug)]
struct FaultParts {
    status: Status,
    message: String,
    cause: Cause,
}

/// The reason for a gate's refusal.
#[derive(Debug)]
pub(crate) enum Refusal {
    NotGranted,
    /// The value, if there was one.
    OutOfScope(Option<String>),
    /// The function itself said no, with an error of its own, and to this value, if it says.
    ByFunction(ErrorReply, Option<String>),
}

#[derive(Debug)]
enum Cause {
    Guest,
    /// An error that has a code of its own.
    Error(ErrorReply),
    Gate(Refusal),
    Shut(String),
    Host(String),
    Panic(String),
    Checked,
}

impl Fault {
    /// A fault that the guest receives. A status that is not negative counts as `FAILED`, with
    /// `INTERNAL` it is [`internal`](Fault::internal), and with `NO_CAPABILITY` it is recorded as a denial.
    #[cold]
    pub fn new(status: Status, message: impl Into<String>) -> Self {
        let status = match status {
            Status::INTERNAL => return Fault::internal(message),
            Status::NO_CAPABILITY => return Fault::denied(status, named(status, message.into()), None),
            status if status.code() < 0 => status,
            _ => Status::FAILED,
        };
        Fault(Box::new(FaultParts { status, message: shortened(message.into()), cause: Cause::Guest }))
    }

    /// A fault that the guest receives as if the function itself had failed with this error, code and detail
    /// included: one that is a denial is recorded as one. With `INTERNAL` it is [`internal`](Fault::internal).
    #[cold]
    pub fn from_error(error: &impl HostError) -> Self {
        match own_error(error) {
            Err(denial) => denial,
            Ok((Status::INTERNAL, reply)) => Fault::internal(reply.message),
            Ok((status, reply)) => {
                let cause = Cause::Error(reply);
                Fault(Box::new(FaultParts { status, message: String::new(), cause }))
            }
        }
    }

    /// A failure of the host. The guest gets `INTERNAL` without a message; `message` is for the
    /// host's observers.
    #[cold]
    pub fn internal(message: impl Into<String>) -> Self {
        let cause = Cause::Host(shortened(message.into()));
        Fault(Box::new(FaultParts { status: Status::INTERNAL, message: String::new(), cause }))
    }

    #[cold]
    pub(crate) fn refused(refusal: Refusal, message: impl Into<String>) -> Self {
        let (status, message) = (Status::NO_CAPABILITY, message.into());
        Fault(Box::new(FaultParts { status, message, cause: Cause::Gate(refusal) }))
    }

    /// A function's own error says no, as a gate does.
    #[cold]
    pub(crate) fn denied(status: Status, reply: ErrorReply, value: Option<String>) -> Self {
        let cause = Cause::Gate(Refusal::ByFunction(reply, value));
        Fault(Box::new(FaultParts { status, message: String::new(), cause }))
    }

    /// As [`internal`](Fault::internal), of an instance that takes no more calls.
    #[cold]
    pub(crate) fn shut(message: impl Into<String>) -> Self {
        let cause = Cause::Shut(message.into());
        Fault(Box::new(FaultParts { status: Status::INTERNAL, message: String::new(), cause }))
    }

    #[cold]
    pub(crate) fn panicked(panic: Box<dyn Any + Send>) -> Self {
        let cause = Cause::Panic(shortened(message_of(panic)));
        Fault(Box::new(FaultParts { status: Status::INTERNAL, message: String::new(), cause }))
    }

    /// Nothing is wrong: the function was not to run.
    #[cold]
    pub(crate) fn checked() -> Self {
        Fault(Box::new(FaultParts { status: Status::OK, message: String::new(), cause: Cause::Checked }))
    }

    /// Returns whether the call came as far as its function, which was not to run.
    pub(crate) fn is_checked(&self) -> bool {
        matches!(self.0.cause, Cause::Checked)
    }

    /// The status that the guest gets.
    pub fn status(&self) -> Status {
        self.0.status
    }

    /// Returns what happened, for the host: never sent to the guest when the host itself failed.
    pub fn message(&self) -> &str {
        match &self.0.cause {
            Cause::Error(reply) | Cause::Gate(Refusal::ByFunction(reply, _)) => &reply.message,
            Cause::Guest | Cause::Gate(_) | Cause::Checked => &self.0.message,
            Cause::Host(message) | Cause::Panic(message) | Cause::Shut(message) => message,
        }
    }

    /// Returns what was decided, if it was a gate that refused the call, or the function as a gate does.
    pub fn decision(&self) -> Option<Decision> {
        match &self.0.cause {
            Cause::Gate(Refusal::NotGranted) => Some(Decision::NotGranted),
            Cause::Gate(Refusal::OutOfScope(_)) => Some(Decision::OutOfScope),
            Cause::Gate(Refusal::ByFunction(..)) => Some(Decision::Refused),
            Cause::Shut(_) => Some(Decision::Shut),
            Cause::Guest | Cause::Error(_) | Cause::Host(_) | Cause::Panic(_) | Cause::Checked => None,
        }
    }

    /// The value that lies outside the grant's scope.
    pub fn scope_value(&self) -> Option<&str> {
        match &self.0.cause {
            Cause::Gate(Refusal::OutOfScope(value) | Refusal::ByFunction(_, value)) => value.as_deref(),
            _ => None,
        }
    }

    /// Returns whether the host function panicked.
    pub fn is_panic(&self) -> bool {
        matches!(self.0.cause, Cause::Panic(_))
    }

    /// The error reply that the guest gets, if it gets one.
    pub(crate) fn reply(&self) -> Option<Cow<'_, ErrorReply>> {
        let FaultParts { status, message, cause } = &*self.0;
        match cause {
            Cause::Error(reply) | Cause::Gate(Refusal::ByFunction(reply, _)) => Some(Cow::Borrowed(reply)),
            _ if message.is_empty() => None,
            _ => Some(Cow::Owned(named(*status, message.clone()))),
        }
    }

    /// Drops the detail of the error reply: observers get none, and the fault may be held while the guest's allocator
    /// runs.
    pub(crate) fn drop_detail(&mut self) {
        if let Cause::Error(reply) | Cause::Gate(Refusal::ByFunction(reply, _)) = &mut self.0.cause {
            reply.detail = None;
        }
    }
}

/// A text of the guest's, as much of it as is held for observers while the guest runs on. An error reply has no room for
/// more.
pub(crate) fn kept(text: &str) -> String {
    text[..text.floor_char_boundary(MAX_ERROR_BYTES as usize)].to_owned()
}

/// The same, of a text that is owned.
pub(crate) fn shortened(text: String) -> String {
    if text.len() <= MAX_ERROR_BYTES as usize { text } else { kept(&text) }
}

/// The error reply of a status that has no code of its own.
fn named(status: Status, message: String) -> ErrorReply {
    ErrorReply { code: status.name().unwrap_or("error").to_ascii_lowercase(), message, detail: None }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.status(), Untrusted::new(self.message()).at_most(2000))
    }
}

impl std::error::Error for Fault {}

/// The status and reply of a function's own error. A status that is not negative would pass for
/// success, and counts as `FAILED`; one that is a denial is a fault, because a denial is always recorded.
pub(crate) fn own_error<E: HostError>(error: &E) -> Result<(Status, ErrorReply), Fault> {
    let status = match error.status() {
        status if status.code() < 0 => status,
        _ => Status::FAILED,
    };
    let reply = ErrorReply {
        code: error.code().to_owned(),
        message: shortened(error.message()),
        detail: error.detail(),
    };
    match (status, error.scope_value()) {
        (Status::NO_CAPABILITY, None) => Err(Fault::denied(status, reply, None)),
        (_, Some(value)) => Err(Fault::denied(status, reply, Some(value.to_owned()))),
        (_, None) => Ok((status, reply)),
    }
}
