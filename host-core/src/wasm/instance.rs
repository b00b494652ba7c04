//! One running guest.

use std::fmt;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::task::{Context, Poll, Waker};

use hostfn_abi::codec::{SPARE, Scratch};
use hostfn_abi::limits::MAX_ERROR_BYTES;
use hostfn_abi::{ABI_VERSION, ErrorReply, Status, Word, codec, names};
use serde::Serialize;
use serde::de::DeserializeOwned;
use wasmtime::{AsContextMut, Store, TypedFunc, WasmParams, WasmResults};

use super::guest::{
    Frame, Guest, Poison, alloc_outermost, alloc_outermost_waiting, enter, leave, range, range_mut,
};
use super::host::HostParts;
use super::live::LiveGrants;
use super::plugin::PluginParts;
use super::reserve;
use super::running::Running;
use super::stack;
use super::stop::told;
use crate::error::{Code, Error, Limit, Problem, Problems, Result};
use crate::observe::{Phase, PhaseContext, PhaseGuard};
use crate::policy::Limits;
use crate::spec::{Callee, GuestContract};
use crate::state::CancelToken;
use crate::surface::missing_entries;

/// One running guest with a memory, states and grants of its own. It takes one call at a time.
///
/// Its end is orderly, whether by [`close`](Instance::close) or because it is dropped: states are closed in
/// the reverse order of their initialisers.
///
/// A call that cuts the guest off, such as a trap or a timeout, ends it too, unless the host was built with
/// [`CutOff::Keep`](crate::CutOff): [`Error::ends_instance`] has a table.
pub struct Instance {
    store: Store<Guest>,
    exports: wasmtime::Instance,
    host: Arc<HostParts>,
    limits: Limits,
    grants: LiveGrants,
    life: CancelToken,
    /// Made by `instantiate_async`: it runs on a stack of its own, which is left while it waits.
    waits: bool,
    closed: bool,
}

impl Instance {
    pub(super) fn new(
        store: Store<Guest>,
        exports: wasmtime::Instance,
        host: Arc<HostParts>,
        limits: &Limits,
        grants: LiveGrants,
        waits: bool,
    ) -> Self {
        let life = store.data().life.clone();
        Self { store, exports, host, limits: *limits, grants, life, waits, closed: false }
    }

    /// Runs the guest's own initialisation: section 7 of the ABI.
    pub(super) async fn initialize(&mut self) -> Result<()> {
        let memory = self.exports.get_memory(&mut self.store, names::MEMORY);
        let alloc = self.exports.get_typed_func(&mut self.store, names::PLUGIN_ALLOC).ok();
        let guest = self.store.data_mut();
        guest.memory = memory;
        guest.alloc = alloc.map(Arc::new);
        self.run_if_there::<(), ()>(names::INITIALIZE).await?;
        if let Some(version) = self.run_if_there::<(), i32>(names::PLUGIN_ABI_VERSION).await?
            && version != ABI_VERSION
        {
            return Err(Problem::new(
                Code::AbiVersion,
                format!("plugin `{}`", self.plugin()),
                format!("it was built for version {version} of the ABI, and this host speaks {ABI_VERSION}"),
                format!("build it against version {ABI_VERSION}"),
            )
            .into());
        }
        let status = self.run_if_there::<(), i32>(names::PLUGIN_INIT).await?.map(Status::new);
        let guest = self.store.data_mut();
        guest.startup = None;
        guest.interrupt.started();
        match status {
            None | Some(Status::OK) => self.refuse_if_poisoned(),
            Some(status) => Err(init_answered(self.plugin(), status)),
        }
    }

    /// Runs an export that takes nothing, if the module has it.
    async fn run_if_there<P, R>(&mut self, export: &str) -> Result<Option<R>>
    where
        P: WasmParams + Default + Sync,
        R: WasmResults + Sync,
    {
        let Ok(func) = self.exports.get_typed_func::<P, R>(&mut self.store, export) else {
            return Ok(None);
        };
        let outer = enter(self.store.data_mut());
        let result = self.run(&func, P::default()).await;
        leave(self.store.data_mut(), outer);
        result.map(Some).map_err(|error| init_failed(self.store.data(), error))
    }

