//! One running guest.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use host_abi::{ABI_VERSION, ErrorReply, Status, Word, codec, names};
use serde::Serialize;
use serde::de::DeserializeOwned;
use wasmtime::{AsContextMut, Store, StoreLimitsBuilder, WasmParams, WasmResults};

use super::guest::{Frame, Guest, Window, alloc, in_frame, is_timeout, range, range_mut};
use super::host::TICK;
use super::plugin::Plugin;
use crate::access::{Access, Gate};
use crate::call::Env;
use crate::caller::Caller;
use crate::capability::Capability;
use crate::error::{Code, Error, Problem, Result};
use crate::grants::Grants;
use crate::scope::Scope;

static NEXT_INSTANCE: AtomicU64 = AtomicU64::new(1);

/// More than any compiler makes; the limit of elements is each table's.
const MOST_TABLES: usize = 16;

/// One running guest with a memory, states and grants of its own. It takes one call at a time.
pub struct Instance {
    store: Store<Guest>,
    exports: wasmtime::Instance,
    live: LiveGrants,
    ticks: u64,
    max_result: u32,
}

impl Instance {
    pub(super) fn new(plugin: &Plugin, grants: &Grants) -> Result<Self> {
        let host = &plugin.host;
        let (live, access) = open_gates(plugin, grants);
        let caller = Caller::new(plugin.name(), NEXT_INSTANCE.fetch_add(1, Ordering::Relaxed));
        let states = host.make_states(plugin.name(), grants)?;
        let env = Env::new(caller, states, host.limits.args, host.limits.reply);
        let limits = StoreLimitsBuilder::new()
            .memory_size(host.limits.memory)
            .table_elements(host.limits.table)
            .instances(1)
            .memories(1)
            .tables(MOST_TABLES)
            .build();
        let guest = Guest {
            plugin: Arc::clone(&plugin.parts),
            slots: Arc::clone(&plugin.parts.slots),
            observers: host.observers.clone(),
            env,
            access,
            limits,
            memory: None,
            alloc: None,
            window: Window::default(),
            frame: Frame::default(),
            poison: None,
        };
        let mut store = Store::new(&host.engine, guest);
        store.limiter(|guest| &mut guest.limits);
        store.epoch_deadline_trap();
        // one tick more, for the one that is under way
        let ticks = host.limits.time.as_millis().div_ceil(TICK.as_millis()) + 1;
        let ticks = u64::try_from(ticks).unwrap_or(u64::MAX / 2).min(u64::MAX / 2);
        store.set_epoch_deadline(ticks);
        let exports =
            plugin.pre.instantiate(&mut store).map_err(|error| init_failed(plugin.name(), &error))?;
        let mut this = Instance { store, exports, live, ticks, max_result: host.limits.reply };
        this.initialize()?;
        Ok(this)
    }

    fn initialize(&mut self) -> Result<()> {
        let memory = self.exports.get_memory(&mut self.store, names::MEMORY);
        let alloc = self.exports.get_typed_func(&mut self.store, names::PLUGIN_ALLOC).ok();
        let guest = self.store.data_mut();
        guest.memory = memory;
        guest.alloc = alloc.map(Arc::new);
        self.run_if_there::<(), ()>(names::INITIALIZE)?;
        if let Some(version) = self.run_if_there::<(), i32>(names::PLUGIN_ABI_VERSION)?
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
        match self.run_if_there::<(), i32>(names::PLUGIN_INIT)?.map(Status::new) {
            None | Some(Status::OK) => self.refuse_if_poisoned(),
            Some(status) => Err(init_answered(self.plugin(), status)),
        }
    }

    /// Runs an export that takes nothing, if the module has it.
    fn run_if_there<P, R>(&mut self, export: &str) -> Result<Option<R>>
    where
        P: WasmParams + Default,
        R: WasmResults,
    {
        let Ok(func) = self.exports.get_typed_func::<P, R>(&mut self.store, export) else {
            return Ok(None);
        };
        let result = in_frame(self.store.as_context_mut(), |store| func.call(store, P::default())).0;
        result.map(Some).map_err(|error| init_failed(self.plugin(), &error))
    }

    /// Calls an export of the guest: section 7 of the ABI. `args` is a tuple with one element for each
    /// of its parameters.
    ///
    /// # Errors
    /// `H0403` when there is no such export, `H0404` ([`Error::Guest`]) when the guest answers with an
    /// error, `H0405` and `H0406` when it traps or runs out of time, `H0407` when its result breaks
    /// the ABI or is not an `R`, `H0408` when a host function panicked in an earlier call, `H0409`
    /// when the arguments find no room.
    pub fn call<A: Serialize, R: DeserializeOwned>(&mut self, export: &str, args: A) -> Result<R> {
        self.refuse_if_poisoned()?;
        let func = self
            .exports
            .get_typed_func::<(u32, u32), i64>(&mut self.store, export)
            .map_err(|_| self.no_such_export(export))?;
        let args = codec::to_vec(&args).map_err(|error| self.bad_args(export, &error.to_string()))?;
        self.begin();
        let (returned, frame) = in_frame(self.store.as_context_mut(), |mut store| {
            let Some(args) = put(store.as_context_mut(), &args)? else {
                return Ok(None);
            };
            func.call(store, args).map(Some)
        });
        match returned {
            Ok(Some(bits)) => self.result(export, Word::from_i64(bits), &frame),
            Ok(None) => Err(self.bad_args(export, "the guest's `plugin_alloc` gave no room for them")),
            Err(error) => Err(self.stopped(export, error)),
        }
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
        self.live.clone()
    }

