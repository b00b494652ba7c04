//! One call in flight: authorize, decode, run, encode, place.

mod async_reply;
mod caller;
mod env;
mod failure;
mod refusals;
mod reply_slot;
mod return_probe;
mod spill;

use hostfn_abi::codec;

pub use self::async_reply::{AsyncCallFn, AsyncOutcome, AsyncReply, CallFuture};
pub use self::caller::Caller;
pub(crate) use self::env::{Env, Incoming};
use self::env::{Kept, Lent};
pub(crate) use self::failure::CallFailure;
use self::failure::place_error;
use self::refusals::{
    match_forgotten, no_grant, not_decoded, out_of_range, out_of_scope, quota_exceeded, refused,
    states_taken, too_many_bytes,
};
pub use self::reply_slot::ReplySlot;
pub use self::return_probe::{PlainReturn, ReturnProbe};
pub use self::spill::Spill;
use crate::observe::{Fault, own_error};
use crate::policy::{Access, Scope};
use crate::spec::{FnMetadata, GuestArg, HostError, IntoReply};
use crate::state::{ScopeText, ScopeValue, StateRefs, States};

/// The code of a host function: a plain function, or a closure that captures
/// nothing.
pub type CallFn = for<'a> fn(Call<'a>) -> Reply;

/// The result of a call function: the place of its reply, or the reason for its absence. Only an
/// [`Authorized`] call can create a [`ReplySlot`], so a call function cannot reply unchecked.
pub type Reply = Result<ReplySlot, Fault>;

/// A call in flight, taken apart: made once, so that passing a [`Call`] on is passing a pointer.
#[derive(Debug)]
struct InFlight<'a> {
    spec: &'static FnMetadata,
    access: &'a mut Access,
    args: &'a [u8],
    args_len: u32,
    mode: Mode,
    window: &'a mut [u8],
    lent: &'a Lent,
    kept: &'a mut Kept,
    states: Option<&'a mut States>,
}

/// The next step of a call whose arguments are decoded: one look at it serves a real call and a scripted one.
#[derive(Clone, Copy, Debug)]
enum Mode {
    /// The function runs.
    Run,
    /// The guest named a range that is not all inside its memory.
    OutOfRange,
    /// The call was to be checked and no more: something else answers it.
    Check,
}

impl Mode {
    #[inline]
    fn may_run(self) -> Result<(), Fault> {
        match self {
            Mode::Run => Ok(()),
            Mode::OutOfRange => Err(out_of_range()),
            Mode::Check => Err(Fault::checked()),
        }
    }
}

impl InFlight<'_> {
    /// Looks at the gate, which has changed or is closed.
    #[cold]
    fn look_again(&mut self) -> Result<(), Fault> {
        if self.access.look_again() { Ok(()) } else { Err(refused(self.spec, self.access)) }
    }

    /// Counts the call and its bytes.
    #[inline]
    fn within_budgets(&mut self) -> Result<(), Fault> {
        self.access.count().map_err(quota_exceeded)?;
        let max = self.lent.budget.args;
        let max = self.spec.max_args().map_or(max, |own| own.min(max));
        if self.args_len > max { Err(too_many_bytes("arguments", max)) } else { Ok(()) }
    }
}

