//! The parts that every session of a host shares, collected and checked before any guest exists.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use super::aborts;
use super::calls::Calls;
use super::clock::{Clock, Tick};
use super::subject::Subject;
use crate::error::{Code, Error, Problem, Problems, Result};
use crate::observe::{Observer, Observers};
use crate::policy::{Limits, Manifest};
use crate::registry::{HostFnSpec, Registry, check_states};
use crate::state::{BoxError, Closer, StateCx, StateInit, States, give_closers};
use crate::surface::EntryRecord;

/// The policy for a plugin that imports a function without its capability.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MissingCapability {
    /// It is not instantiated, and none of its code runs.
    #[default]
    Fail,
    /// It is instantiated, and a call of that function returns `NO_CAPABILITY`.
    Deny,
}

/// The policy for an instance whose guest was cut off in the middle of its code: the guest trapped, or was stopped
/// because it ran into a limit, in the call itself or in its allocator while a host function replied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CutOff {
    /// It takes no more calls: the state of the guest's memory is unknown.
    #[default]
    End,
    /// It can be called again, with its memory unchanged. A guest that was compiled from a language keeps a stack of
    /// its own in that memory, which is not unwound: it loses a part of it each time, until every call traps.
    /// [`Error::Trapped`] then says how often it was cut off before.
    Keep,
}

/// The parts that every session of a host shares: registry, states, closers, observers, limits. Immutable and cheap to
/// clone. An engine builds one per host.
///
/// See the [module](super) for an engine on top of it.
#[derive(Clone)]
pub struct Composition(Arc<Parts>);

struct Parts {
    registry: Registry,
    states: Vec<StateInit>,
    observers: Observers,
    limits: Limits,
    missing: MissingCapability,
    cut_off: CutOff,
    calls: Calls,
    clock: Arc<Clock>,
    ticks: bool,
}

/// A host function of a composition's registry, resolved once: what [`Session::call`](super::Session::call) takes.
#[derive(Clone, Copy, Debug)]
pub struct Import {
    pub(super) spec: &'static HostFnSpec,
    /// The function's index in the registry.
    pub(super) at: usize,
}

impl Import {
    /// The function's description.
    pub const fn spec(&self) -> &'static HostFnSpec {
        self.spec
    }

    pub(crate) fn index(&self) -> usize {
        self.at
    }
}

impl Composition {
    /// Creates a builder for a host that offers the functions of `registry`.
    pub fn builder(registry: Registry) -> CompositionBuilder {
        CompositionBuilder::new(registry)
    }

    /// The functions that the host offers.
    pub fn registry(&self) -> &Registry {
        &self.0.registry
    }

    /// The limits of each instance.
    pub fn limits(&self) -> &Limits {
        &self.0.limits
    }

    /// The observers of the host.
    pub fn observers(&self) -> &Observers {
        &self.0.observers
    }

    /// Returns what happens to a plugin that imports a function that it is not granted.
    pub fn missing(&self) -> MissingCapability {
        self.0.missing
    }

    /// The function that a guest imports as `name` from `module`.
    pub fn import(&self, module: &str, name: &str) -> Option<Import> {
        let at = self.0.registry.position(module, name)?;
        Some(Import { spec: self.0.registry.at(at), at })
    }

    /// Every function that the host offers, sorted by module and name.
    pub fn imports(&self) -> impl ExactSizeIterator<Item = Import> + '_ {
        self.0.registry.iter().enumerate().map(|(at, spec)| Import { spec, at })
    }

    /// Describes a plugin to the host: its name, its manifest, and the functions that it imports.
    ///
    /// # Errors
    /// `H0302` when it imports more than 65,535 functions.
    pub fn subject(
        &self,
        name: impl Into<String>,
        manifest: Option<Manifest>,
        imports: impl IntoIterator<Item = Import>,
    ) -> Result<Subject> {
        Subject::new(self, name.into(), manifest, imports, Vec::new())
    }

    /// Describes a plugin that carries records of the entries of contracts that it exports, as
    /// [`subject`](Self::subject) does. A contract is compared with them before the plugin is called by it.
    ///
    /// # Errors
    /// Those of [`subject`](Self::subject).
    pub fn subject_with_entries(
        &self,
        name: impl Into<String>,
        manifest: Option<Manifest>,
        imports: impl IntoIterator<Item = Import>,
        entries: Vec<EntryRecord>,
    ) -> Result<Subject> {
        Subject::new(self, name.into(), manifest, imports, entries)
    }

    /// Runs the initialisers in order. When one fails, or the start is cancelled, the states before it are closed in
    /// reverse.
    pub(super) fn make_states(&self, cx: &StateCx<'_>) -> Result<States> {
        let mut states = States::new();
        for state in &self.0.states {
            if cx.startup().is_cancelled() {
                let (plugin, export) = (cx.plugin().to_owned(), "initialisation".to_owned());
                return Err(Error::Cancelled { plugin, export });
            }
            state.make(cx, &mut states)?;
        }
        Ok(states)
    }

    pub(super) fn calls(&self) -> &Calls {
        &self.0.calls
    }

    pub(super) fn clock(&self) -> &Arc<Clock> {
        &self.0.clock
    }

    pub(super) fn cut_off(&self) -> CutOff {
        self.0.cut_off
    }

    /// Returns whether the engine is made to look at deadlines.
    pub(super) fn ticks(&self) -> bool {
        self.0.ticks
    }
}

impl fmt::Debug for Composition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Composition")
            .field("functions", &self.0.registry.len())
            .field("observers", &self.0.observers)
            .field("limits", &self.0.limits)
            .finish_non_exhaustive()
    }
}

