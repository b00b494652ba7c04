//! From a plugin to an instance.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use wasmtime::{Store, UpdateDeadline};

use super::guest::{Frame, Guest, Reentry, Window};
use super::host::MissingCapability;
use super::instance::{Instance, at_once, begin, init_failed};
use super::live::open_gates;
use super::meter::Meter;
use super::plugin::Plugin;
use super::running::Running;
use super::stack;
use crate::call::{Caller, Env};
use crate::error::Result;
use crate::observe::{Observers, Phase, PhaseContext};
use crate::policy::Grants;
use crate::state::{CancelToken, Interrupt, MemoryBudget, StateCx};

static NEXT_INSTANCE: AtomicU64 = AtomicU64::new(1);

/// An instance that is about to be made: see [`Plugin::start`].
#[must_use = "an instance is there after `run` or `run_async`"]
#[derive(Debug)]
pub struct Instantiation<'a> {
    plugin: &'a Plugin,
    grants: &'a Grants,
    startup: CancelToken,
    labels: Vec<(String, String)>,
}

impl<'a> Instantiation<'a> {
    pub(super) fn new(plugin: &'a Plugin, grants: &'a Grants) -> Self {
        Self { plugin, grants, startup: CancelToken::new(), labels: Vec::new() }
    }

    /// Gives the instance a label, such as a tenant or a request, for observers that write down what it does:
    /// [`AuditFile`](crate::AuditFile) has it in each line of the instance.
    pub fn label(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.labels.push((name.into(), value.into()));
        self
    }

    /// The start is called off when `token` is cancelled: what was made until then is closed and dropped.
    /// Once the instance is there, its own [`lifetime`](Instance::lifetime) counts and `token` no more.
    pub fn cancelled_by(mut self, token: &CancelToken) -> Self {
        self.startup = token.clone();
        self
    }

    /// Makes the instance.
    ///
    /// # Errors
    /// Those of [`Plugin::instantiate`], and `H0412` when the start was called off.
    pub fn run(self) -> Result<Instance> {
        self.plugin.refuse_async_imports()?;
        at_once(self.make(false))
    }

    /// Makes an instance that can wait.
    ///
    /// # Errors
    /// Those of [`run`](Instantiation::run), but for `H0308`.
    pub async fn run_async(self) -> Result<Instance> {
        self.make(true).await
    }

    async fn make(self, waits: bool) -> Result<Instance> {
        let Instantiation { plugin, grants, startup, labels } = self;
        let observers = &plugin.host.observers;

        let mut scene = PhaseContext::new(plugin.name(), None, Phase::Link);
        let mut watch = observers.begin(&scene);
        let linked = watch.within(|| match plugin.host.missing {
            MissingCapability::Fail => plugin.check(grants),
            MissingCapability::Deny => Ok(()),
        });
        observers.end(&scene, (0, 0), &watch, linked.as_ref().err());
        linked?;

        stack::refuse_small(plugin.name(), "initialisation", &plugin.host.limits, waits)?;
        let _running = Running::begin(&plugin.host, &plugin.parts.share, plugin.name(), "initialisation")?;
        let number = NEXT_INSTANCE.fetch_add(1, Ordering::Relaxed);
        let labelled = (!labels.is_empty()).then(|| Labelled::of(observers, number, &labels));
        scene.phase = Phase::Instantiate;
        let mut watch = observers.begin(&scene);
        let made = watch.around(instantiate(plugin, grants, startup, waits, number)).await;
        scene.instance = made.as_ref().ok().map(Instance::id);
        observers.end(&scene, (0, 0), &watch, made.as_ref().err());
        let mut instance = made?;
        // from here on, the end of the instance is told
        if let Some(labelled) = labelled {
            labelled.keep();
        }

        scene.phase = Phase::Init;
        let mut watch = observers.begin(&scene);
        let ready = watch.around(instance.initialize()).await;
        observers.end(&scene, (0, 0), &watch, ready.as_ref().err());
        ready.map(|()| instance)
    }
}

/// Labels of an instance that may not be made after all.
struct Labelled<'a> {
    observers: &'a Observers,
    number: Option<u64>,
}

impl<'a> Labelled<'a> {
    fn of(observers: &'a Observers, number: u64, labels: &[(String, String)]) -> Self {
        observers.labelled(number, labels);
        Labelled { observers, number: Some(number) }
    }

    fn keep(mut self) {
        self.number = None;
    }
}

impl Drop for Labelled<'_> {
    fn drop(&mut self) {
        if let Some(number) = self.number {
            self.observers.unlabelled(number);
        }
    }
}

async fn instantiate(
    plugin: &Plugin,
    granted: &Grants,
    startup: CancelToken,
    waits: bool,
    number: u64,
) -> Result<Instance> {
    let host = &plugin.host;
    let (grants, limits) = (&plugin.effective(granted), plugin.limits());
    let pre = plugin.pre(waits)?;
    let (gates, access) = open_gates(plugin, grants, limits.calls);
    let life = CancelToken::new();
    let caller = Caller::new(plugin.name(), number).watched_by(host.observers.clone()).holding(gates.gates());
    let interrupt = Interrupt::by(&life, &startup);
    let memory = MemoryBudget::new(limits.memory);
    let states = host.make_states(&StateCx {
        plugin: plugin.name(),
        manifest: plugin.manifest(),
        grants,
        granted,
        life: &life,
        startup: &startup,
        interrupt: &interrupt,
        memory: &memory,
    })?;
    let guest = Guest {
        plugin: Arc::clone(&plugin.parts),
        slots: Arc::clone(&plugin.parts.slots),
        observers: host.observers.clone(),
        env: Env::new(caller, states, limits.args, limits.reply).within(memory.clone()),
        access,
        meter: Meter::new(&limits, memory),
        clock: Arc::clone(&host.clock),
        interrupt,
        life,
        startup: Some(startup),
        memory: None,
        alloc: None,
        window: Window::default(),
        frame: Frame::default(),
        reentry: Reentry::new(limits.depth),
        poison: None,
        spent: Arc::default(),
        cut_off: host.cut_off,
        cut_offs: 0,
        limits: host.limits,
    };
    let mut store = Store::new(&host.engine, guest);
    store.limiter(|guest| &mut guest.meter);
    store.epoch_deadline_callback(move |store| {
        store.data().may_go_on()?;
        Ok(if waits { UpdateDeadline::Yield(1) } else { UpdateDeadline::Continue(1) })
    });
    begin(&mut store, &limits).map_err(|error| init_failed(store.data(), error))?;
    let exports = if waits { pre.instantiate_async(&mut store).await } else { pre.instantiate(&mut store) };
    let exports = exports.map_err(|error| init_failed(store.data(), error))?;
    Ok(Instance::new(store, exports, Arc::clone(host), &limits, gates, waits))
}
