//! The host: everything that is decided before a plugin is there.

use std::any::{Any, TypeId, type_name};
use std::error::Error as StdError;
use std::fmt;
use std::panic::Location;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use wasmtime::{Config, Engine, Linker};

use super::guest::Guest;
use super::plugin::Plugin;
use super::{builtins, dispatch};
use crate::error::{Code, Error, Problem, Problems, Result};
use crate::grants::Grants;
use crate::limits::Limits;
use crate::observer::{Observer, Observers};
use crate::registry::{Registry, described};
use crate::state::{Shared, States};

/// How often the clock of running guests ticks.
pub(super) const TICK: Duration = Duration::from_millis(10);

/// What happens to a plugin that imports a function whose capability it is not granted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Missing {
    /// It is not instantiated, and none of its code runs.
    #[default]
    Fail,
    /// It is instantiated, and a call of that function answers `NO_CAPABILITY`.
    Deny,
}

/// A host: immutable, cheap to clone, `Send` and `Sync`. Two hosts in one process share nothing.
///
/// A thread of its own ticks every 10 milliseconds, so that a guest that never returns can be
/// stopped; it ends with the last clone of the host and the last of its plugins and instances.
#[derive(Clone)]
pub struct Host {
    pub(super) parts: Arc<HostParts>,
}

pub(super) struct HostParts {
    pub(super) engine: Engine,
    pub(super) linker: Linker<Guest>,
    pub(super) registry: Registry,
    pub(super) states: Vec<StateInit>,
    pub(super) observers: Observers,
    pub(super) limits: Limits,
    pub(super) missing: Missing,
}

/// What a state initialiser is told about the instance that it makes a state for.
#[derive(Clone, Copy, Debug)]
pub struct StateCx<'a> {
    plugin: &'a str,
    grants: &'a Grants,
}

impl<'a> StateCx<'a> {
    /// The plugin's name.
    pub fn plugin(&self) -> &'a str {
        self.plugin
    }

    /// What the instance is granted.
    pub fn grants(&self) -> &'a Grants {
        self.grants
    }
}

type BoxError = Box<dyn StdError + Send + Sync>;
type Init = dyn Fn(&StateCx<'_>) -> Result<Box<dyn Any + Send>, BoxError> + Send + Sync;

pub(super) struct StateInit {
    id: &'static str,
    type_id: TypeId,
    type_name: &'static str,
    place: &'static Location<'static>,
    init: Box<Init>,
}

impl Host {
    /// Begins a host that offers the functions of `registry`.
    pub fn builder(registry: Registry) -> HostBuilder {
        HostBuilder {
            registry,
            states: Vec::new(),
            observers: Vec::new(),
            limits: Limits::default(),
            missing: Missing::default(),
        }
    }

    /// The functions it offers.
    pub fn registry(&self) -> &Registry {
        &self.parts.registry
    }

    /// What each of its instances may use up.
    pub fn limits(&self) -> &Limits {
        &self.parts.limits
    }

    /// Compiles a plugin from the bytes of a WebAssembly module and checks its imports and exports.
    /// None of its code runs.
    ///
    /// # Errors
    /// Everything that is wrong with it at once (`H0302` to `H0306`): not a module, unknown imports,
    /// imports and exports of the wrong type, no memory.
    pub fn load(&self, name: impl Into<String>, bytes: &[u8]) -> Result<Plugin> {
        Plugin::load(self, name.into(), bytes)
    }

    /// Loads a plugin from a `.wasm` file, under the file's name without its extension.
    ///
    /// # Errors
    /// `H0301` when the file cannot be read, and those of [`load`](Host::load).
    pub fn load_file(&self, path: impl AsRef<Path>) -> Result<Plugin> {
        let path = path.as_ref();
        let bytes = std::fs::read(path).map_err(|error| {
            Problem::new(
                Code::Unreadable,
                path.display().to_string(),
                format!("the plugin's file cannot be read: {error}"),
                "check the path and its permissions",
            )
        })?;
        let name = path.file_stem().unwrap_or(path.as_os_str()).to_string_lossy();
        self.load(name, &bytes)
    }
}

impl HostParts {
    /// Runs the initialisers in order. When one fails, the states before it are dropped in reverse.
    pub(super) fn make_states(&self, plugin: &str, grants: &Grants) -> Result<States> {
        let mut states = States::new();
        let cx = StateCx { plugin, grants };
        for state in &self.states {
            let value = (state.init)(&cx).map_err(|error| {
                Problem::new(
                    Code::StateFailed,
                    format!("state `{}` of plugin `{plugin}` ({})", state.id, state.place),
                    format!("its initialiser failed: {error}"),
                    "put right what it says",
                )
            })?;
            states.push_boxed(state.id, state.type_id, value);
        }
        Ok(states)
    }
}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Host")
            .field("functions", &self.parts.registry.len())
            .field("observers", &self.parts.observers)
            .field("limits", &self.parts.limits)
            .finish_non_exhaustive()
    }
}

/// Gathers what a [`Host`] is made of.
#[must_use = "a host is there after `build`"]
pub struct HostBuilder {
    registry: Registry,
    states: Vec<StateInit>,
    observers: Vec<Arc<dyn Observer>>,
    limits: Limits,
    missing: Missing,
}

