use std::any::Any;
use std::fmt;

use hostfn_abi::codec::{self, Spilling};
use hostfn_abi::limits::MAX_ERROR_BYTES;
use hostfn_abi::{ErrorReply, Status};

use super::own_error;
use super::placed::Placed;
use super::spill::Spill;
use crate::error::Untrusted;
use crate::observe::Decision;
use crate::spec::HostError;

/// Why a call got no further: the status and message that the guest gets, and what only the host is
/// told.
#[derive(Debug)]
pub struct Fault(Box<FaultParts>);

#[derive(Debug)]
struct FaultParts {
    status: Status,
    message: String,
    cause: Cause,
}

/// What a gate said no to.
#[derive(Debug)]
pub(super) enum Refusal {
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
    /// A fault that the guest is told about. A status that is not negative counts as `FAILED`, with
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

    /// A fault that the guest is told about as if the function itself had failed with this error, code and detail
    /// included: one that is a denial is recorded as one. With `INTERNAL` it is [`internal`](Fault::internal).
    #[cold]
    pub fn of(error: &impl HostError) -> Self {
        match own_error(error) {
            Err(denial) => denial,
            Ok((Status::INTERNAL, reply)) => Fault::internal(reply.message),
            Ok((status, reply)) => {
                let cause = Cause::Error(reply);
                Fault(Box::new(FaultParts { status, message: String::new(), cause }))
            }
        }
    }

    /// A failure of the host. The guest gets `INTERNAL` and not a word more; `message` is for the
    /// host's observers.
    #[cold]
    pub fn internal(message: impl Into<String>) -> Self {
        let cause = Cause::Host(shortened(message.into()));
        Fault(Box::new(FaultParts { status: Status::INTERNAL, message: String::new(), cause }))
    }

    #[cold]
    pub(super) fn refused(refusal: Refusal, message: impl Into<String>) -> Self {
        let (status, message) = (Status::NO_CAPABILITY, message.into());
        Fault(Box::new(FaultParts { status, message, cause: Cause::Gate(refusal) }))
    }

    /// A function's own error says no, as a gate does.
    #[cold]
    pub(super) fn denied(status: Status, reply: ErrorReply, value: Option<String>) -> Self {
        let cause = Cause::Gate(Refusal::ByFunction(reply, value));
        Fault(Box::new(FaultParts { status, message: String::new(), cause }))
    }

    /// As [`internal`](Fault::internal), of an instance that takes no more calls.
    #[cold]
    pub(super) fn shut(message: impl Into<String>) -> Self {
        let cause = Cause::Shut(message.into());
        Fault(Box::new(FaultParts { status: Status::INTERNAL, message: String::new(), cause }))
    }

    #[cold]
    pub(super) fn panicked(panic: Box<dyn Any + Send>) -> Self {
        let cause = Cause::Panic(shortened(message_of(panic)));
        Fault(Box::new(FaultParts { status: Status::INTERNAL, message: String::new(), cause }))
    }

    /// Nothing is wrong: the function was not to run.
    #[cold]
    pub(super) fn checked() -> Self {
        Fault(Box::new(FaultParts { status: Status::OK, message: String::new(), cause: Cause::Checked }))
    }

    /// Whether the call came as far as its function, which was not to run.
    pub(crate) fn is_checked(&self) -> bool {
        matches!(self.0.cause, Cause::Checked)
    }

    /// The status that the guest gets.
    pub fn status(&self) -> Status {
        self.0.status
    }

    /// What happened, for the host: never sent to the guest when the host itself failed.
    pub fn message(&self) -> &str {
        match &self.0.cause {
            Cause::Error(reply) | Cause::Gate(Refusal::ByFunction(reply, _)) => &reply.message,
            Cause::Guest | Cause::Gate(_) | Cause::Checked => &self.0.message,
            Cause::Host(message) | Cause::Panic(message) | Cause::Shut(message) => message,
        }
    }

    /// What was decided, if it was a gate that refused the call, or the function as a gate does.
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

    /// Whether the host function panicked.
    pub fn is_panic(&self) -> bool {
        matches!(self.0.cause, Cause::Panic(_))
    }

    #[cold]
    pub(super) fn place(mut self, window: &mut [u8], spill: &mut Spill) -> Failed {
        let FaultParts { status, message, cause } = &mut *self.0;
        let mut sink = spill.beside(window, usize::MAX);
        let placed = match cause {
            Cause::Error(reply) | Cause::Gate(Refusal::ByFunction(reply, _)) => {
                let placed = place_error(*status, reply, &mut sink);
                // observers get no detail, and the fault may be held while the guest's allocator runs
                reply.detail = None;
                placed
            }
            _ if message.is_empty() => Placed::nothing(*status),
            _ => place_error(*status, &named(*status, message.clone()), &mut sink),
        };
        Failed { placed, fault: self }
    }
}

/// A text of the guest's, as much of it as is held for observers while the guest runs on. An error reply has no room for
/// more.
pub(super) fn kept(text: &str) -> String {
    text[..text.floor_char_boundary(MAX_ERROR_BYTES as usize)].to_owned()
}

/// The same, of a text that is owned.
pub(super) fn shortened(text: String) -> String {
    if text.len() <= MAX_ERROR_BYTES as usize { text } else { kept(&text) }
}

/// The error reply of a status that has no code of its own.
fn named(status: Status, message: String) -> ErrorReply {
    ErrorReply { code: status.name().unwrap_or("error").to_ascii_lowercase(), message, detail: None }
}

/// What a panic says.
pub(crate) fn message_of(panic: Box<dyn Any + Send>) -> String {
    match panic.downcast::<String>() {
        Ok(message) => *message,
        Err(panic) => match panic.downcast::<&'static str>() {
            Ok(message) => (*message).to_owned(),
            Err(panic) => {
                // its Drop is as much a stranger's code as what panicked, so it is not run
                std::mem::forget(panic);
                "a panic without a message".to_owned()
            }
        },
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.status(), Untrusted::new(self.message()).at_most(2000))
    }
}

impl std::error::Error for Fault {}

/// A call that failed before its function could answer.
#[derive(Debug)]
pub struct Failed {
    /// Where the message for the guest was left.
    pub placed: Placed,
    /// Why.
    pub fault: Fault,
}

/// An error reply that cannot be encoded, or is too long, is dropped, and the status stands.
pub(super) fn place_error(status: Status, reply: &ErrorReply, sink: &mut Spilling<'_>) -> Placed {
    sink.lower_limit(MAX_ERROR_BYTES as usize);
    match codec::encode(reply, sink) {
        Ok(()) => Placed::new(status, sink),
        Err(_) => Placed::nothing(status),
    }
}
