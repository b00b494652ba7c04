//! Calls of a contract's methods.

#[cfg(not(feature = "wasm"))]
use std::convert::Infallible;
use std::marker::PhantomData;
use std::ops::Deref;

use hostfn_abi::{ErrorReply, Status};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{Error, Result};
use crate::spec::HostError;
#[cfg(feature = "wasm")]
use crate::wasm::Instance;

/// A type that a host can pass to a guest: any `T: Serialize`, borrowed ones included.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be passed to a guest",
    label = "this does not cross the wire",
    note = "derive `serde::Serialize` for it"
)]
pub trait HostArg: Serialize {}
#[diagnostic::do_not_recommend]
impl<T: Serialize + ?Sized> HostArg for T {}

/// A type that a guest can reply: any `T: DeserializeOwned`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the reply of a guest",
    label = "this does not cross the wire",
    note = "derive `serde::Deserialize` for it",
    note = "a reply is owned, because the guest's memory is the guest's again when the call is over"
)]
pub trait GuestReply: DeserializeOwned {}
#[diagnostic::do_not_recommend]
impl<T: DeserializeOwned> GuestReply for T {}

/// The own error of a contract's method: the `E` of `Result<T, E>`, made of what the guest answered.
///
/// ```
/// use hostfn_core::{ErrorReply, GuestError, HostError, Status};
///
/// #[derive(Debug, thiserror::Error)]
/// #[error("the guest knows nobody of that name")]
/// struct Unknown;
///
/// impl HostError for Unknown {
///     fn code(&self) -> &str {
///         "unknown"
///     }
/// }
///
/// impl GuestError for Unknown {
///     fn from_guest(_: Status, reply: Option<&ErrorReply>) -> Option<Self> {
///         reply.filter(|reply| reply.code == "unknown").map(|_| Unknown)
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the error of a contract's method",
    label = "this is not a `GuestError`",
    note = "implement `hostfn::contract::GuestError` for it, which makes it of the status and error reply that a guest answers"
)]
pub trait GuestError: HostError + Sized {
    /// The error that the guest answered; `None` when it is none of this type's, and so
    /// [`Error::Guest`].
    fn from_guest(status: Status, reply: Option<&ErrorReply>) -> Option<Self>;
}

/// A running guest, borrowed by the client of a contract.
#[derive(Debug)]
pub struct Callee<'i> {
    #[cfg(feature = "wasm")]
    instance: &'i mut Instance,
    #[cfg(not(feature = "wasm"))]
    nobody: (Infallible, PhantomData<&'i mut ()>),
}

#[cfg(feature = "wasm")]
impl<'i> Callee<'i> {
    pub(crate) fn new(instance: &'i mut Instance) -> Self {
        Callee { instance }
    }

    /// Calls an export; `args` is a tuple with one element for each of its parameters.
    ///
    /// # Errors
    /// Those of [`Instance::call`].
    pub fn call<A: Serialize, R: DeserializeOwned>(&mut self, entry: &str, args: A) -> Result<R> {
        self.instance.call(entry, args)
    }

    /// Calls an export, and waits for it where the instance can wait; otherwise the call is over at the first
    /// poll.
    ///
    /// # Errors
    /// Those of [`Instance::call_async`], but for `H0414`.
    pub async fn call_async<A: Serialize, R: DeserializeOwned>(&mut self, entry: &str, args: A) -> Result<R> {
        if self.instance.is_async() {
            self.instance.call_async(entry, args).await
        } else {
            self.instance.call(entry, args)
        }
    }
}

#[cfg(not(feature = "wasm"))]
impl Callee<'_> {
    /// Calls an export; `args` is a tuple with one element for each of its parameters.
    ///
    /// # Errors
    /// Those of the engine.
    pub fn call<A: Serialize, R: DeserializeOwned>(&mut self, _entry: &str, _args: A) -> Result<R> {
        match self.nobody.0 {}
    }

    /// Calls an export, and waits for it.
    ///
    /// # Errors
    /// Those of the engine.
    #[expect(clippy::unused_async, reason = "nobody can be waited for")]
    pub async fn call_async<A: Serialize, R: DeserializeOwned>(
        &mut self,
        _entry: &str,
        _args: A,
    ) -> Result<R> {
        match self.nobody.0 {}
    }
}