    async fn run<P, R>(&mut self, func: &TypedFunc<P, R>, params: P) -> wasmtime::Result<R>
    where
        P: WasmParams + Sync,
        R: WasmResults + Sync,
    {
        if self.waits {
            func.call_async(&mut self.store, params).await
        } else {
            func.call(&mut self.store, params)
        }
    }

    /// Calls an export of the guest: section 7 of the ABI. `args` is a tuple with one element for each
    /// of its parameters.
    ///
    /// # Errors
    /// `H0403` when there is no such export, `H0404` ([`Error::Guest`]) when the guest answers with an
    /// error, `H0405` and `H0406` when it traps or runs out of time, `H0407` when its result breaks
    /// the ABI or is not an `R`, `H0408` when a host function panicked in an earlier call, `H0418` when the guest was
    /// cut off in an earlier call, `H0409`
    /// when the arguments find no room, `H0411` ([`Error::Exhausted`]) when it uses up what it may, `H0412`
    /// when its end is asked for meanwhile, `H0413` when it has ended, `H0414` for an instance that was made
    /// by [`instantiate_async`](crate::Plugin::instantiate_async).
    pub fn call<A: Serialize, R: DeserializeOwned>(&mut self, export: &str, args: A) -> Result<R> {
        self.refuse_unless(false, export)?;
        let args = self.encoded(export, &args)?;
        at_once(self.calling(export, args, |bytes, scratch| codec::decode_with(bytes, scratch)))
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
        let args = self.refuse_unless(true, export).and_then(|()| self.encoded(export, &args));
        async move { self.calling(export, args?, |bytes, scratch| codec::decode_with(bytes, scratch)).await }
    }

    /// Calls an export either way, whatever it answers.
    pub(super) async fn call_unheard(&mut self, export: &str, args: impl Serialize) -> Result<()> {
        self.refuse_unless(self.waits, export)?;
        let args = self.encoded(export, &args)?;
        self.calling(export, args, |_, _| Ok(())).await
    }

    async fn calling<R>(&mut self, export: &str, args: Vec<u8>, decode: Decode<R>) -> Result<R> {
        self.refuse_if_poisoned()?;
        stack::refuse_small(self.plugin(), export, &self.limits, self.waits)?;
        let share = &self.store.data().plugin.share;
        let running = Running::begin(&self.host, share, self.plugin(), export)?;
        let guest = self.store.data();
        let half_way = HalfWay {
            instance: Some((self.life.clone(), self.id())),
            plugin: Arc::clone(&guest.plugin),
            export,
            running,
        };
        let mut watch = guest.begin(Phase::Call, |scene| scene.of_export(export));
        let mut bytes = (args.len(), 0);
        let answer = watch.around(self.answer(export, args, &mut bytes, decode)).await;
        half_way.end();
        let scene = PhaseContext::new(self.plugin(), Some(self.id()), Phase::Call).of_export(export);
        self.host.observers.end(&scene, bytes, &watch, answer.as_ref().err());
        answer
    }

    async fn answer<R>(
        &mut self,
        export: &str,
        args: Vec<u8>,
        bytes: &mut (usize, usize),
        decode: Decode<R>,
    ) -> Result<R> {
        let func = self
            .exports
            .get_typed_func::<(u32, u32), i64>(&mut self.store, export)
            .map_err(|_| self.no_such_export(export))?;
        begin(&mut self.store, &self.limits).map_err(|error| self.stopped(export, error))?;
        // what the host holds while the guest's allocator runs
        let charged = args.len().saturating_sub(SPARE);
        let held = self.store.data().env.memory().take(charged);
        let held = held.map_err(|_| self.out_of_memory(export, None))?;
        let outer = enter(self.store.data_mut());
        let put = self.put(&args).await;
        drop((args, held));
        let returned = match put {
            Ok(Some(args)) => self.run(&func, args).await.map(Some),
            Ok(None) => Ok(None),
            Err(error) => Err(error),
        };
        let frame = leave(self.store.data_mut(), outer);
        match returned {
            Ok(Some(bits)) => {
                let word = Word::from_i64(bits);
                bytes.1 = word.len() as usize;
                self.result(export, word, &frame, decode)
            }
            Ok(None) => Err(self.bad_args(export, "the guest's `plugin_alloc` gave no room for them")),
            Err(error) => {
                self.store.data_mut().cut_off(export, &error);
                Err(self.stopped(export, error))
            }
        }
    }

