//! Tools for tests of hosts and plugins.

mod builder;
mod call;
mod listing;
mod log;
mod script;

use std::any::Any;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hostfn_abi::{ErrorReply, LogLevel, Status, Value, codec};
use serde::Serialize;
use serde::de::DeserializeOwned;

pub use self::builder::MockHostBuilder;
use self::call::Inner;
pub use self::listing::{assert_listing, assert_listing_of};
pub use self::log::MockLog;
pub use self::script::MockError;
use self::script::Script;
use crate::error::Result;
use crate::observe::Decision;
use crate::registry::Registry;
use crate::spec::{Capability, HostError};

/// A host for unit tests of plugins. It has the functions of a real host's registry, and a call of one passes what it
/// would pass there: the grant, the quota, the arguments' types, their scope, the limits of a reply. Then the function
/// itself runs, or what the test has scripted in its place. It is recorded what was called and how it ended.
///
/// ```
/// use hostfn_core::testing::MockHost;
/// use hostfn_core::{Capability, HostError, HostFnSpec, Param, Registry, ScopeKind, Status, reply_shape};
///
/// #[derive(Debug, thiserror::Error)]
/// #[error("there is no such file")]
/// struct NoSuchFile;
///
/// impl HostError for NoSuchFile {
///     fn status(&self) -> Status {
///         Status::NOT_FOUND
///     }
///     fn code(&self) -> &str {
///         "no_such_file"
///     }
/// }
///
/// static FS_READ: Capability = Capability::new("fs.read", "Read files.").scoped(ScopeKind::Path);
/// static SIZE: HostFnSpec = HostFnSpec::new("host", "fs_size", |call| {
///     let (path,) = call.authorize()?.args_within::<(&str,), _>(|(path,)| path)?;
///     unreachable!("a test reads no file, and {path} neither")
/// })
/// .requires_on(&FS_READ, "path")
/// .with_params(&[Param::new::<&str>("path")])
/// .with_reply(reply_shape!(Result<u64, NoSuchFile>));
///
/// let host = MockHost::new(Registry::builder().add(&SIZE).build()?)?;
/// host.answers("host", "fs_size", |(path,): (String,)| path.len() as u64);
/// assert_eq!(host.call("host", "fs_size", ("/a.txt",)), Ok(6_u64));
///
/// host.fails("host", "fs_size", NoSuchFile);
/// assert_eq!(host.call::<_, u64>("host", "fs_size", ("/a.txt",)).unwrap_err().status, Status::NOT_FOUND);
///
/// host.deny(&FS_READ);
/// assert_eq!(host.call::<_, u64>("host", "fs_size", ("/a.txt",)).unwrap_err().status, Status::NO_CAPABILITY);
///
/// let statuses: Vec<Status> = host.calls().iter().map(|call| call.status).collect();
/// assert_eq!(statuses, [Status::OK, Status::NOT_FOUND, Status::NO_CAPABILITY]);
/// # Ok::<(), hostfn_core::Error>(())
/// ```
///
/// A clone is another handle on the same host. With `hostfn-guest`, the plugin's own code runs against it in a plain
/// unit test: `hostfn_guest::native::with_host(move |module, name, args| host.call_bytes(module, name, args), || ...)`.
#[derive(Clone)]
pub struct MockHost(Arc<Mutex<Inner>>);

/// One call that a [`MockHost`] has answered.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct MockCall {
    /// The function's module.
    pub module: &'static str,
    /// The function's name.
    pub name: &'static str,
    /// The arguments, an element for each; as [`Value::Bytes`] what is not `MessagePack`.
    pub args: Value,
    /// The decision of the gates.
    pub decision: Decision,
    /// The value that was matched against the grant; `None` for a function without a scope, and for a call that did
    /// not come so far.
    pub scope_value: Option<String>,
    /// The status of the reply.
    pub status: Status,
    /// The reason the function could not answer, for the host: the message of a panic, for one. Empty when it answered.
    pub message: String,
}

/// The reason a call gave no answer.
#[derive(Clone, Debug, PartialEq)]
pub struct MockFailure {
    /// The way the call ended.
    pub status: Status,
    /// The error reply.
    pub reply: Option<ErrorReply>,
}

impl MockHost {
    /// A host with these functions, where everything is granted.
    ///
    /// # Errors
    /// Those of [`MockHostBuilder::build`].
    pub fn new(registry: Registry) -> Result<Self> {
        Self::builder(registry).build()
    }

    /// Begins a host with these functions.
    pub fn builder(registry: Registry) -> MockHostBuilder {
        MockHostBuilder::new(registry)
    }

    /// From now on the function answers with `value`.
    ///
    /// # Panics
    /// When there is no such function, or it replies something else.
    #[track_caller]
    pub fn replies(&self, module: &str, name: &str, value: impl Serialize + Send + 'static) -> &Self {
        self.script(module, name, Script::value(value))
    }

    /// From now on the function answers with `error`: its own, or a [`MockError`].
    ///
    /// # Panics
    /// When there is no such function, or it does not fail so: it declares its errors, and this is not one of them.
    #[track_caller]
    pub fn fails(&self, module: &str, name: &str, error: impl HostError + Send + 'static) -> &Self {
        self.script(module, name, Script::error(error))
    }