impl Callee<'_> {
    /// Calls an export that has errors of its own: those are the inner result, everything else that goes
    /// wrong is the outer one.
    ///
    /// # Errors
    /// Those of [`call`](Callee::call), but for the guest's errors that are an `E`.
    pub fn call_result<A, T, E>(&mut self, entry: &str, args: A) -> Result<Result<T, E>>
    where
        A: Serialize,
        T: DeserializeOwned,
        E: GuestError,
    {
        own_error(self.call(entry, args))
    }

    /// Calls an export that has errors of its own, and waits for it.
    ///
    /// # Errors
    /// Those of [`call_result`](Callee::call_result).
    pub async fn call_result_async<A, T, E>(&mut self, entry: &str, args: A) -> Result<Result<T, E>>
    where
        A: Serialize,
        T: DeserializeOwned,
        E: GuestError,
    {
        own_error(self.call_async(entry, args).await)
    }
}

fn own_error<T, E: GuestError>(answer: Result<T>) -> Result<Result<T, E>> {
    if let Err(Error::Guest { status, reply, .. }) = &answer
        && let Some(own) = E::from_guest(*status, reply.as_deref())
    {
        return Ok(Err(own));
    }
    answer.map(Ok)
}

/// The reply type of a method, when it is not known to who writes the call: for a `Result` the method is
/// called with [`Callee::call_result`], for anything else with [`Callee::call`].
///
/// Which of the two it is, is decided by the type, a `Result` behind an alias included; no trait can
/// decide it, because `Result` is itself `Deserialize`. Where you know the type, call the method.
#[derive(Debug)]
pub struct GuestReplyProbe<T>(PlainGuestReply<T>);

/// A reply type that is no `Result`: what [`GuestReplyProbe`] falls back to.
#[derive(Debug)]
pub struct PlainGuestReply<T>(PhantomData<fn() -> T>);

impl<T> GuestReplyProbe<T> {
    /// The reply type `T`.
    #[expect(clippy::new_without_default, reason = "a type that is expected is named")]
    pub const fn new() -> Self {
        Self(PlainGuestReply(PhantomData))
    }
}

impl<T, E> GuestReplyProbe<Result<T, E>> {
    /// Calls an export that has errors of its own.
    ///
    /// # Errors
    /// Those of [`Callee::call_result`].
    pub fn call<A: Serialize>(&self, callee: &mut Callee<'_>, entry: &str, args: A) -> Result<Result<T, E>>
    where
        T: GuestReply,
        E: GuestError,
    {
        callee.call_result(entry, args)
    }

    /// Calls an export that has errors of its own, and waits for it.
    ///
    /// # Errors
    /// Those of [`Callee::call_result`].
    pub async fn call_async<A: Serialize>(
        &self,
        callee: &mut Callee<'_>,
        entry: &str,
        args: A,
    ) -> Result<Result<T, E>>
    where
        T: GuestReply,
        E: GuestError,
    {
        callee.call_result_async(entry, args).await
    }
}

impl<T> Deref for GuestReplyProbe<T> {
    type Target = PlainGuestReply<T>;

    fn deref(&self) -> &PlainGuestReply<T> {
        &self.0
    }
}

impl<T> PlainGuestReply<T> {
    /// Calls an export.
    ///
    /// # Errors
    /// Those of [`Callee::call`].
    pub fn call<A: Serialize>(&self, callee: &mut Callee<'_>, entry: &str, args: A) -> Result<T>
    where
        T: GuestReply,
    {
        callee.call(entry, args)
    }

    /// Calls an export, and waits for it.
    ///
    /// # Errors
    /// Those of [`Callee::call`].
    pub async fn call_async<A: Serialize>(&self, callee: &mut Callee<'_>, entry: &str, args: A) -> Result<T>
    where
        T: GuestReply,
    {
        callee.call_async(entry, args).await
    }
}
