//! One guest's session, shared by its functions.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use extism::{CurrentPlugin, Function, Plugin};
use hostfn::abi::codec;
use hostfn::engine::{Composition, LiveGrants, Session, Stop, Subject};
use hostfn::{CancelToken, Error, ErrorReply, Grants, Manifest, Result, Status};

use crate::function;
use crate::link::{self, Linked};

/// The form of values that are no text, bytes or numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Values {
    /// JSON, as the PDKs' `Json` writes it.
    #[default]
    Json,
    /// `MessagePack`, as the PDKs' `Msgpack` writes it.
    MessagePack,
}

/// A session for a host that builds its plugins itself, with an [`extism::PluginBuilder`].
///
/// It belongs to the first plugin that calls one of its functions. Another plugin receives `INTERNAL`, and the call is
/// recorded: state, quotas and grants are those of one guest.
///
/// ```
/// use extism::{PluginBuilder, Wasm};
/// use hostfn::engine::Composition;
/// use hostfn::{Grants, Registry, host_fn};
/// use hostfn_extism::ExtismSession;
///
/// /// Greets someone.
/// #[host_fn(capability = none)]
/// fn greet(name: &str) -> String {
///     format!("Hello, {name}!")
/// }
///
/// /// Adds two numbers.
/// #[host_fn(capability = none)]
/// fn add(a: u64, b: u64) -> u64 {
///     a + b
/// }
///
/// let composition = Composition::builder(Registry::collect()?).build()?;
/// let session = ExtismSession::open(&composition, "greeter", &Grants::none())?;
/// let wasm = extism::Manifest::new([Wasm::data(&include_bytes!("../guests/c.wasm")[..])]);
/// let mut plugin = PluginBuilder::new(wasm).with_functions(session.functions()).build()?;
/// assert_eq!(session.call(&mut plugin, "hello", b"Ada")?, b"Hello, Ada!");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct ExtismSession {
    shared: Arc<Shared>,
    linked: Vec<Linked>,
    values: Values,
}

/// The part that functions hold.
pub(crate) struct Shared {
    inner: Mutex<Inner>,
    life: CancelToken,
}

pub(crate) struct Inner {
    pub(crate) session: Session,
    /// The plugin that the session belongs to.
    plugin: Option<u128>,
    /// Arguments as `MessagePack`, kept from call to call.
    pub(crate) args: Vec<u8>,
    /// The block of a reply.
    pub(crate) reply: Vec<u8>,
    /// The call that ended the guest's.
    pub(crate) ended: Option<Ended>,
}

/// A call of a host function that ended the guest's call.
pub(crate) enum Ended {
    Stopped(Stop),
    Failed(Status, Vec<u8>),
}

impl Shared {
    pub(crate) fn lock(&self) -> MutexGuard<'_, Inner> {
        // a panic of a host function is caught before it gets here
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// Returns whether the session belongs to this plugin. The first one that asks gets it.
    pub(crate) fn belongs_to(&mut self, plugin: &CurrentPlugin) -> bool {
        let id = plugin.id().as_u128();
        *self.plugin.get_or_insert(id) == id
    }
}

impl ExtismSession {
    /// Opens a session with every function that `grants` allow, under all of its namespaces.
    ///
    /// # Errors
    /// `H0401` when a state cannot be created, and the others of `SessionBuilder::open`.
    pub fn open(composition: &Composition, plugin: &str, grants: &Grants) -> Result<Self> {
        Self::open_with(composition, plugin, None, grants, Values::default())
    }

    /// Opens a session for a plugin with a manifest, and with another form of values.
    ///
    /// # Errors
    /// Those of [`open`](Self::open).
    pub fn open_with(
        composition: &Composition,
        plugin: &str,
        manifest: Option<Manifest>,
        grants: &Grants,
        values: Values,
    ) -> Result<Self> {
        let linked = link::granted(composition, manifest.as_ref(), grants);
        let subject = composition.subject(plugin, manifest, linked.iter().map(|linked| linked.import))?;
        Ok(Self::new(subject.session(grants).open()?, linked, values))
    }

    pub(crate) fn new(session: Session, linked: Vec<Linked>, values: Values) -> Self {
        let life = session.lifetime().clone();
        let inner = Inner { session, plugin: None, args: Vec::new(), reply: Vec::new(), ended: None };
        Self { shared: Arc::new(Shared { inner: Mutex::new(inner), life }), linked, values }
    }

    /// Gives the session to a plugin, before the plugin has called anything.
    pub(crate) fn bind(&self, plugin: &Plugin) {
        self.shared.lock().plugin = Some(plugin.id.as_u128());
    }

    /// The functions, to be given to an [`extism::PluginBuilder`].
    pub fn functions(&self) -> Vec<Function> {
        self.linked.iter().map(|linked| function::build(linked, &self.shared, self.values)).collect()
    }