    /// Its state of type `S`.
    pub fn state<S: 'static>(&self) -> Option<&S> {
        self.store.data().env.states().get()
    }

    /// Its state of type `S`, to change.
    pub fn state_mut<S: 'static>(&mut self) -> Option<&mut S> {
        self.store.data_mut().env.states_mut().get_mut()
    }

    /// The function and message of the panic that poisoned it, if one did.
    pub fn poison(&self) -> Option<&str> {
        self.store.data().poison.as_deref()
    }

    fn begin(&mut self) {
        self.store.set_epoch_deadline(self.ticks);
        for access in &mut self.store.data_mut().access {
            access.begin();
        }
    }

    fn result<R: DeserializeOwned>(&mut self, export: &str, word: Word, frame: &Frame) -> Result<R> {
        let (ptr, len) = frame.result.unwrap_or_default();
        if word.len() != len {
            let what = format!("its word says {} bytes, and `host_set_result` said {len}", word.len());
            return Err(self.bad_result(export, &what));
        }
        let max = self.max_result;
        if len > max {
            let what = format!("it is {len} bytes, and a result has at most {max}");
            return Err(self.bad_result(export, &what));
        }
        let memory = self.store.data().memory;
        let bytes = memory.and_then(|memory| range(memory.data(&self.store), ptr, len));
        let Some(bytes) = bytes else {
            return Err(self.bad_result(export, "its range is not inside the memory"));
        };
        let status = word.status();
        if !status.is_ok() {
            let reply = codec::decode::<ErrorReply>(bytes).ok().map(Box::new);
            return Err(Error::Guest {
                plugin: self.plugin().to_owned(),
                export: export.to_owned(),
                status,
                reply,
            });
        }
        codec::decode(bytes).map_err(|error| {
            let what = format!("it is not a `{}`: {error}", std::any::type_name::<R>());
            self.bad_result(export, &what)
        })
    }

    fn refuse_if_poisoned(&self) -> Result<()> {
        match self.poison() {
            None => Ok(()),
            Some(message) => Err(Problem::new(
                Code::Poisoned,
                format!("plugin `{}`", self.plugin()),
                format!("a host function panicked, so its state cannot be trusted: {message}"),
                "drop the instance and make another",
            )
            .into()),
        }
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

    fn stopped(&self, export: &str, error: wasmtime::Error) -> Error {
        let (plugin, export) = (self.plugin().to_owned(), export.to_owned());
        if is_timeout(&error) {
            return Error::TimedOut { plugin, export };
        }
        Error::Trapped { plugin, export, source: error.into() }
    }
}

impl fmt::Debug for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Instance")
            .field("plugin", &self.plugin())
            .field("grants", &self.live)
            .finish_non_exhaustive()
    }
}

/// Writes the arguments into a block of the guest's own; nothing for no arguments.
fn put(mut store: wasmtime::StoreContextMut<'_, Guest>, args: &[u8]) -> wasmtime::Result<Option<(u32, u32)>> {
    if args.is_empty() {
        return Ok(Some((0, 0)));
    }
    let Ok(len) = u32::try_from(args.len()) else {
        return Ok(None);
    };
    let ptr = alloc(store.as_context_mut(), len)?;
    let memory = store.data().memory;
    let block = ptr
        .zip(memory)
        .and_then(|(ptr, memory)| range_mut(memory.data_mut(&mut store), ptr, len).map(|block| (ptr, block)));
    Ok(block.map(|(ptr, block)| {
        block.copy_from_slice(args);
        (ptr, len)
    }))
}

fn open_gates(plugin: &Plugin, grants: &Grants) -> (LiveGrants, Box<[Access]>) {
    let mut gates: BTreeMap<&'static str, Arc<Gate>> = BTreeMap::new();
    let access = plugin
        .imports()
        .map(|spec| {
            let capability = spec.capability().filter(|capability| grants.allows(capability));
            let gate = capability.map(|capability| {
                let made = || Arc::new(Gate::new(capability, scope(grants, capability)));
                Arc::clone(gates.entry(capability.name()).or_insert_with(made))
            });
            Access::new(spec, gate)
        })
        .collect();
    (LiveGrants(gates.into_values().collect()), access)
}

fn scope(grants: &Grants, capability: &Capability) -> Option<Arc<Scope>> {
    grants.scope_of(capability).filter(|_| capability.is_scoped()).cloned()
}

fn init_failed(plugin: &str, error: &wasmtime::Error) -> Error {
    if is_timeout(error) {
        return Error::TimedOut { plugin: plugin.to_owned(), export: "initialisation".to_owned() };
    }
    Problem::new(
        Code::InitFailed,
        format!("plugin `{plugin}`"),
        format!("it could not be started: {error:#}"),
        "put right what the guest does at its start, or raise the limit that it ran into",
    )
    .into()
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

/// The grants of a running instance. What is revoked stays revoked, from the very next call on.
#[derive(Clone)]
pub struct LiveGrants(Arc<[Arc<Gate>]>);

impl LiveGrants {
    /// Takes a capability back. Returns whether it was granted until now.
    pub fn revoke(&self, capability: &Capability) -> bool {
        let gate = self.gate(capability).filter(|gate| gate.is_open());
        gate.map(Gate::close).is_some()
    }

    /// Whether a capability is granted, to the functions that the plugin imports.
    pub fn is_granted(&self, capability: &Capability) -> bool {
        self.gate(capability).is_some_and(Gate::is_open)
    }

    fn gate(&self, capability: &Capability) -> Option<&Gate> {
        self.0.iter().find(|gate| gate.capability().name() == capability.name()).map(Arc::as_ref)
    }
}

impl fmt::Debug for LiveGrants {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.0.iter().filter(|gate| gate.is_open()).map(|gate| gate.capability().name()))
            .finish()
    }
}