impl HostBuilder {
    /// Gives every instance a state of type `S`, which functions reach as `#[state] s: &mut S`.
    /// Initialisers run in the order they were added, before any of the plugin's code.
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
        self.states.push(StateInit {
            id,
            type_id: TypeId::of::<S>(),
            type_name: type_name::<S>(),
            place: Location::caller(),
            init: Box::new(move |cx| match init(cx) {
                Ok(state) => Ok(Box::new(state)),
                Err(error) => Err(error.into()),
            }),
        });
        self
    }

    /// Gives every instance a handle on one state of type `S`, which functions reach as
    /// `#[state] s: Shared<S>`.
    #[track_caller]
    pub fn shared<S: Any + Send + Sync>(mut self, id: &'static str, state: S) -> Self {
        let shared = Shared::new(state);
        self.states.push(StateInit {
            id,
            type_id: TypeId::of::<Shared<S>>(),
            type_name: type_name::<Shared<S>>(),
            place: Location::caller(),
            init: Box::new(move |_| Ok(Box::new(shared.clone()))),
        });
        self
    }

    /// Adds an observer.
    pub fn observer(mut self, observer: impl Observer + 'static) -> Self {
        self.observers.push(Arc::new(observer));
        self
    }

    /// What each instance may use up, instead of the defaults.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// What happens to a plugin that imports a function it is not granted.
    pub fn missing(mut self, missing: Missing) -> Self {
        self.missing = missing;
        self
    }

    /// Checks everything and builds the host.
    ///
    /// # Errors
    /// Every problem at once (`H0111` to `H0115`): a state that a function needs and nobody provides,
    /// two states of one id or type, a blank id, a limit that lets nothing run. `H0410` when the
    /// engine cannot be set up on this machine.
    pub fn build(self) -> Result<Host> {
        let HostBuilder { registry, states, observers, limits, missing } = self;
        let mut problems = Vec::new();
        check_states(&registry, &states, &mut problems);
        problems.extend(limits.problems());
        Problems::check(problems)?;

        let engine = engine(&limits).map_err(|error| no_engine(&error))?;
        let mut linker = Linker::new(&engine);
        builtins::define(&mut linker).map_err(|error| no_engine(&error))?;
        dispatch::define(&mut linker, &registry).map_err(|error| no_engine(&error))?;
        tick(&engine)?;
        let observers = Observers::new(observers);
        Ok(Host {
            parts: Arc::new(HostParts { engine, linker, registry, states, observers, limits, missing }),
        })
    }
}

fn engine(limits: &Limits) -> wasmtime::Result<Engine> {
    let mut config = Config::new();
    // the limit of memory is one memory's
    config.epoch_interruption(true).max_wasm_stack(limits.stack).wasm_multi_memory(false);
    Engine::new(&config)
}

fn no_engine(error: &wasmtime::Error) -> Error {
    Problem::new(
        Code::Engine,
        "the WebAssembly engine",
        format!("it cannot be set up: {error:#}"),
        "check that the machine's processor and limits suit wasmtime",
    )
    .into()
}

/// Ticks for as long as the engine lives.
fn tick(engine: &Engine) -> Result<()> {
    let engine = engine.weak();
    let ticker = move || {
        while let Some(engine) = engine.upgrade() {
            engine.increment_epoch();
            drop(engine);
            std::thread::sleep(TICK);
        }
    };
    std::thread::Builder::new().name("hostfn-epoch".to_owned()).spawn(ticker).map_err(|error| {
        Problem::new(
            Code::Engine,
            "the WebAssembly engine",
            format!("its clock's thread cannot be started: {error}"),
            "raise the limit of threads",
        )
    })?;
    Ok(())
}

fn check_states(registry: &Registry, states: &[StateInit], problems: &mut Vec<Problem>) {
    for (i, state) in states.iter().enumerate() {
        let place = format!("state `{}` ({})", state.id, state.place);
        if state.id.trim().is_empty() {
            let remedy = "name it, for the messages that are about it";
            problems.push(Problem::new(Code::BlankStateId, place.clone(), "its id is blank", remedy));
        }
        for other in &states[..i] {
            if other.id == state.id {
                let what = format!("there is a state of this id already, from {}", other.place);
                problems.push(Problem::new(
                    Code::DuplicateStateId,
                    place.clone(),
                    what,
                    "give it another id",
                ));
            }
            if other.type_id == state.type_id {
                problems.push(Problem::new(
                    Code::DuplicateStateType,
                    place.clone(),
                    format!("there is a state of type `{}` already, from {}", state.type_name, other.place),
                    "wrap one of them in a type of its own",
                ));
            }
        }
    }
    for spec in registry.iter() {
        for param in spec.parameters() {
            if let Some(type_id) = param.state_id()
                && !states.iter().any(|state| state.type_id == type_id)
            {
                problems.push(Problem::new(
                    Code::StateMissing,
                    described(spec),
                    format!(
                        "its parameter `{}` asks for a state of type `{}`",
                        param.name(),
                        param.type_name()
                    ),
                    format!(
                        "provide it: `Host::builder(registry).state(\"{0}\", |cx| ...)`, or `.shared(\"{0}\", value)` for \
                         a `Shared`",
                        param.name()
                    ),
                ));
            }
        }
    }
}
