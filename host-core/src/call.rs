//! One call in flight: authorize, decode, run, encode, place.

use std::any::Any;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use host_abi::codec::{self, Scratch, Spilling};
use host_abi::{ErrorReply, Status, Word};

use crate::access::Access;
use crate::host_error::HostError;
use crate::param::{Answer, Argument};
use crate::scope::Scope;
use crate::spec::HostFnSpec;
use crate::state::{StateRefs, States};

/// What runs when a guest calls a host function: a plain function, or a closure that captures
/// nothing.
pub type CallFn = for<'a> fn(Call<'a>) -> Reply;

/// What a call function leaves behind: the place of its reply, or why there is none. A [`Placed`] is
/// only to be had from an [`Authorized`] call, so a call function cannot answer unchecked.
pub type Reply = Result<Placed, Fault>;

/// What an instance lends to each of its calls. An engine keeps one per instance.
#[derive(Debug)]
pub struct Env {
    states: States,
    budget: Budget,
    spill: Vec<u8>,
    scratch: Scratch,
}

/// What one call may carry, in bytes.
#[derive(Clone, Copy, Debug)]
struct Budget {
    args: u32,
    reply: u32,
}

impl Env {
    /// An environment whose calls carry at most `max_args` bytes of arguments and `max_reply` of reply.
    pub fn new(states: States, max_args: u32, max_reply: u32) -> Self {
        Self {
            states,
            budget: Budget { args: max_args, reply: max_reply.min(LONGEST_REPLY) },
            spill: Vec::new(),
            scratch: Scratch::new(),
        }
    }

    /// The instance's states.
    pub fn states(&self) -> &States {
        &self.states
    }

    /// The instance's states, to change.
    pub fn states_mut(&mut self) -> &mut States {
        &mut self.states
    }

    /// The reply that did not fit the window.
    pub fn spilled(&self) -> &[u8] {
        &self.spill
    }

    /// Takes the reply that did not fit the window, to be given back when it is placed.
    pub fn take_spilled(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.spill)
    }

    /// Gives the buffer back, so that the next reply need not allocate.
    pub fn give_back(&mut self, mut spill: Vec<u8>) {
        const KEPT: usize = 64 * 1024;
        spill.clear();
        spill.shrink_to(KEPT);
        self.spill = spill;
    }
}

/// A call as an engine makes it from what it cut out of guest memory: see [`Incoming::run`].
#[derive(Debug)]
pub struct Incoming<'a> {
    /// The function that is called.
    pub spec: &'static HostFnSpec,
    /// What the instance may do with it.
    pub access: &'a mut Access,
    /// The arguments; shorter than `args_len` when the range was not all inside the guest's memory.
    pub args: &'a [u8],
    /// How many bytes of arguments the guest named.
    pub args_len: u32,
    /// The reply window; empty when there is none, or when it overlaps the arguments.
    pub window: &'a mut [u8],
    /// What the instance lends.
    pub env: &'a mut Env,
}

impl Incoming<'_> {
    /// Runs the call. A panic of the host function is caught and comes back as a fault that says so;
    /// a fault's message for the guest is placed like a reply.
    ///
    /// # Errors
    /// The fault, and where its message was placed.
    #[inline]
    pub fn run(self) -> Result<Placed, Failed> {
        let Incoming { spec, access, args, args_len, window, env } = self;
        let Env { states, budget, spill, scratch } = env;
        scratch.clear();
        let mut in_flight = InFlight {
            spec,
            access,
            args,
            args_len,
            reply: Spilling::new(&mut *window, &mut *spill, budget.reply as usize),
            scratch,
            states: Some(states),
            max_args: budget.args,
        };
        let call = Call(&mut in_flight);
        match catch_unwind(AssertUnwindSafe(|| (spec.call_fn())(call))) {
            Ok(Ok(placed)) => Ok(placed),
            Ok(Err(fault)) => Err(fault.place(window, spill)),
            Err(panic) => Err(Fault::panicked(panic).place(window, spill)),
        }
    }
}

/// A call in flight, taken apart: made once, so that passing a [`Call`] on is passing a pointer.
#[derive(Debug)]
struct InFlight<'a> {
    spec: &'static HostFnSpec,
    access: &'a mut Access,
    args: &'a [u8],
    args_len: u32,
    reply: Spilling<'a>,
    scratch: &'a Scratch,
    states: Option<&'a mut States>,
    max_args: u32,
}