    /// Writes the arguments into a block of the guest's own; nothing for no arguments.
    async fn put(&mut self, args: &[u8]) -> wasmtime::Result<Option<(u32, u32)>> {
        if args.is_empty() {
            return Ok(Some((0, 0)));
        }
        let Ok(len) = u32::try_from(args.len()) else {
            return Ok(None);
        };
        let store = self.store.as_context_mut();
        let ptr = if self.waits {
            alloc_outermost_waiting(store, len).await?
        } else {
            alloc_outermost(store, len)?
        };
        let memory = self.store.data().memory;
        let block = ptr.zip(memory).and_then(|(ptr, memory)| {
            range_mut(memory.data_mut(&mut self.store), ptr, len).map(|block| (ptr, block))
        });
        Ok(block.map(|(ptr, block)| {
            block.copy_from_slice(args);
            (ptr, len)
        }))
    }

    /// The client of a contract, once it is sure that the plugin has all of its entries:
    /// `instance.contract::<GreeterClient>()?`.
    ///
    /// # Errors
    /// `H0312` for each entry that the plugin does not export, or not as a function of the ABI's type.
    pub fn contract<'i, C: GuestContract<'i>>(&'i mut self) -> Result<C> {
        let (store, exports) = (&mut self.store, &self.exports);
        let plugin = store.data().plugin.clone();
        let missing = missing_entries(&plugin.name, C::CONTRACT, |entry| {
            let found = exports.get_export(&mut *store, entry)?;
            Some(found.into_func().is_some_and(|func| func.typed::<(u32, u32), i64>(&*store).is_ok()))
        });
        Problems::check(missing)?;
        Ok(C::over(Callee::new(self)))
    }

    /// The plugin's name.
    pub fn plugin(&self) -> &str {
        &self.store.data().plugin.name
    }

    /// Its number, which no other instance of the process has.
    pub fn id(&self) -> u64 {
        self.store.data().env.caller().instance()
    }

    /// A handle on its grants, by which they can be revoked while it runs, from any thread.
    pub fn grants(&self) -> LiveGrants {
        self.grants.clone()
    }

    /// What it may use up.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Its end: cancelled from any thread, it stops a running call within about 10 ms and refuses all that
    /// come after. States are closed by [`close`](Instance::close), or when the instance is dropped.
    pub fn lifetime(&self) -> &CancelToken {
        &self.life
    }

    /// Whether it was made by [`instantiate_async`](crate::Plugin::instantiate_async), and is called by
    /// [`call_async`](Instance::call_async).
    pub fn is_async(&self) -> bool {
        self.waits
    }