    /// Calls an export within the session: its quotas and budgets are whole again, its deadline begins, and the call is
    /// recorded. A call without it, by `plugin.call`, uses what earlier calls left.
    ///
    /// # Errors
    /// `H0403` when there is no such export, `H0404` when the guest failed or did not go on after an error of a host
    /// function, `H0405` when it trapped, `H0406` and `H0411` when it ran into a limit, `H0407` when the output is too
    /// long, `H0408`, `H0413` and `H0418` when an earlier call ended the instance.
    pub fn call(&self, plugin: &mut Plugin, export: &str, input: &[u8]) -> Result<Vec<u8>> {
        let mut call = {
            let inner = &mut *self.shared.lock();
            let id = plugin.id.as_u128();
            if *inner.plugin.get_or_insert(id) != id {
                return Err(inner.session.bad_args(export, "the session belongs to another plugin"));
            }
            if !plugin.function_exists(export) {
                return Err(inner.session.no_such_export(export, "the plugin has no such export"));
            }
            if input.len() as u64 > u64::from(inner.session.limits().args) {
                let what = format!("they have {} bytes, limit {}", input.len(), inner.session.limits().args);
                return Err(inner.session.bad_args(export, &what));
            }
            inner.ended = None;
            inner.session.enter(export)?
        };
        // the lock is free: functions take it for each call
        let result = call.within(|| plugin.call::<&[u8], &[u8]>(export, input));
        let inner = &mut *self.shared.lock();
        let result = match result {
            Ok(output) => {
                inner.session.result(export, Status::OK, output).map(|result| result.bytes().to_owned())
            }
            Err(error) => Err(inner.failed(export, error)),
        };
        let len = result.as_ref().map_or(0, Vec::len);
        call.end(&mut inner.session, (input.len(), len), result)
    }

    /// The plugin as the host sees it.
    pub fn subject(&self) -> Subject {
        self.shared.lock().session.subject().clone()
    }

    /// The instance's number in records.
    pub fn number(&self) -> u64 {
        self.shared.lock().session.number()
    }

    /// A handle on the grants, to revoke or narrow them from any thread.
    pub fn grants(&self) -> LiveGrants {
        self.shared.lock().session.grants()
    }

    /// The end of the instance: cancelled, it refuses every later call of a host function and of the guest.
    pub fn lifetime(&self) -> CancelToken {
        self.shared.life.clone()
    }

    /// Returns whether the instance takes calls.
    pub fn is_usable(&self) -> bool {
        self.shared.lock().session.is_usable()
    }

    /// Ends the instance and closes its states, the last one first. It waits for a call that is running, which ends at
    /// its next call of a host function.
    ///
    /// # Errors
    /// An `H0415` for each state whose closer failed.
    pub fn close(&self) -> Result<()> {
        self.shared.life.cancel();
        self.shared.lock().session.close()
    }
}

impl Inner {
    /// The error of a call that Extism ended.
    fn failed(&mut self, export: &str, error: extism::Error) -> Error {
        let error = match self.ended.take() {
            Some(Ended::Stopped(stop)) => self.session.stopped(export, stop),
            Some(Ended::Failed(status, reply)) => self.guest_error(export, status, &reply),
            None if self.session.lifetime().is_cancelled() => self.session.stopped(export, Stop::Cancelled),
            None => match error.to_string().as_str() {
                "timeout" => self.session.stopped(export, Stop::Time),
                "oom" => self.session.out_of_memory(export, Some(error.into())),
                "plugin ran out of fuel" => self.exhausted(export, error),
                _ => {
                    let Some(trap) = error.downcast_ref::<wasmtime::Trap>().map(ToString::to_string) else {
                        // the guest set an error and returned
                        let message = error.root_cause().to_string();
                        let reply = ErrorReply { code: "failed".to_owned(), message, detail: None };
                        let bytes = codec::to_vec(&reply).unwrap_or_default();
                        return self.guest_error(export, Status::FAILED, &bytes);
                    };
                    self.trapped(export, &trap, error)
                }
            },
        };
        self.session.cut_off(export, error.code());
        error
    }

    fn guest_error(&mut self, export: &str, status: Status, reply: &[u8]) -> Error {
        match self.session.result(export, status, reply) {
            Err(error) => error,
            Ok(_) => self.session.bad_result(export, "an error has the status of success"),
        }
    }

    fn exhausted(&self, export: &str, error: extism::Error) -> Error {
        let limit = hostfn::error::Limit::Fuel;
        Error::Exhausted {
            plugin: self.session.subject().name().to_owned(),
            export: export.to_owned(),
            limit,
            set_by: self.session.subject().set_by("fuel"),
            cut_off: true,
            source: Some(error.into()),
        }
    }

    fn trapped(&self, export: &str, trap: &str, error: extism::Error) -> Error {
        let kind = trap.trim_start_matches("wasm trap: ").to_owned();
        Error::Trapped {
            plugin: self.session.subject().name().to_owned(),
            export: export.to_owned(),
            earlier: self.session.cut_offs(),
            trap: Box::new(hostfn::error::TrapSite::new(kind, None)),
            source: error.into(),
        }
    }
}

impl fmt::Debug for ExtismSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExtismSession").field("functions", &self.linked.len()).finish_non_exhaustive()
    }
}
