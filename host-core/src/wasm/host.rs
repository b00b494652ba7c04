//! The host: everything that is decided before a plugin is there.

use std::fmt;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use wasmtime::{Engine, Linker};

use super::builder::HostBuilder;
use super::cache::Cache;
use super::compile::Compilers;
use super::directory::LoadReport;
use super::guest::Guest;
use super::load::Loader;
use super::plugin::Plugin;
use super::{builtins, waiting};
use crate::engine::Composition;
use crate::error::Result;
use crate::link::Features;
use crate::policy::{Grants, Limits, Manifest, Report};
use crate::registry::Registry;

/// A host: immutable, cheap to clone, `Send` and `Sync`. Two hosts in one process share a clock and nothing else.
///
/// The clock is one thread for all hosts. While a guest runs or waits it ticks every 10 milliseconds, so that a guest that
/// never returns can be stopped; half a second after the last call it sleeps until the next one.
#[derive(Clone)]
pub struct Host {
    pub(super) parts: Arc<HostParts>,
}

pub(super) struct HostParts {
    pub(super) composition: Composition,
    pub(super) engine: Engine,
    pub(super) linker: Linker<Guest>,
    /// For instances that can wait; made when the first of them is.
    pub(super) waiting: OnceLock<Linker<Guest>>,
    pub(super) cache: Option<Cache>,
    /// The features of the compiler.
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
        self.parts.composition.registry()
    }

    /// Returns what each of its instances may use up.
    pub fn limits(&self) -> &Limits {
        self.parts.composition.limits()
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
    /// All problems at once, with codes from `H0302` on: it is not a module, it was built for another version of the ABI,
    /// imports are unknown, imports or exports have the wrong type, it has no memory, its manifest is invalid, host
    /// functions that it imports have changed since it was built (see [`FunctionRecord`](crate::FunctionRecord)), it
    /// exceeds a limit. `hostfn inspect` reports the same.
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

    /// Returns what a plugin with this manifest would get of `granted`, before there is a module. [`Plugin::report`] also
    /// knows what the module imports.
    pub fn check(&self, manifest: &Manifest, granted: &Grants) -> Report {
        Report::new(manifest.name(), Some(manifest), [], granted)
    }
}

impl HostParts {
    /// The linker of instances that can wait.
    pub(super) fn waiting_linker(&self) -> wasmtime::Result<&Linker<Guest>> {
        if let Some(linker) = self.waiting.get() {
            return Ok(linker);
        }
        let mut linker = Linker::new(&self.engine);
        builtins::define_waiting(&mut linker)?;
        waiting::define(&mut linker, &self.composition)?;
        Ok(self.waiting.get_or_init(|| linker))
    }
}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Host")
            .field("functions", &self.registry().len())
            .field("observers", self.parts.composition.observers())
            .field("limits", self.limits())
            .finish_non_exhaustive()
    }
}