    /// Its state of type `S`.
    pub fn state<S: 'static>(&self) -> Option<&S> {
        self.store.data().env.states().get()
    }

    /// Its state of type `S`, to change.
    pub fn state_mut<S: 'static>(&mut self) -> Option<&mut S> {
        self.store.data_mut().env.states_mut().get_mut()
    }

    /// Why it takes no more calls, if that is because of an earlier one: the function and message of a host
    /// function's panic, or the export that was cut off.
    pub fn poison(&self) -> Option<&str> {
        self.store.data().poison.as_ref().map(|poison| poison.what.as_str())
    }

    /// Whether it takes calls: it was not closed or cancelled, no host function panicked, and the guest was not cut
    /// off. [`Error::ends_instance`] has the state after each way in which a call can end.
    pub fn is_usable(&self) -> bool {
        !self.closed && !self.life.is_cancelled() && self.poison().is_none()
    }

    /// Whether it is poisoned, for those who look from elsewhere.
    pub(super) fn spent(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.store.data().spent)
    }

    /// Ends it: no call is taken any more, and its states are closed, the last one first. Closing it again
    /// does nothing.
    ///
    /// # Errors
    /// An `H0415` for each state whose closer failed; the others are closed all the same.
    pub fn close(&mut self) -> Result<()> {
        if std::mem::replace(&mut self.closed, true) {
            return Ok(());
        }
        self.life.cancel();
        let guest = self.store.data_mut();
        guest.shut();
        let mut states = guest.env.take_states();
        let mut watch = guest.begin(Phase::Close, |scene| scene);
        let failed = watch.within(|| states.close());
        let place = |id: &str| format!("state `{id}` of plugin `{}`, instance {}", self.plugin(), self.id());
        let problem = |(id, what): (&str, String)| {
            let what = format!("it could not be closed: {what}");
            Problem::new(Code::CloseFailed, place(id), what, "put right what its closer says")
        };
        let closed = Problems::check(failed.into_iter().map(problem).collect()).map_err(Error::from);
        let scene = PhaseContext::new(self.plugin(), Some(self.id()), Phase::Close);
        self.host.observers.end(&scene, (0, 0), &watch, closed.as_ref().err());
        closed
    }

    fn result<R>(&mut self, export: &str, word: Word, frame: &Frame, decode: Decode<R>) -> Result<R> {
        let (ptr, len) = frame.result.unwrap_or_default();
        if word.len() != len {
            let what = format!("its word says {} bytes, and `host_set_result` said {len}", word.len());
            return Err(self.bad_result(export, &what));
        }
        let max = self.limits.reply;
        if len > max {
            let what = format!("it is {len} bytes, and a result has at most {max}");
            return Err(self.bad_result(export, &what));
        }
        let status = word.status();
        let Some(memory) = self.store.data().memory else {
            return Err(self.bad_result(export, "the guest exports no memory that it could be in"));
        };
        let (bytes, guest) = memory.data_and_store_mut(&mut self.store);
        let Some(bytes) = range(bytes, ptr, len) else {
            return Err(self.bad_result(export, "its range is not inside the memory"));
        };
        if !status.is_ok() {
            // one that is longer is dropped, and the status stands
            let short = Some(bytes).filter(|_| len <= MAX_ERROR_BYTES);
            let reply = short.and_then(|bytes| {
                guest
                    .env
                    .decode(bytes, |bytes, scratch| codec::decode_with::<ErrorReply>(bytes, scratch))
                    .ok()
            });
            let reply = reply.map(Box::new);
            return Err(Error::Guest {
                plugin: self.plugin().to_owned(),
                export: export.to_owned(),
                status,
                reply,
            });
        }
        guest.env.decode(bytes, decode).map_err(|error| {
            if matches!(error.kind(), codec::ErrorKind::OutOfMemory) {
                return self.out_of_memory(export, Some(error.into()));
            }
            let what = format!("it is not a `{}`: {error}", std::any::type_name::<R>());
            self.bad_result(export, &what)
        })
    }

    fn refuse_unless(&self, waits: bool, export: &str) -> Result<()> {
        if self.closed || self.life.is_cancelled() {
            return Err(Error::Closed { plugin: self.plugin().to_owned() });
        }
        if self.waits == waits {
            return Ok(());
        }
        let (what, remedy) = if waits {
            ("it cannot wait: it was made by `instantiate`", "make it by `instantiate_async`, or use `call`")
        } else {
            (
                "it may have to wait: it was made by `instantiate_async`",
                "use `call_async`, or make it by `instantiate` if it imports no async function",
            )
        };
        Err(Problem::new(Code::WrongCall, self.place(export), what, remedy).into())
    }

    fn refuse_if_poisoned(&self) -> Result<()> {
        let Some(Poison { code, what }) = &self.store.data().poison else { return Ok(()) };
        let place = format!("plugin `{}`", self.plugin());
        let what = match code {
            Code::CutOff => format!("{what}, so its memory cannot be trusted"),
            _ => format!("a host function panicked, so its state cannot be trusted: {what}"),
        };
        Err(Problem::new(*code, place, what, "drop the instance and make another").into())
    }

    fn place(&self, export: &str) -> String {
        format!("plugin `{}`, export `{export}`", self.plugin())
    }

    fn no_such_export(&mut self, export: &str) -> Error {
        let what = match self.exports.get_func(&mut self.store, export) {
            Some(func) => format!("it is {}, and a call needs (i32, i32) -> i64", func.ty(&self.store)),
            None => "the plugin exports no such function".to_owned(),
        };
        Problem::new(Code::NoSuchExport, self.place(export), what, "export it as section 7 of the ABI says")
            .into()
    }

    fn encoded(&self, export: &str, args: &impl Serialize) -> Result<Vec<u8>> {
        codec::to_vec(args).map_err(|error| self.bad_args(export, &error.to_string()))
    }

    fn bad_args(&self, export: &str, what: &str) -> Error {
        Problem::new(
            Code::BadArguments,
            self.place(export),
            format!("the arguments could not be passed: {what}"),
            "pass a tuple of values that serde can encode, to a guest that exports `plugin_alloc`",
        )
        .into()
    }

    fn bad_result(&self, export: &str, what: &str) -> Error {
        let remedy =
            "build the guest to answer as section 7 of the ABI says, with the type that the host expects";
        Problem::new(Code::BadResult, self.place(export), format!("the result is not one: {what}"), remedy)
            .into()
    }

    fn out_of_memory(&self, export: &str, source: Option<Box<dyn std::error::Error + Send + Sync>>) -> Error {
        let (plugin, export) = (self.plugin().to_owned(), export.to_owned());
        let set_by = self.store.data().set_by(Limit::Memory.field());
        Error::Exhausted { plugin, export, limit: Limit::Memory, set_by, cut_off: false, source }
    }

    fn stopped(&self, export: &str, error: wasmtime::Error) -> Error {
        told(self.store.data(), export, error)
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        // who wants to know what its closers said calls `close`
        let _ = self.close();
    }
}

