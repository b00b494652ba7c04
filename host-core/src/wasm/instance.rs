//! One running guest.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;
use wasmtime::Store;

use super::enter::{Entry, Target};
use super::export::Export;
use super::guest::Guest;
use crate::engine::callee::GuestContract;
use crate::engine::{Exports, GuestResult, Handle, InstanceDriver, LiveGrants, Returning, Session};
use crate::error::Result;
use crate::policy::Limits;
use crate::state::CancelToken;

/// A handle on an instance that one owner runs: see [`Instance::into_handle`].
pub type InstanceHandle = Handle<Instance>;

/// One running guest with a memory, states and grants of its own. It takes one call at a time.
///
/// Its end is orderly, whether by [`close`](Instance::close) or because it is dropped: states are closed in
/// the reverse order of their initialisers.
///
/// A call that cuts the guest off, such as a trap or a timeout, ends it too, unless the host was built with
/// [`CutOff::Keep`](crate::CutOff): [`Error::ends_instance`](crate::Error::ends_instance) has a table.
pub struct Instance {
    pub(super) store: Store<Guest>,
    pub(super) exports: wasmtime::Instance,
    /// Exports that were called or asked for, each with its name.
    pub(super) entries: Vec<(Arc<str>, Entry)>,
    /// The arguments of a call, in a buffer that is used again.
    pub(super) args: Vec<u8>,
    /// Made by `instantiate_async`: it runs on a stack of its own, which is left while it waits.
    pub(super) waits: bool,
}

impl Instance {
    pub(super) fn new(store: Store<Guest>, exports: wasmtime::Instance, waits: bool) -> Self {
        Self { store, exports, entries: Vec::new(), args: Vec::new(), waits }
    }

    /// Calls an export of the guest: section 7 of the ABI. `args` is a tuple with one element for each
    /// of its parameters.
    ///
    /// # Errors
    /// `H0403` when there is no such export, `H0404` ([`Error::Guest`](crate::Error::Guest)) when the guest answers with an
    /// error, `H0405` and `H0406` when it traps or runs out of time, `H0407` when its result breaks
    /// the ABI or is not an `R`, `H0408` when a host function panicked in an earlier call, `H0418` when the guest was
    /// cut off in an earlier call, `H0409`
    /// when the arguments find no room, `H0411` ([`Error::Exhausted`](crate::Error::Exhausted)) when it uses up what it may, `H0412`
    /// when its end is asked for meanwhile, `H0413` when it has ended, `H0414` for an instance that was made
    /// by [`instantiate_async`](crate::Plugin::instantiate_async).
    pub fn call<A: Serialize, R: DeserializeOwned>(&mut self, export: &str, args: A) -> Result<R> {
        self.call_at(Target::Name(export), &args)
    }

    /// As [`call`](Instance::call), of an instance that was made by
    /// [`instantiate_async`](crate::Plugin::instantiate_async): while it waits for an async host function,
    /// and about every 10 ms while it runs, others on the executor make progress.
    ///
    /// Dropping the future cancels the call and leaves the instance closed: it had come no one knows how far.
    ///
    /// # Errors
    /// Those of [`call`](Instance::call); `H0414` for an instance that cannot wait.
    pub fn call_async<A: Serialize, R: DeserializeOwned>(
        &mut self,
        export: &str,
        args: A,
    ) -> impl Future<Output = Result<R>> + Send {
        self.call_async_at(Target::Name(export), args)
    }

    /// Finds an export once, for calls that do not search for it.
    ///
    /// ```
    /// # use hostfn_core::{Grants, Host, Registry};
    /// # fn run(wasm: &[u8]) -> hostfn_core::Result<()> {
    /// let plugin = Host::builder(Registry::builder().build()?).build()?.load("clock", wasm)?;
    /// let mut instance = plugin.instantiate(&Grants::none())?;
    /// let tick = instance.export("tick")?;
    /// for _ in 0..3 {
    ///     tick.call::<_, ()>(&mut instance, ())?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// `H0403` when there is no such export.
    pub fn export(&mut self, name: &str) -> Result<Export> {
        let at = self.entry(Target::Name(name))?;
        Ok(Export { instance: self.id(), at, name: Arc::clone(&self.entries[at].0) })
    }

