//! The steps of loading: read, check, compile, link. What can be refused is refused before code generation.

use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use sha2::{Digest, Sha256};
use wasmtime::Module;

use super::cache;
use super::compile::Compiled;
use super::directory::LoadReport;
use super::host::{Host, HostParts};
use super::plugin::{Entries, LinkedModule, Plugin};
use crate::error::{Code, Error, Problem, Problems, Result};
use crate::link::{Artifact, Checker};
use crate::observe::{Phase, PhaseContext};
use crate::state::CancelToken;

/// Loads plugins, and can be told to stop: see [`Host::loader`].
#[must_use = "a loader loads nothing by itself"]
#[derive(Clone, Debug)]
pub struct Loader<'h> {
    host: &'h Host,
    cancel: CancelToken,
    deadline: Option<Instant>,
}

impl<'h> Loader<'h> {
    pub(super) fn new(host: &'h Host) -> Self {
        Self { host, cancel: CancelToken::new(), deadline: None }
    }

    /// Stops loading when `token` is cancelled: between two steps, between two functions while the code is checked,
    /// between two plugins of a directory. Code generation is one step and cannot be interrupted in this process; a
    /// child process is ended.
    pub fn cancelled_by(mut self, token: &CancelToken) -> Self {
        self.cancel = token.clone();
        self
    }

    /// Stops loading after this time, at the same places.
    pub fn deadline(mut self, deadline: Instant) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// As [`Host::load`].
    ///
    /// # Errors
    /// Those of [`Host::load`]; `H0412` when it was cancelled and `H0343` when the deadline has passed.
    pub fn load(&self, name: impl Into<String>, bytes: &[u8]) -> Result<Plugin> {
        self.artifact(&Artifact::named(name, bytes))
    }

    /// As [`Host::load_with_manifest`].
    ///
    /// # Errors
    /// Those of [`load`](Self::load).
    pub fn load_with_manifest(&self, manifest: &str, bytes: &[u8]) -> Result<Plugin> {
        self.artifact(&Artifact::with_manifest(manifest, bytes))
    }

    /// As [`Host::load_file`].
    ///
    /// # Errors
    /// Those of [`Host::load_file`] and of [`load`](Self::load).
    pub fn load_file(&self, path: impl AsRef<Path>) -> Result<Plugin> {
        let path = path.as_ref();
        self.go_on(&path.display().to_string())?;
        self.artifact(&Artifact::read(path, &self.host.limits().load)?)
    }

    /// As [`Host::load_dir`]. When it is stopped, the plugins that were not loaded yet are reported as refused.
    ///
    /// # Errors
    /// Those of [`Host::load_dir`].
    pub fn load_dir(&self, path: impl AsRef<Path>) -> Result<LoadReport> {
        LoadReport::load(self, path.as_ref())
    }

    /// Fails when loading was cancelled or its deadline has passed.
    pub(super) fn go_on(&self, plugin: &str) -> Result<()> {
        if self.cancel.is_cancelled() {
            return Err(Error::Cancelled { plugin: plugin.to_owned(), export: "load".to_owned() });
        }
        if self.deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            return Err(too_late(plugin).into());
        }
        Ok(())
    }

    fn artifact(&self, artifact: &Artifact<'_>) -> Result<Plugin> {
        observed(&self.host.parts, artifact.name(), Phase::Load, || self.steps(artifact))
    }

    /// Finds everything that is wrong before it fails; nothing is compiled before that.
    fn steps(&self, artifact: &Artifact<'_>) -> Result<Plugin> {
        self.go_on(artifact.name())?;
        let host = &self.host.parts;
        let (registry, limits) = (host.composition.registry(), host.composition.limits());
        let checker = Checker::new(Some(registry), limits, host.features);
        let identity = checker.identify(artifact);
        let name = identity.name.clone();
        let subject = observed(host, &name, Phase::Check, || {
            let found = checker.check(&identity, artifact.wasm(), || self.go_on(&name))?;
            Problems::check(found.problems)?;
            let imports: Vec<_> = host.composition.imports().collect();
            let imported = found.imported.into_iter().map(|at| imports[at]);
            let (name, manifest) = (identity.name, identity.manifest);
            host.composition.subject_with_entries(name, manifest, imported, found.entries)
        })?;
        self.go_on(&name)?;
        let (module, cached) = observed(host, &name, Phase::Compile, || {
            let wasm = artifact.wasm();
            cache::compile(host.cache.as_ref(), &host.engine, wasm, || self.compile(&name, wasm))
        })?;
        self.go_on(&name)?;
        let host = Arc::clone(host);
        let digest = hex_digest(artifact.wasm());
        let (entries, blocking, waiting) = (Entries::new(&module), OnceLock::new(), OnceLock::new());
        let linked = LinkedModule { module, entries, digest, blocking, waiting };
        let plugin = Plugin { host, subject, linked: Arc::new(linked), cached };
        plugin.pre(plugin.needs_async())?;
        Ok(plugin)
    }

    fn compile(&self, name: &str, wasm: &[u8]) -> Result<Compiled> {
        let host = &self.host.parts;
        if let Some(compilers) = &host.compilers {
            return compilers.compile(&host.engine, name, wasm, &|| self.go_on(name));
        }
        let module = Module::new(&host.engine, wasm).map_err(|error| not_compiled(name, &error))?;
        Ok(Compiled { module, code: None })
    }
}

/// SHA-256 in hexadecimal digits.
pub(super) fn hex_digest(wasm: &[u8]) -> String {
    Sha256::digest(wasm).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Runs `f` as a phase, which observers are notified of.
fn observed<T>(host: &HostParts, plugin: &str, phase: Phase, f: impl FnOnce() -> Result<T>) -> Result<T> {
    let scene = PhaseContext::new(plugin, None, phase);
    let mut watch = host.composition.observers().begin(&scene);
    let result = watch.within(f);
    host.composition.observers().end(&scene, (0, 0), &watch, result.as_ref().err());
    result
}

fn too_late(plugin: &str) -> Problem {
    Problem::new(
        Code::LoadTimedOut,
        format!("plugin `{plugin}`"),
        "loading took longer than its deadline",
        "give `Loader::deadline` more time, or cache compiled modules",
    )
}

/// Returns what the engine refuses although it is valid.
pub(super) fn not_compiled(plugin: &str, error: &wasmtime::Error) -> Problem {
    Problem::new(
        Code::NotAModule,
        format!("plugin `{plugin}`"),
        format!("the engine cannot compile the module: {error:#}"),
        "build it for `wasm32-unknown-unknown`, as a core module within the limits of memory and tables",
    )
}
