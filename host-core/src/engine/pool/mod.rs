//! Instances of one plugin that many requests share.

mod lease;
mod options;
mod queue;
mod replace;

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::Serialize;
use serde::de::DeserializeOwned;

pub use self::lease::Lease;
pub use self::options::{PoolBuilder, PoolStats};
use self::queue::{Permit, Shared};
use super::async_callee::{AsyncCallee, AsyncContract, Calling, Calls, call_on};
use super::exports::Exports;
use super::subject::Subject;
use crate::error::{Problem, Problems, Result};
use crate::policy::Grants;
use crate::spec::{Capability, ContractSpec};

/// A plugin whose instances a [`Pool`] starts. An engine implements it for what it loads.
pub trait PoolSource: Clone + Send + Sync + 'static {
    /// A running instance.
    type Guest: Exports;

    /// Returns the plugin.
    fn subject(&self) -> &Subject;

    /// Returns the contracts of the host's registry that the plugin provides.
    fn contracts(&self) -> Vec<&'static ContractSpec>;

    /// Returns a problem for each entry of a contract that the plugin does not export.
    fn missing_entries(&self, contract: &ContractSpec) -> Vec<Problem>;

    /// Starts an instance.
    fn start<'a>(&'a self, start: PoolStart<'a>) -> Starting<'a, Self::Guest>;
}

/// The future that [`PoolSource::start`] returns.
pub type Starting<'a, G> = Pin<Box<dyn Future<Output = Result<G>> + Send + 'a>>;

/// The way a pool starts an instance.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct PoolStart<'a> {
    /// The grants of the instance when it starts.
    pub grants: &'a Grants,
    /// The most that it can be granted: see [`SessionBuilder::ceiling`](super::SessionBuilder::ceiling).
    pub ceiling: &'a Grants,
    /// True if the instance can wait for async functions.
    pub waits: bool,
}

/// Instances of one plugin that many requests share. Cheap to clone; usable from any thread.
///
/// A request [leases](Pool::lease) an instance, or calls the pool, which leases one for the call. At most
/// [`size`](PoolBuilder::size) instances exist at a time. A request that finds none free waits in line: the first to
/// wait is the first to be served. An instance that ended, such as by a trap, is replaced when the next request needs it.
/// A request whose future is dropped leaves the line, or gives its instance back; one that is dropped in the middle of a
/// call ends the instance, which is replaced.
///
/// Calls run in the task of the request. The pool needs no runtime.
pub struct Pool<S: PoolSource>(Arc<Shared<S>>);

impl<S: PoolSource> Pool<S> {
    /// Begins a pool of instances that may do what `grants` say.
    pub fn builder(source: &S, grants: &Grants) -> PoolBuilder<S> {
        PoolBuilder::new(source, grants)
    }

    /// Takes an instance out of the pool until the lease is dropped. Waits for one when all are taken, and starts one
    /// when there are fewer than [`size`](PoolBuilder::size).
    ///
    /// # Errors
    /// `H0419` when none became free within [`wait`](PoolBuilder::wait), `H0411` when too many requests wait already
    /// ([`waiting`](PoolBuilder::waiting)), `H0413` when the pool was closed, and those of starting an instance.
    pub async fn lease(&self) -> Result<Lease<S>> {
        self.lease_until(Instant::now() + self.0.options.wait).await
    }

    /// As [`lease`](Pool::lease), and waits until `deadline` at most.
    ///
    /// # Errors
    /// Those of [`lease`](Pool::lease).
    pub async fn lease_until(&self, deadline: Instant) -> Result<Lease<S>> {
        Permit::wait(&self.0, deadline).await?.filled().await
    }

    /// Calls an export of an instance; `args` is a tuple with one element for each of its parameters.
    ///
    /// # Errors
    /// Those of [`lease`](Pool::lease), and of [`Callee::call_async`](super::callee::Callee::call_async).
    pub async fn call<A: Serialize, R: DeserializeOwned>(&self, export: &str, args: A) -> Result<R> {
        AsyncCallee::new(self.clone()).call(export, args).await
    }

    /// Returns the async client of a contract, each of whose calls leases an instance:
    /// `pool.contract::<GreeterClient>()?`.
    ///
    /// # Errors
    /// `H0312` for each entry that the plugin does not export, or not as a function that the host can call.
    pub fn contract<C: AsyncContract>(&self) -> Result<C::Client> {
        Problems::check(self.0.state().source.missing_entries(C::CONTRACT))?;
        Ok(C::shared(AsyncCallee::new(self.clone())))
    }

    /// Starts instances until `count` of them are ready, or the pool is full, so that the first requests need not wait
    /// for a start. Call it again to replace instances that ended.
    ///
    /// # Errors
    /// Those of starting an instance.
    pub async fn warm(&self, count: u32) -> Result<()> {
        while let Some(permit) = Permit::vacant(&self.0, count) {
            permit.filled().await?;
        }
        Ok(())
    }

    /// Returns what instances are granted now.
    pub fn grants(&self) -> Grants {
        Grants::clone(&self.0.state().grants)
    }

    /// Takes a capability back from every instance, and from those that are started later. Returns whether it was
    /// granted until now.
    pub fn revoke(&self, capability: &Capability) -> bool {
        let mut state = self.0.state();
        let granted = state.grants.allows(capability);
        let grants = Grants::clone(&state.grants).without(capability);
        state.grant(grants);
        granted
    }

    /// Grants a capability to every instance, and to those that are started later, as far as the
    /// [ceiling](PoolBuilder::ceiling) allows. Returns whether any of it is granted.
    pub fn restore(&self, capability: &Capability) -> bool {
        let mut state = self.0.state();
        let Some(scope) = state.ceiling.scope_of(capability).cloned() else { return false };
        let grants = Grants::clone(&state.grants).also(capability, Some(scope));
        state.grant(grants);
        state.grants.allows(capability)
    }

    /// Grants what `grants` grant, up to the [ceiling](PoolBuilder::ceiling), and revokes everything else: of every
    /// instance, and of those that are started later.
    pub fn set_grants(&self, grants: &Grants) {
        self.0.state().grant(grants.clone());
    }

    /// Takes no more requests, refuses those that wait (`H0413`), and closes the instances, those that are leased when
    /// they come back. Those that did not come back within `timeout` are cancelled. Returns how many those were.
    pub async fn close(&self, timeout: Duration) -> u32 {
        self.0.close(Instant::now().checked_add(timeout)).await
    }

    /// Returns figures for monitoring.
    pub fn stats(&self) -> PoolStats {
        self.0.stats()
    }

    /// The plugin that instances are started from.
    pub fn source(&self) -> S {
        self.0.state().source.clone()
    }
}

impl<S: PoolSource> Calls for Pool<S> {
    fn call<'a>(&'a self, entry: &'a str, args: Vec<u8>) -> Calling<'a> {
        Box::pin(async move {
            let mut lease = self.lease().await?;
            call_on(&mut *lease, entry, args).await
        })
    }

    fn plugin(&self) -> String {
        self.0.state().source.subject().name().to_owned()
    }
}

impl<S: PoolSource> Clone for Pool<S> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<S: PoolSource> fmt::Debug for Pool<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Pool").field(&self.stats()).finish()
    }
}