/// One call in flight. Nothing can be done with it but [`authorize`](Call::authorize): arguments and
/// state are out of reach until then.
///
/// ```compile_fail,E0599
/// use hostfn_core::{Call, Reply};
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
        if !call.access.is_open_as_before() {
            call.look_again()?;
        }
        call.within_budgets()?;
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
    pub fn args<T: GuestArg<'a>>(&mut self) -> Result<T, Fault> {
        if self.0.spec.requirement().scoped_param().is_some() {
            return Err(match_forgotten(self.0.spec));
        }
        let args = self.decode()?;
        self.0.mode.may_run()?;
        Ok(args)
    }

    /// The arguments, once the value that `pick` takes from them lies within the grant's scope.
    ///
    /// # Errors
    /// `BAD_INPUT` when the bytes are not those of such a tuple, `NO_CAPABILITY` when the value lies
    /// outside the scope or is not UTF-8, `NOT_FOUND` when it is a handle that is not there, `INTERNAL` when the
    /// states were taken before.
    #[inline]
    pub fn args_within<T, V>(&mut self, pick: impl FnOnce(&T) -> &V) -> Result<T, Fault>
    where
        T: GuestArg<'a>,
        V: ScopeValue + ?Sized,
    {
        let args = self.decode()?;
        let Some(states) = self.0.states.as_deref() else { return Err(states_taken()) };
        let value = pick(&args).scope_text(states)?;
        match (self.0.access.scope(), value.as_str()) {
            (Some(scope), Some(text)) if scope.allows(text) => self.0.kept.record.matched(text),
            (Some(_), None) if matches!(value, ScopeText::Private) => {}
            _ => return Err(out_of_scope(self.0.spec, &value)),
        }
        drop(value);
        self.0.mode.may_run()?;
        Ok(args)
    }

    #[inline]
    fn decode<T: GuestArg<'a>>(&self) -> Result<T, Fault> {
        codec::decode_args_with(self.0.args, &self.0.lent.scratch).map_err(|e| not_decoded(self.0, &e))
    }

    /// The instance's states, as a tuple of `&S` and `&mut S`.
    ///
    /// # Errors
    /// `INTERNAL` when one of them is not there, is asked for twice, or states were taken before.
    #[inline]
    pub fn states<T: StateRefs<'a>>(&mut self) -> Result<T, Fault> {
        let at = self.0.access.states();
        match self.0.states.take() {
            Some(states) => T::borrow(states, at),
            None => Err(states_taken()),
        }
    }

    /// The caller of a host function.
    #[inline]
    pub fn caller(&self) -> &'a Caller {
        &self.0.lent.caller
    }

    /// The grant that the arguments were matched against: [`scope`](Authorized::scope), for a function
    /// that has one.
    ///
    /// # Errors
    /// `INTERNAL` for a function whose capability has no scope.
    pub fn grant(&self) -> Result<&Scope, Fault> {
        self.scope().ok_or_else(|| no_grant(self.0.spec))
    }

    /// The part of the grant that the arguments were matched against; `None` for a function whose
    /// capability has no scope.
    #[inline]
    pub fn scope(&self) -> Option<&Scope> {
        self.0.access.scope()
    }

    /// Answers later, when `future` is ready: `finish` then makes the reply of what it gave.
    ///
    /// The future is `'static`: nothing of the guest's memory, of the engine, or of the instance's own
    /// states can be in it, because all of these may move or be gone while it waits.
    ///
    /// ```
    /// use hostfn_core::{HostFnSpec, Param, reply_shape};
    ///
    /// async fn double(n: u64) -> u64 {
    ///     n.wrapping_mul(2)
    /// }
    ///
    /// static SPEC: HostFnSpec = HostFnSpec::new_async("host", "double", |call| {
    ///     let mut call = call.authorize()?;
    ///     let (n,) = call.args::<(u64,)>()?;
    ///     Ok(call.wait(double(n), |value, later| later.reply(&value)))
    /// })
    /// .always_available()
    /// .with_params(&[Param::new::<u64>("n")])
    /// .with_reply(reply_shape!(u64));
    /// ```
    pub fn wait<F>(self, future: F, finish: fn(F::Output, AsyncReply) -> AsyncOutcome) -> CallFuture
    where
        F: Future + Send + 'static,
    {
        let InFlight { spec, lent: Lent { budget, scratch, memory, .. }, .. } = self.0;
        let limit = budget.reply(spec);
        // the future owns the arguments now
        let held = memory.hold(scratch.hand_over());
        CallFuture::new(future, finish, AsyncReply::new(limit, memory.clone()), held)
    }

    /// Answers with `value`: encoded into the window, or beside it when it does not fit.
    ///
    /// # Errors
    /// `QUOTA_EXCEEDED` when it is larger than a reply may be, `INTERNAL` when it cannot be encoded.
    #[inline]
    pub fn reply<T: IntoReply + ?Sized>(self, value: &T) -> Reply {
        let InFlight { spec, window, lent, kept, .. } = self.0;
        kept.spill.encode(window, lent.budget.reply(spec), value)
    }

    /// Answers with the value, or with the function's own error: its status, code, message and
    /// detail.
    ///
    /// # Errors
    /// Those of [`reply`](Authorized::reply), and the function's own where it is a denial, by its status
    /// `NO_CAPABILITY` or its [`scope_value`](HostError::scope_value): it is recorded as one,
    /// [`Decision::Refused`](crate::Decision::Refused).
    #[inline]
    pub fn reply_result<T: IntoReply, E: HostError>(self, result: &Result<T, E>) -> Reply {
        match result {
            Ok(value) => self.reply(value),
            Err(error) => self.reply_error(error),
        }
    }

    #[cold]
    fn reply_error<E: HostError>(self, error: &E) -> Reply {
        let (status, reply) = own_error(error)?;
        let InFlight { window, lent, kept, .. } = self.0;
        let mut sink = kept.spill.beside(window, lent.budget.error_reply());
        Ok(place_error(status, &reply, &mut sink))
    }
}