impl fmt::Debug for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Instance")
            .field("plugin", &self.plugin())
            .field("grants", &self.grants)
            .finish_non_exhaustive()
    }
}

/// How a result is read.
type Decode<R> = fn(&[u8], &Scratch) -> Result<R, codec::Error>;

/// What a guest may use up is whole again: another call from the host begins.
pub(super) fn begin(store: &mut Store<Guest>, limits: &Limits) -> wasmtime::Result<()> {
    store.set_epoch_deadline(1);
    if let Some(fuel) = limits.fuel {
        store.set_fuel(fuel)?;
    }
    let guest = store.data_mut();
    guest.interrupt.give(limits.time);
    guest.meter.begin();
    for access in &mut guest.access {
        access.begin();
    }
    Ok(())
}

/// A call that was begun. Where it is given up half-way, the instance ends with it.
struct HalfWay<'a> {
    instance: Option<(CancelToken, u64)>,
    plugin: Arc<PluginParts>,
    export: &'a str,
    running: Running,
}

impl HalfWay<'_> {
    fn end(mut self) {
        self.instance = None;
    }
}

impl Drop for HalfWay<'_> {
    fn drop(&mut self) {
        let Some((life, id)) = self.instance.take() else { return };
        life.cancel();
        let plugin = &self.plugin.name;
        let scene = PhaseContext::new(plugin, Some(id), Phase::Call).of_export(self.export);
        let error = Error::Cancelled { plugin: plugin.clone(), export: self.export.to_owned() };
        self.running.host().observers.end(&scene, (0, 0), &PhaseGuard::NOTHING, Some(&error));
    }
}

/// The result of a future that never waits.
pub(super) fn at_once<T>(future: impl Future<Output = Result<T>>) -> Result<T> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => Err(Problem::new(
            Code::WrongCall,
            "an instance that cannot wait",
            "it had to wait",
            "make it by `instantiate_async`",
        )
        .into()),
    }
}

pub(super) fn init_failed(guest: &Guest, error: wasmtime::Error) -> Error {
    let plugin = &guest.plugin.name;
    match told(guest, "initialisation", error) {
        Error::Trapped { source, .. } => reserve::exhausted(plugin, source.as_ref())
            .unwrap_or_else(|| {
                Problem::new(
                    Code::InitFailed,
                    format!("plugin `{plugin}`"),
                    format!("it could not be started: {source}{}", causes(source.as_ref())),
                    "put right what the guest does at its start, or raise the limit that it ran into",
                )
            })
            .into(),
        error => error,
    }
}

fn causes(error: &dyn std::error::Error) -> String {
    std::iter::successors(error.source(), |cause| cause.source()).map(|cause| format!(": {cause}")).collect()
}

fn init_answered(plugin: &str, status: Status) -> Error {
    Problem::new(
        Code::InitFailed,
        format!("plugin `{plugin}`, export `{}`", names::PLUGIN_INIT),
        format!("it answered {status}"),
        "put right what the guest does at its start",
    )
    .into()
}
