//! The host: everything that is decided before a plugin is there.

use std::fmt;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use wasmtime::{Engine, Linker};

use super::builder::HostBuilder;
use super::cache::Cache;
use super::clock::Clock;
use super::compile::Compilers;
use super::directory::LoadReport;
use super::guest::Guest;
use super::load::Loader;
use super::plugin::Plugin;
use super::running::Calls;
use super::{builtins, waiting};
use crate::error::{Error, Result};
use crate::link::Features;
use crate::observe::Observers;
use crate::policy::{Grants, Limits, Manifest, Report};
use crate::registry::Registry;
use crate::state::{StateCx, StateInit, States};

/// What happens to a plugin that imports a function whose capability it is not granted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MissingCapability {
    /// It is not instantiated, and none of its code runs.
    #[default]
    Fail,
    /// It is instantiated, and a call of that function answers `NO_CAPABILITY`.
    Deny,
}

/// What becomes of an instance when the guest was cut off in the middle of its code: it trapped, or was stopped
/// because it ran into a limit, in the call itself or in its allocator while a host function replied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CutOff {
    /// It takes no more calls: nobody knows in what state the guest left its memory.
    #[default]
    End,
    /// It can be called again, with its memory as it is. A guest that was compiled from a language keeps a stack of
    /// its own in that memory, which is not unwound: it loses a part of it each time, until every call traps.
    /// [`Error::Trapped`] then says how often it was cut off before.
    Keep,
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
    pub(super) clock: Arc<Clock>,
    pub(super) linker: Linker<Guest>,
    /// For instances that can wait; made when the first of them is.
    pub(super) waiting: OnceLock<Linker<Guest>>,
    pub(super) calls: Calls,
    pub(super) registry: Registry,
    pub(super) states: Vec<StateInit>,
    pub(super) observers: Observers,
    pub(super) limits: Limits,
    pub(super) missing: MissingCapability,
    pub(super) cut_off: CutOff,
    pub(super) cache: Option<Cache>,
    /// What the compiler can compile.
    pub(super) features: Features,
    /// The child processes that compile, where the host uses them.
    pub(super) compilers: Option<Compilers>,
}

impl Host {
    /// Begins a host that offers the functions of `registry`.
    pub fn builder(registry: Registry) -> HostBuilder {
        HostBuilder::new(registry)
    }

    /// The functions it offers.
    pub fn registry(&self) -> &Registry {
        &self.parts.registry
    }

    /// What each of its instances may use up.
    pub fn limits(&self) -> &Limits {
        &self.parts.limits
    }

    /// A loader, which can be cancelled or given a deadline.
    ///
    /// ```
    /// use std::time::{Duration, Instant};
    ///
    /// use hostfn_core::{CancelToken, Code, Host, Registry};
    ///
    /// let host = Host::builder(Registry::builder().build()?).build()?;
    /// let token = CancelToken::new();
    /// token.cancel();
    /// let loader = host.loader().cancelled_by(&token).deadline(Instant::now() + Duration::from_secs(5));
    /// assert_eq!(loader.load("late", b"\0asm\x01\0\0\0").unwrap_err().code(), Code::Cancelled);
    /// # Ok::<(), hostfn_core::Error>(())
    /// ```
    pub fn loader(&self) -> Loader<'_> {
        Loader::new(self)
    }

    /// Loads a plugin from the bytes of a WebAssembly module. Its structure, imports, exports, manifest (in the
    /// custom section `hostfn.manifest`) and [limits](crate::LoadLimits) are checked first; then it is compiled. None
    /// of its code runs. Its name is `name`: a manifest in the section that claims another is an error.
    ///
    /// # Errors
    /// Everything that is wrong with it at once (`H0302` to `H0340`): not a module, unknown imports,
    /// imports and exports of the wrong type, no memory, what is wrong with its manifest, what has changed in the
    /// host functions that it imports since it was built (see [`FunctionRecord`](crate::FunctionRecord)), and what
    /// would cost too much to compile.
    pub fn load(&self, name: impl Into<String>, bytes: &[u8]) -> Result<Plugin> {
        self.loader().load(name, bytes)
    }

    /// As [`load`](Host::load), with the text of a manifest that is kept elsewhere.
    ///
    /// # Errors
    /// Those of [`load`](Host::load).
    pub fn load_with_manifest(&self, manifest: &str, bytes: &[u8]) -> Result<Plugin> {
        self.loader().load_with_manifest(manifest, bytes)
    }

    /// Loads a plugin from a `.wasm` file, under its manifest's name or else the file's without its extension.
    /// The manifest is `NAME.toml` beside `NAME.wasm`, `plugin.toml` in a folder with no other module, or in the
    /// module's custom section `hostfn.manifest`.
    ///
    /// # Errors
    /// `H0301` when a file cannot be read, and those of [`load`](Host::load).
    pub fn load_file(&self, path: impl AsRef<Path>) -> Result<Plugin> {
        self.loader().load_file(path)
    }

    /// Loads every plugin of a directory: its `.wasm` files, and those of the folders in it. One that is refused
    /// keeps none of the others from being loaded; the report says why.
    ///
    /// # Errors
    /// `H0301` when the directory itself cannot be read.
    pub fn load_dir(&self, path: impl AsRef<Path>) -> Result<LoadReport> {
        self.loader().load_dir(path)
    }

    /// What a plugin with this manifest would get of `granted`, before there is a module. [`Plugin::report`] also
    /// knows what the module imports.
    pub fn check(&self, manifest: &Manifest, granted: &Grants) -> Report {
        Report::of(manifest.name(), Some(manifest), [], granted)
    }
}

impl HostParts {
    /// Runs the initialisers in order. When one fails, or the start is called off, the states before it are
    /// closed in reverse.
    pub(super) fn make_states(&self, cx: &StateCx<'_>) -> Result<States> {
        let mut states = States::new();
        for state in &self.states {
            if cx.startup.is_cancelled() {
                let (plugin, export) = (cx.plugin().to_owned(), "initialisation".to_owned());
                return Err(Error::Cancelled { plugin, export });
            }
            state.make(cx, &mut states)?;
        }
        Ok(states)
    }

    /// The linker of instances that can wait.
    pub(super) fn waiting_linker(&self) -> wasmtime::Result<&Linker<Guest>> {
        if let Some(linker) = self.waiting.get() {
            return Ok(linker);
        }
        let mut linker = Linker::new(&self.engine);
        builtins::define_waiting(&mut linker)?;
        waiting::define(&mut linker, &self.registry)?;
        Ok(self.waiting.get_or_init(|| linker))
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
