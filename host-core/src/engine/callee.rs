//! Calls of a contract's methods.

use std::marker::PhantomData;
use std::ops::Deref;

use hostfn_abi::codec;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::async_callee::AsyncCallee;
use super::exports::Exports;
use super::guest_call::GuestResult;
use crate::error::{Error, Result};
use crate::spec::{ContractSpec, GuestError, GuestReply};

/// A running guest, borrowed by the client of a contract.
pub struct Callee<'i>(&'i mut dyn Exports);

impl<'i> Callee<'i> {
    /// Borrows a guest. The client of a contract comes from [`Exports::contract`], which checks its entries.
    pub fn new(guest: &'i mut dyn Exports) -> Self {
        Callee(guest)
    }

    /// Calls an export; `args` is a tuple with one element for each of its parameters.
    ///
    /// # Errors
    /// Those of [`Exports::call_bytes`]; `H0409` when the arguments cannot be encoded, `H0407` when the result is not an
    /// `R`.
    pub fn call<A: Serialize, R: DeserializeOwned>(&mut self, entry: &str, args: A) -> Result<R> {
        let args = self.encoded(entry, args)?;
        let result = self.0.call_bytes(entry, args)?;
        self.decoded(entry, &result)
    }

    /// Calls an export, and waits for it where the guest can wait; otherwise the call is over at the first poll.
    ///
    /// # Errors
    /// Those of [`call`](Callee::call).
    pub async fn call_async<A: Serialize, R: DeserializeOwned>(&mut self, entry: &str, args: A) -> Result<R> {
        let args = self.encoded(entry, args)?;
        let result = self.call_bytes_async(entry, args).await?;
        self.decoded(entry, &result)
    }

    /// Calls an export either way, whatever it returns.
    pub(super) async fn call_discarding<A: Serialize>(&mut self, entry: &str, args: A) -> Result<()> {
        let args = self.encoded(entry, args)?;
        self.call_bytes_async(entry, args).await.map(drop)
    }

    pub(super) async fn call_bytes_async(&mut self, entry: &str, args: Vec<u8>) -> Result<GuestResult> {
        if self.0.is_async() {
            self.0.call_bytes_async(entry, args).await
        } else {
            self.0.call_bytes(entry, args)
        }
    }

    // by value, so that a future does not hold what need not be `Send`
    fn encoded(&self, entry: &str, args: impl Serialize) -> Result<Vec<u8>> {
        codec::to_vec(&args).map_err(|error| self.0.session().bad_args(entry, &error.to_string()))
    }

    fn decoded<R: DeserializeOwned>(&mut self, entry: &str, result: &GuestResult) -> Result<R> {
        self.0.session_mut().decode(entry, result)
    }
}

/// A typed client of a contract, which `#[guest_contract]` makes beside a trait.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no client of a contract",
    label = "this calls no guest",
    note = "`#[guest_contract]` on a trait `Greeter` makes the client `GreeterClient`"
)]
pub trait GuestContract<'i> {
    /// The contract's description.
    const CONTRACT: &'static ContractSpec;

    /// Creates the client of one running guest. [`Exports::contract`] checks that the guest has the entries.
    fn over(callee: Callee<'i>) -> Self;
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

pub(super) fn own_error<T, E: GuestError>(answer: Result<T>) -> Result<Result<T, E>> {
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

/// A reply type that is not a `Result`: what [`GuestReplyProbe`] falls back to.
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

    /// Calls an export that has errors of its own, of a guest elsewhere.
    ///
    /// # Errors
    /// Those of [`AsyncCallee::call_result`].
    pub async fn call_shared<A: Serialize>(
        &self,
        callee: &AsyncCallee,
        entry: &str,
        args: A,
    ) -> Result<Result<T, E>>
    where
        T: GuestReply,
        E: GuestError,
    {
        callee.call_result(entry, args).await
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

    /// Calls an export of a guest elsewhere.
    ///
    /// # Errors
    /// Those of [`AsyncCallee::call`].
    pub async fn call_shared<A: Serialize>(&self, callee: &AsyncCallee, entry: &str, args: A) -> Result<T>
    where
        T: GuestReply,
    {
        callee.call(entry, args).await
    }
}

impl std::fmt::Debug for Callee<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Callee").field(self.0.session()).finish()
    }
}