impl InFlight<'_> {
    /// The function's own budgets, which few functions have.
    #[inline(never)]
    fn within_own_budgets(&mut self) -> Result<(), Fault> {
        if let Some(quota) = self.spec.call_quota() {
            self.access.count(quota).map_err(|()| quota_exceeded(quota))?;
        }
        if let Some(own) = self.spec.reply_limit() {
            self.reply.lower_limit(own as usize);
        }
        match self.spec.args_limit() {
            Some(own) if self.args_len > own => Err(too_many_bytes("arguments", own)),
            _ => Ok(()),
        }
    }
}

/// One call in flight. Nothing can be done with it but [`authorize`](Call::authorize): arguments and
/// state are out of reach until then.
///
/// ```compile_fail,E0599
/// use host_core::{Call, Reply};
///
/// fn skips_the_check(mut call: Call<'_>) -> Reply {
///     let (path,) = call.args::<(&str,)>()?; // no method named `args` found for struct `Call`
///     call.reply(&std::fs::read(path).unwrap())
/// }
/// ```
#[derive(Debug)]
#[must_use = "a call is answered by authorizing it"]
pub struct Call<'a>(&'a mut InFlight<'a>);

impl<'a> Call<'a> {
    /// Checks the grant, then the quotas.
    ///
    /// # Errors
    /// `NO_CAPABILITY` when the function's capability is not granted or was revoked,
    /// `QUOTA_EXCEEDED` when the function was called too often or with too many bytes.
    #[inline]
    pub fn authorize(self) -> Result<Authorized<'a>, Fault> {
        let call = self.0;
        if !call.access.is_open() {
            return Err(refused(call.spec, call.access));
        }
        if call.args_len > call.max_args {
            return Err(too_many_bytes("arguments", call.max_args));
        }
        if call.spec.has_own_budgets() {
            call.within_own_budgets()?;
        }
        Ok(Authorized(call))
    }
}

/// A call that passed the gate: its arguments, its state and its reply.
#[derive(Debug)]
#[must_use = "an authorized call is answered by `reply` or `reply_result`"]
pub struct Authorized<'a>(&'a mut InFlight<'a>);

impl<'a> Authorized<'a> {
    /// The arguments, as a tuple with one element per wire parameter. Borrowed ones read the guest's
    /// memory in place.
    ///
    /// # Errors
    /// `BAD_INPUT` when the bytes are not those of such a tuple. `INTERNAL` when the function's
    /// capability is matched against a parameter: [`args_within`](Authorized::args_within) is the way
    /// to those arguments, so that the match cannot be forgotten.
    #[inline]
    pub fn args<T: Argument<'a>>(&mut self) -> Result<T, Fault> {
        if self.0.spec.requirement().scoped_param().is_some() {
            return Err(match_forgotten(self.0.spec));
        }
        self.decode()
    }

    /// The arguments, once the value that `pick` takes from them lies within the grant's scope.
    ///
    /// # Errors
    /// `BAD_INPUT` when the bytes are not those of such a tuple, `NO_CAPABILITY` when the value lies
    /// outside the scope or is not UTF-8.
    #[inline]
    pub fn args_within<T, V>(&mut self, pick: impl FnOnce(&T) -> &V) -> Result<T, Fault>
    where
        T: Argument<'a>,
        V: ScopeValue + ?Sized,
    {
        let args = self.decode()?;
        match (self.scope(), pick(&args).scope_value()) {
            (Some(scope), Some(value)) if scope.allows(value) => Ok(args),
            _ => Err(out_of_scope(self.0.spec)),
        }
    }

    #[inline]
    fn decode<T: Argument<'a>>(&self) -> Result<T, Fault> {
        if self.0.args.len() != self.0.args_len as usize {
            return Err(out_of_range());
        }
        codec::decode_args_with(self.0.args, self.0.scratch).map_err(|e| bad_args(self.0.spec, &e))
    }

    /// The instance's states, as a tuple of `&S` and `&mut S`.
    ///
    /// # Errors
    /// `INTERNAL` when one of them is not there, is asked for twice, or states were taken before.
    pub fn states<T: StateRefs<'a>>(&mut self) -> Result<T, Fault> {
        let states = self.0.states.take();
        T::borrow(states.ok_or_else(|| Fault::internal("a call's states were taken twice".to_owned()))?)
    }

    /// The part of the grant that the arguments were matched against; `None` for a function whose
    /// capability has no scope.
    #[inline]
    pub fn scope(&self) -> Option<&Scope> {
        self.0.access.scope()
    }

    /// Answers with `value`: encoded into the window, or beside it when it does not fit.
    ///
    /// # Errors
    /// `QUOTA_EXCEEDED` when it is larger than a reply may be, `INTERNAL` when it cannot be encoded.
    #[inline]
    pub fn reply<T: Answer + ?Sized>(self, value: &T) -> Reply {
        let InFlight { spec, reply, .. } = self.0;
        match codec::encode(value, reply) {
            Ok(()) => Ok(Placed::new(Status::OK, reply)),
            Err(error) => Err(not_encoded(spec, &error)),
        }
    }

    /// Answers with the value, or with the function's own error: its status, code, message and
    /// detail.
    ///
    /// # Errors
    /// Those of [`reply`](Authorized::reply).
    #[inline]
    pub fn reply_result<T: Answer, E: HostError>(self, result: &Result<T, E>) -> Reply {
        match result {
            Ok(value) => self.reply(value),
            Err(error) => self.reply_error(error),
        }
    }

    #[cold]
    fn reply_error<E: HostError>(self, error: &E) -> Reply {
        let status = match error.status() {
            status if status.code() < 0 => status,
            _ => Status::FAILED,
        };
        let reply =
            ErrorReply { code: error.code().to_owned(), message: error.message(), detail: error.detail() };
        Ok(place_error(status, &reply, &mut self.0.reply))
    }
}