/// Collects the parts of a [`Composition`].
#[must_use = "a composition exists after `build`"]
pub struct CompositionBuilder {
    registry: Registry,
    states: Vec<StateInit>,
    closers: Vec<Closer>,
    observers: Vec<Arc<dyn Observer>>,
    limits: Limits,
    missing: MissingCapability,
    cut_off: CutOff,
    accepts_abort: bool,
    tick: Option<Tick>,
    stateless: bool,
}

impl CompositionBuilder {
    fn new(registry: Registry) -> Self {
        let (states, closers) = registry.states();
        Self {
            registry,
            states,
            closers,
            observers: Vec::new(),
            limits: Limits::default(),
            missing: MissingCapability::default(),
            cut_off: CutOff::default(),
            accepts_abort: false,
            tick: None,
            stateless: false,
        }
    }

    /// Gives every instance a state of type `S`, which functions reach as `#[state] s: &mut S`.
    /// Initialisers run in the order they were added, after those of the registry's [modules](crate::HostModule), and all
    /// before any of the plugin's code.
    #[track_caller]
    pub fn state<S, E>(
        mut self,
        id: &'static str,
        init: impl Fn(&StateCx<'_>) -> Result<S, E> + Send + Sync + 'static,
    ) -> Self
    where
        S: Any + Send,
        E: Into<BoxError>,
    {
        self.states.push(StateInit::new(id, init));
        self
    }

    /// Closes each instance's state of type `S` when the instance ends, or when its start fails.
    /// [`Session::close`](super::Session::close) reports what cannot be closed; a state without a closer is dropped.
    #[track_caller]
    pub fn on_close<S, E>(mut self, close: impl Fn(S) -> Result<(), E> + Send + Sync + 'static) -> Self
    where
        S: Any + Send,
        E: Into<BoxError>,
    {
        self.closers.push(Closer::new(close));
        self
    }

    /// Gives every instance a handle on one state of type `S`, which functions reach as `#[state] s: Shared<S>`.
    #[track_caller]
    pub fn shared<S: Any + Send + Sync>(mut self, id: &'static str, state: S) -> Self {
        self.states.push(StateInit::shared(id, state));
        self
    }

    /// Adds an observer.
    pub fn observer(mut self, observer: impl Observer + 'static) -> Self {
        self.observers.push(Arc::new(observer));
        self
    }

    /// Sets the limits of each instance.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Sets what happens to a plugin that imports a function that it is not granted.
    pub fn missing(mut self, missing: MissingCapability) -> Self {
        self.missing = missing;
        self
    }

    /// Sets what happens to an instance whose guest was cut off.
    pub fn cut_off(mut self, cut_off: CutOff) -> Self {
        self.cut_off = cut_off;
        self
    }

    /// Accepts a build with `panic = "abort"`, which [`build`](CompositionBuilder::build) refuses otherwise: a host
    /// function that panics ends the process, instead of its call and its instance.
    pub fn accept_abort_on_panic(mut self) -> Self {
        self.accepts_abort = true;
        self
    }

    /// Calls `tick` about every 10 ms while a call of the host runs, until the composition and all of its sessions are
    /// dropped. All hosts of a process share the thread, which sleeps while nothing runs; `tick` must not block. An engine uses it to make running guests look at their [deadline](super::Session::may_go_on), which then
    /// counts from the first look of a call: reading the clock at its beginning would cost as much as entering a guest.
    pub fn tick(mut self, tick: impl FnMut() + Send + 'static) -> Self {
        self.tick = Some(Box::new(tick));
        self
    }

    /// Builds without a state that a function needs: a test may script the function.
    pub(crate) fn stateless(mut self) -> Self {
        self.stateless = true;
        self
    }

    pub(crate) fn limits_so_far(&self) -> &Limits {
        &self.limits
    }

    /// Everything that does not fit together.
    pub(crate) fn problems(&mut self) -> Vec<Problem> {
        let mut problems = Vec::new();
        check_states(&self.registry, &self.states, &mut problems);
        if self.stateless {
            problems.retain(|problem| problem.code() != Code::StateMissing);
        }
        give_closers(&mut self.states, std::mem::take(&mut self.closers), &mut problems);
        problems.extend(self.limits.problems());
        problems.extend(aborts::problem(aborts::ABORTS, self.accepts_abort));
        problems
    }

    /// Builds what was checked.
    pub(crate) fn assemble(self) -> Result<Composition> {
        let ticks = self.tick.is_some();
        let clock = match self.tick {
            Some(tick) => Clock::ticking(tick).map_err(|error| no_clock(&error))?,
            None => Clock::lazy(),
        };
        Ok(Composition(Arc::new(Parts {
            registry: self.registry,
            states: self.states,
            observers: Observers::new(self.observers),
            limits: self.limits,
            missing: self.missing,
            cut_off: self.cut_off,
            calls: Calls::new(self.limits.concurrent),
            clock,
            ticks,
        })))
    }

    /// Checks everything and builds the composition.
    ///
    /// # Errors
    /// Every problem at once (`H0111` to `H0117`): a state that a function needs and nobody provides, two states of
    /// one id or type, a blank id, a limit that lets nothing run, a closer without a state, two closers of one.
    /// `H0417` when the build aborts on a panic, which is not accepted. `H0410` when the clock's thread cannot be
    /// started.
    pub fn build(mut self) -> Result<Composition> {
        let problems = self.problems();
        Problems::check(problems)?;
        self.assemble()
    }
}

impl fmt::Debug for CompositionBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CompositionBuilder").field("states", &self.states).finish_non_exhaustive()
    }
}

fn no_clock(error: &std::io::Error) -> Problem {
    Problem::new(
        Code::Engine,
        "the engine",
        format!("its clock's thread cannot be started: {error}"),
        "raise the limit of threads",
    )
}