    /// The client of a contract, once it is sure that the plugin has all of its entries:
    /// `instance.contract::<GreeterClient>()?`.
    ///
    /// # Errors
    /// `H0312` for each entry that the plugin does not export, or not as a function of the ABI's type.
    pub fn contract<'i, C: GuestContract<'i>>(&'i mut self) -> Result<C> {
        Exports::contract(self)
    }

    /// Hands the instance to an owner, and returns a handle for everyone else.
    pub fn into_handle(self) -> (InstanceHandle, InstanceDriver) {
        Handle::new(self)
    }

    /// The plugin's name.
    pub fn plugin(&self) -> &str {
        self.session().subject().name()
    }

    /// Its number, which no other instance of the process has.
    pub fn id(&self) -> u64 {
        self.session().number()
    }

    /// A handle on its grants, by which they can be revoked while it runs, from any thread.
    pub fn grants(&self) -> LiveGrants {
        self.session().grants()
    }

    /// Returns what it may use up.
    pub fn limits(&self) -> &Limits {
        self.session().limits()
    }

    /// Its end: cancelled from any thread, it stops a running call within about 10 ms and refuses all that
    /// come after. States are closed by [`close`](Instance::close), or when the instance is dropped.
    pub fn lifetime(&self) -> &CancelToken {
        self.session().lifetime()
    }

    /// Returns whether it was made by [`instantiate_async`](crate::Plugin::instantiate_async), and is called by
    /// [`call_async`](Instance::call_async).
    pub fn is_async(&self) -> bool {
        self.waits
    }

    /// Its state of type `S`.
    pub fn state<S: 'static>(&self) -> Option<&S> {
        self.session().state()
    }

    /// Its state of type `S`, to change.
    pub fn state_mut<S: 'static>(&mut self) -> Option<&mut S> {
        self.session_mut().state_mut()
    }

    /// Returns why it takes no more calls, if that is because of an earlier one: the function and message of a host
    /// function's panic, or the export that was cut off.
    pub fn poison(&self) -> Option<&str> {
        self.session().poisoned()
    }

    /// Returns whether it takes calls: it was not closed or cancelled, no host function panicked, and the guest was not cut
    /// off. [`Error::ends_instance`](crate::Error::ends_instance) has the state after each way in which a call can end.
    pub fn is_usable(&self) -> bool {
        self.session().is_usable()
    }

    /// Ends it: no call is taken any more, and its states are closed, the last one first. Closing it again
    /// does nothing.
    ///
    /// # Errors
    /// An `H0415` for each state whose closer failed; the others are closed all the same.
    pub fn close(&mut self) -> Result<()> {
        self.session_mut().close()
    }
}

impl Exports for Instance {
    fn session(&self) -> &Session {
        &self.store.data().session
    }

    fn session_mut(&mut self) -> &mut Session {
        &mut self.store.data_mut().session
    }

    fn has(&mut self, entry: &str) -> Option<bool> {
        let found = self.exports.get_export(&mut self.store, entry)?;
        Some(found.into_func().is_some_and(|func| func.typed::<(u32, u32), i64>(&self.store).is_ok()))
    }

    fn is_async(&self) -> bool {
        self.waits
    }

    fn call_bytes(&mut self, export: &str, args: Vec<u8>) -> Result<GuestResult> {
        self.refuse_unless(false, export)?;
        self.calling(Target::Name(export), &args, Session::result)
    }

    fn call_bytes_async<'a>(&'a mut self, export: &'a str, args: Vec<u8>) -> Returning<'a> {
        Box::pin(async move {
            self.refuse_unless(true, export)?;
            self.calling_async(Target::Name(export), args, Session::result).await
        })
    }
}

impl fmt::Debug for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Instance")
            .field("plugin", &self.plugin())
            .field("grants", &self.grants())
            .finish_non_exhaustive()
    }
}