/// A value that a capability's scope can be matched against: text and paths.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot name a path, host or name",
    label = "the capability's scope cannot be matched against this",
    note = "use `&str`, `String`, `&Path` or `PathBuf`, or implement `hostfn::ScopeValue` for your type"
)]
pub trait ScopeValue {
    /// The text to match; `None` when there is none, which is outside every scope.
    fn scope_value(&self) -> Option<&str>;
}

impl ScopeValue for str {
    fn scope_value(&self) -> Option<&str> {
        Some(self)
    }
}

impl ScopeValue for String {
    fn scope_value(&self) -> Option<&str> {
        Some(self)
    }
}

impl ScopeValue for std::path::Path {
    fn scope_value(&self) -> Option<&str> {
        self.to_str()
    }
}

impl ScopeValue for std::path::PathBuf {
    fn scope_value(&self) -> Option<&str> {
        self.to_str()
    }
}

impl<T: ScopeValue + ToOwned + ?Sized> ScopeValue for std::borrow::Cow<'_, T> {
    fn scope_value(&self) -> Option<&str> {
        self.as_ref().scope_value()
    }
}

impl<T: ScopeValue + ?Sized> ScopeValue for &T {
    fn scope_value(&self) -> Option<&str> {
        (**self).scope_value()
    }
}

impl<T: ScopeValue + ?Sized> ScopeValue for Box<T> {
    fn scope_value(&self) -> Option<&str> {
        (**self).scope_value()
    }
}

/// Where a reply was left, and with what status.
///
/// One machine word, so that it passes through a `Result` in registers: the ABI's word, with the
/// length's top bit set when the reply was spilled. No reply is as long as that bit.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Placed(u64);

/// The most bytes that a reply can have.
const LONGEST_REPLY: u32 = i32::MAX.cast_unsigned();
const SPILLED: u64 = 1 << 63;

impl Placed {
    #[inline]
    fn new(status: Status, sink: &Spilling<'_>) -> Self {
        // the sink refuses to grow beyond `LONGEST_REPLY`
        #[expect(clippy::cast_possible_truncation)]
        let len = sink.len() as u32;
        let word = Word::new(status, len).to_i64().cast_unsigned();
        Placed(if sink.has_spilled() { word | SPILLED } else { word })
    }

    const fn nothing(status: Status) -> Self {
        Placed(Word::new(status, 0).to_i64().cast_unsigned())
    }

    /// The word that a guest gets when the reply is where it is to be.
    #[inline]
    pub const fn word(self) -> Word {
        Word::from_i64((self.0 & !SPILLED).cast_signed())
    }

    /// The status.
    #[inline]
    pub const fn status(self) -> Status {
        self.word().status()
    }

    /// The reply's length in bytes.
    #[expect(clippy::len_without_is_empty, reason = "a reply of length 0 is no reply, not an empty one")]
    #[inline]
    pub const fn len(self) -> u32 {
        self.word().len()
    }

    /// Whether the reply is in [`Env::spilled`] rather than at the start of the window.
    #[inline]
    pub const fn is_spilled(self) -> bool {
        self.0 & SPILLED != 0
    }
}

impl fmt::Debug for Placed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = if self.is_spilled() { "spilled" } else { "in the window" };
        write!(f, "{} bytes {place}, {}", self.len(), self.status())
    }
}

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

#[derive(Debug)]
enum Cause {
    Guest,
    Host(String),
    Panic(String),
}

impl Fault {
    /// A fault that the guest is told about.
    #[cold]
    pub fn new(status: Status, message: impl Into<String>) -> Self {
        Fault(Box::new(FaultParts { status, message: message.into(), cause: Cause::Guest }))
    }

