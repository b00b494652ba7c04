//! Calls of a contract's methods on a guest that is elsewhere: behind a handle, or in a pool.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use hostfn_abi::codec::{self, Scratch};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::callee::{Callee, GuestContract, own_error};
use super::guest_call::GuestResult;
use super::session::Session;
use super::subject::Subject;
use crate::error::{Code, Problem, Result};
use crate::spec::GuestError;
use crate::state::MemoryBudget;

/// The client of a contract whose methods are all async and take `&self`: for a guest behind a
/// [handle](super::Handle) or in a pool. `#[guest_contract]` on a trait `Greeter` writes `GreeterAsyncClient`.
///
/// ```
/// use hostfn_core::engine::AsyncContract;
/// use hostfn_core::{AsyncCallee, Callee, ContractSpec, GuestContract, MethodSpec, Result, passed, reply_shape};
///
/// struct Greeter<'i>(Callee<'i>);
///
/// impl<'i> GuestContract<'i> for Greeter<'i> {
///     const CONTRACT: &'static ContractSpec = &ContractSpec::new("greeter.v1")
///         .with_methods(&[MethodSpec::new("greet", "greeter_v1_greet").with_params(&[passed!("name", &str)]).with_reply(reply_shape!(String))]);
///
///     fn over(callee: Callee<'i>) -> Self {
///         Greeter(callee)
///     }
/// }
///
/// struct AsyncGreeter(AsyncCallee);
///
/// impl AsyncContract for Greeter<'static> {
///     type Client = AsyncGreeter;
///
///     fn shared(callee: AsyncCallee) -> AsyncGreeter {
///         AsyncGreeter(callee)
///     }
/// }
///
/// impl AsyncGreeter {
///     async fn greet(&self, name: &str) -> Result<String> {
///         self.0.call("greeter_v1_greet", (name,)).await
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no async client",
    label = "this calls no guest behind a handle",
    note = "`#[guest_contract]` on a trait `Greeter` makes `GreeterClient`, which has one"
)]
pub trait AsyncContract: GuestContract<'static> {
    /// The async client.
    type Client;

    /// Creates the client over a guest. [`Handle::contract`](super::Handle::contract) checks that the guest has the
    /// entries.
    fn shared(callee: AsyncCallee) -> Self::Client;
}

/// A guest elsewhere, as the async client of a contract calls it. Cheap to clone.
#[derive(Clone)]
pub struct AsyncCallee(Arc<dyn Calls>);

/// The channel for calls of an [`AsyncCallee`].
pub(super) trait Calls: Send + Sync {
    /// Calls an export, when it is the call's turn.
    fn call<'a>(&'a self, entry: &'a str, args: Vec<u8>) -> Calling<'a>;

    fn plugin(&self) -> String;
}

pub(super) type Calling<'a> = Pin<Box<dyn Future<Output = Result<Returned>> + Send + 'a>>;

/// The result of an export, on its way to the caller.
pub(super) struct Returned {
    result: GuestResult,
    memory: MemoryBudget,
    subject: Subject,
}

impl Returned {
    pub(super) fn new(session: &Session, result: GuestResult) -> Self {
        Self { result, memory: session.memory().clone(), subject: session.subject().clone() }
    }

    /// Decodes the result. The bytes, and what the value takes up while it is decoded, count against the instance.
    pub(super) fn decode<R: DeserializeOwned>(self, export: &str) -> Result<R> {
        let scratch = Scratch::within(self.memory.clone());
        codec::decode_with(self.result.bytes(), &scratch)
            .map_err(|error| self.subject.bad_value::<R>(export, error))
    }
}

impl AsyncCallee {
    pub(super) fn new(calls: impl Calls + 'static) -> Self {
        Self(Arc::new(calls))
    }

    /// Calls an export; `args` is a tuple with one element for each of its parameters. They are encoded before the call
    /// waits for its turn.
    ///
    /// # Errors
    /// Those of [`Callee::call_async`], and those of waiting for a turn: see [`Handle::call`](super::Handle::call).
    pub fn call<'a, A: Serialize, R: DeserializeOwned>(
        &'a self,
        entry: &'a str,
        args: A,
    ) -> impl Future<Output = Result<R>> + Send + use<'a, A, R> {
        let args = codec::to_vec(&args).map_err(|error| {
            let (what, help) = (
                format!("the arguments could not be passed: {error}"),
                "pass a tuple of values that serde can encode",
            );
            Problem::new(
                Code::BadArguments,
                format!("plugin `{}`, export `{entry}`", self.0.plugin()),
                what,
                help,
            )
        });
        let calls = &*self.0;
        async move { calls.call(entry, args?).await?.decode(entry) }
    }

    /// Calls an export that has errors of its own: those are the inner result, everything else that goes wrong is the
    /// outer one.
    ///
    /// # Errors
    /// Those of [`call`](AsyncCallee::call), but for the guest's errors that are an `E`.
    pub async fn call_result<A, T, E>(&self, entry: &str, args: A) -> Result<Result<T, E>>
    where
        A: Serialize,
        T: DeserializeOwned,
        E: GuestError,
    {
        own_error(self.call(entry, args).await)
    }
}

impl fmt::Debug for AsyncCallee {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AsyncCallee").field(&self.0.plugin()).finish()
    }
}

/// Runs a call on a guest.
pub(super) async fn call_on(guest: &mut dyn super::Exports, entry: &str, args: Vec<u8>) -> Result<Returned> {
    let result = Callee::new(guest).call_bytes_async(entry, args).await?;
    Ok(Returned::new(guest.session(), result))
}