    /// From now on the function answers with what `answer` makes of its arguments, which it takes as a tuple with an
    /// element for each.
    ///
    /// # Panics
    /// When there is no such function. A call panics when its arguments are no `A`, or the function does not reply such
    /// an `R`.
    #[track_caller]
    pub fn answers<A, R>(
        &self,
        module: &str,
        name: &str,
        answer: impl FnMut(A) -> R + Send + 'static,
    ) -> &Self
    where
        A: DeserializeOwned,
        R: Serialize,
    {
        self.script(module, name, Script::answer(answer))
    }

    /// As [`answers`](MockHost::answers), and it may fail.
    ///
    /// # Panics
    /// As [`answers`](MockHost::answers) and [`fails`](MockHost::fails).
    #[track_caller]
    pub fn tries<A, R, E>(
        &self,
        module: &str,
        name: &str,
        answer: impl FnMut(A) -> Result<R, E> + Send + 'static,
    ) -> &Self
    where
        A: DeserializeOwned,
        R: Serialize,
        E: HostError,
    {
        self.script(module, name, Script::attempt(answer))
    }

    /// From now on the function itself runs, as it does where nothing is scripted.
    ///
    /// # Panics
    /// When there is no such function.
    #[track_caller]
    pub fn runs(&self, module: &str, name: &str) -> &Self {
        let mut host = self.lock();
        let import = host.import(module, name);
        host.unscript(import);
        drop(host);
        self
    }

    #[track_caller]
    fn script(&self, module: &str, name: &str, script: Script) -> &Self {
        let mut host = self.lock();
        let import = host.import(module, name);
        if let Err(what) = script.check(import.spec()) {
            drop(host);
            panic!("the script of `{module}.{name}`: {what}");
        }
        host.put(import, script);
        drop(host);
        self
    }

    /// Takes a capability away: the very next call finds it gone, as when it is revoked.
    pub fn deny(&self, capability: &Capability) -> &Self {
        self.lock().session.grants().revoke(capability);
        self
    }

    /// Gives a capability back, as it was granted when the host was built.
    pub fn allow(&self, capability: &Capability) -> &Self {
        self.lock().session.grants().restore(capability);
        self
    }

    /// Another call from the host into the guest begins: what was counted for quotas is forgotten.
    pub fn begin(&self) -> &Self {
        self.lock().session.renew();
        self
    }

    /// Calls a function with these arguments, a tuple with an element for each.
    ///
    /// # Errors
    /// The status and error reply that a guest would get.
    ///
    /// # Panics
    /// Where [`call_bytes`](MockHost::call_bytes) does, and when the arguments cannot be encoded or the reply is no
    /// `R`.
    #[track_caller]
    pub fn call<A: Serialize, R: DeserializeOwned>(
        &self,
        module: &str,
        name: &str,
        args: A,
    ) -> Result<R, MockFailure> {
        let args = codec::to_vec(&args).unwrap_or_else(|error| panic!("the arguments of `{name}`: {error}"));
        let (status, reply) = self.call_bytes(module, name, &args);
        if status.is_ok() {
            let reply = codec::decode(&reply);
            return Ok(reply.unwrap_or_else(|error| panic!("the reply of `{name}`: {error}")));
        }
        Err(MockFailure { status, reply: codec::decode(&reply).ok() })
    }

    /// Calls a function as a guest does: its arguments as the ABI writes them, and the status and reply that would be
    /// put into the guest's memory.
    ///
    /// # Panics
    /// When there is no such function, because a host would not load a plugin that imports it; when it asks for a
    /// state that the host was not given, and nothing is scripted; when a script is not one for such a call; when more
    /// calls than [`Limits::refusals`](crate::Limits::refusals) were refused or failed since [`begin`](MockHost::begin),
    /// where a host stops the guest.
    #[track_caller]
    pub fn call_bytes(&self, module: &str, name: &str, args: &[u8]) -> (Status, Vec<u8>) {
        let mut host = self.lock();
        let import = host.import(module, name);
        let begun = host.run(import, args);
        // a script may call this host itself
        drop(host);
        let answer = begun.answered(import, args);
        self.lock().finish(import, args, answer)
    }

    /// Writes a line of log.
    ///
    /// # Panics
    /// When more was logged than the limits allow since [`begin`](MockHost::begin), where a host stops the guest.
    #[track_caller]
    pub fn log(&self, level: LogLevel, line: &str) {
        let mut host = self.lock();
        if let Err(stop) = host.session.log(level, line.as_bytes()) {
            host.stopped(stop);
        }
    }

    /// Returns what was called until now, in order.
    pub fn calls(&self) -> Vec<MockCall> {
        self.lock().seen.with(|seen| seen.calls.clone())
    }

    /// The same, and forgets it.
    pub fn take_calls(&self) -> Vec<MockCall> {
        self.lock().seen.with(|seen| std::mem::take(&mut seen.calls))
    }

    /// Returns what was logged until now, in order: by the guest, and by host functions for it.
    pub fn logs(&self) -> Vec<MockLog> {
        self.lock().seen.with(|seen| seen.logs.clone())
    }

    /// Returns what `f` makes of the state of type `S`; `None` if absent.
    pub fn with_state<S: Any, R>(&self, f: impl FnOnce(&mut S) -> R) -> Option<R> {
        self.lock().session.state_mut().map(f)
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // a script that panics fails its own test, and leaves nothing half-done
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for MockHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MockHost")
            .field("calls", &self.lock().seen.with(|seen| seen.calls.len()))
            .finish_non_exhaustive()
    }
}