    /// A failure of the host. The guest gets `INTERNAL` and not a word more; `message` is for the
    /// host's observers.
    #[cold]
    pub fn internal(message: impl Into<String>) -> Self {
        let cause = Cause::Host(message.into());
        Fault(Box::new(FaultParts { status: Status::INTERNAL, message: String::new(), cause }))
    }

    #[cold]
    fn panicked(panic: Box<dyn Any + Send>) -> Self {
        let message = match panic.downcast::<String>() {
            Ok(message) => *message,
            Err(panic) => match panic.downcast::<&'static str>() {
                Ok(message) => (*message).to_owned(),
                Err(panic) => {
                    // its Drop is as much the host function's code as what panicked, so it is not run
                    std::mem::forget(panic);
                    "a panic without a message".to_owned()
                }
            },
        };
        Fault(Box::new(FaultParts {
            status: Status::INTERNAL,
            message: String::new(),
            cause: Cause::Panic(message),
        }))
    }

    /// The status that the guest gets.
    pub fn status(&self) -> Status {
        self.0.status
    }

    /// What happened, for the host: never sent to the guest when the host itself failed.
    pub fn message(&self) -> &str {
        match &self.0.cause {
            Cause::Guest => &self.0.message,
            Cause::Host(message) | Cause::Panic(message) => message,
        }
    }

    /// Whether the host function panicked.
    pub fn is_panic(&self) -> bool {
        matches!(self.0.cause, Cause::Panic(_))
    }

    #[cold]
    fn place(self, window: &mut [u8], spill: &mut Vec<u8>) -> Failed {
        let Fault(parts) = &self;
        let placed = if parts.message.is_empty() {
            Placed::nothing(parts.status)
        } else {
            let code = parts.status.name().unwrap_or("error").to_ascii_lowercase();
            let reply = ErrorReply { code, message: parts.message.clone(), detail: None };
            place_error(parts.status, &reply, &mut Spilling::new(window, spill, usize::MAX))
        };
        Failed { placed, fault: self }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.status(), self.message())
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
fn place_error(status: Status, reply: &ErrorReply, sink: &mut Spilling<'_>) -> Placed {
    sink.lower_limit(host_abi::limits::MAX_ERROR_BYTES as usize);
    match codec::encode(reply, sink) {
        Ok(()) => Placed::new(status, sink),
        Err(_) => Placed::nothing(status),
    }
}

#[cold]
fn refused(spec: &HostFnSpec, access: &Access) -> Fault {
    match spec.capability() {
        Some(capability) if !access.is_shut() => {
            Fault::new(Status::NO_CAPABILITY, format!("the capability `{capability}` is not granted"))
        }
        _ => Fault::internal("the instance takes no more calls after a panic"),
    }
}

#[cold]
fn out_of_scope(spec: &HostFnSpec) -> Fault {
    match spec.requirement() {
        crate::Requires::Scoped(capability, param) => Fault::new(
            Status::NO_CAPABILITY,
            format!("the capability `{capability}` is not granted for this `{param}`"),
        ),
        _ => Fault::internal("arguments were matched against a capability that has no scope".to_owned()),
    }
}

#[cold]
fn match_forgotten(spec: &HostFnSpec) -> Fault {
    Fault::internal(format!(
        "`{}` is scoped on a parameter: its call function must take the arguments with `args_within`",
        spec.name()
    ))
}

#[cold]
fn quota_exceeded(quota: u32) -> Fault {
    Fault::new(Status::QUOTA_EXCEEDED, format!("more than {quota} calls"))
}

#[cold]
fn too_many_bytes(what: &str, max: u32) -> Fault {
    Fault::new(Status::QUOTA_EXCEEDED, format!("more than {max} bytes of {what}"))
}

#[cold]
fn out_of_range() -> Fault {
    Fault::new(Status::BAD_INPUT, "the arguments' range is not inside the memory")
}

#[cold]
fn bad_args(spec: &HostFnSpec, error: &codec::Error) -> Fault {
    let param = error.element().and_then(|i| spec.wire_parameters().nth(i));
    let message = match param {
        Some(param) => format!("argument `{}`: {error}", param.name()),
        None => format!("arguments: {error}"),
    };
    Fault::new(Status::BAD_INPUT, message)
}

#[cold]
fn not_encoded(spec: &HostFnSpec, error: &codec::Error) -> Fault {
    if matches!(error.kind(), codec::ErrorKind::Full) {
        return Fault::new(
            Status::QUOTA_EXCEEDED,
            format!("more bytes of reply than `{}` may give", spec.name()),
        );
    }
    Fault::internal(format!("the reply cannot be encoded: {error}"))
}
