//! The steps of loading: read, check, compile, link. What can be refused is refused before code generation.

use std::borrow::Cow;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use wasmtime::Module;

use super::artifact::Artifact;
use super::cache;
use super::compile::Compiled;
use super::directory::LoadReport;
use super::host::{Host, HostParts};
use super::plugin::{LinkedModule, Plugin};
use crate::engine::Subject;
use crate::error::{Code, Error, Problem, Problems, Result};
use crate::link::{self, ModuleInfo, Surface};
use crate::observe::{Phase, PhaseContext};
use crate::policy::{Limits, Manifest, Metric};
use crate::registry::Registry;
use crate::state::CancelToken;
use crate::surface::{ContractRow, FunctionRecord, FunctionRow, check_exports};

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
        self.artifact(&Artifact { name: name.into(), wasm: bytes.into(), beside: None })
    }

    /// As [`Host::load_with_manifest`].
    ///
    /// # Errors
    /// Those of [`load`](Self::load).
    pub fn load_with_manifest(&self, manifest: &str, bytes: &[u8]) -> Result<Plugin> {
        let beside = Some(("its manifest".to_owned(), manifest.to_owned()));
        self.artifact(&Artifact { name: "unnamed".to_owned(), wasm: bytes.into(), beside })
    }

    /// As [`Host::load_file`].
    ///
    /// # Errors
    /// Those of [`Host::load_file`] and of [`load`](Self::load).
    pub fn load_file(&self, path: impl AsRef<Path>) -> Result<Plugin> {
        let path = path.as_ref();
        self.go_on(&path.display().to_string())?;
        self.artifact(&Artifact::read(path, self.host.limits().load.module_bytes)?)
    }

    /// As [`Host::load_dir`]. When it is stopped, the plugins that were not loaded yet are reported as refused.
    ///
    /// # Errors
    /// Those of [`Host::load_dir`].
    pub fn load_dir(&self, path: impl AsRef<Path>) -> Result<LoadReport> {
        LoadReport::of(self, path.as_ref())
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

    fn artifact(&self, artifact: &Artifact) -> Result<Plugin> {
        observed(&self.host.parts, &artifact.name, Phase::Load, || self.steps(artifact))
    }

    /// Finds everything that is wrong before it fails; nothing is compiled before that.
    fn steps(&self, artifact: &Artifact) -> Result<Plugin> {
        self.go_on(&artifact.name)?;
        let host = &self.host.parts;
        let mut problems = Vec::new();
        let manifest = artifact.manifest(host.composition.registry(), &mut problems);
        let name = manifest.as_ref().map_or(artifact.name.as_str(), Manifest::name).to_owned();
        let subject = observed(host, &name, Phase::Check, || {
            self.check(name.clone(), manifest, &artifact.wasm, problems)
        })?;
        self.go_on(&name)?;
        let (module, cached) = observed(host, &name, Phase::Compile, || {
            let wasm = &artifact.wasm;
            cache::compile(host.cache.as_ref(), &host.engine, wasm, || self.compile(&name, wasm))
        })?;
        self.go_on(&name)?;
        let host = Arc::clone(host);
        let linked = LinkedModule { module, blocking: OnceLock::new(), waiting: OnceLock::new() };
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

    /// Everything that can be known without compiling: structure, limits, imports, exports, records.
    fn check(
        &self,
        name: String,
        manifest: Option<Manifest>,
        wasm: &[u8],
        mut problems: Vec<Problem>,
    ) -> Result<Subject> {
        match self.parts(name, manifest, wasm, &mut problems) {
            Ok(subject) => {
                Problems::check(problems)?;
                Ok(subject)
            }
            Err(Error::Problems(last)) => Err(last.with(problems).into()),
            Err(stopped) => Err(stopped),
        }
    }

    fn parts(
        &self,
        name: String,
        manifest: Option<Manifest>,
        wasm: &[u8],
        problems: &mut Vec<Problem>,
    ) -> Result<Subject> {
        let host = &self.host.parts;
        let (registry, limits) = (host.composition.registry(), &host.composition.limits().load);
        if wasm.len() as u64 > limits.module_bytes {
            return Err(too_large(&name, wasm.len() as u64, limits.module_bytes).into());
        }
        link::check_counts(&name, wasm, limits)?;
        let mut module = ModuleInfo::read(&name, wasm, host.features)?;
        let (records, unreadable) = FunctionRecord::carried_by(&name, wasm);
        problems.extend(unreadable);
        self.go_on(&name)?;
        let imported = link::check_imports(&name, &module, registry, &records, problems);
        link::check_exports(&name, &module, problems);
        if let Some(manifest) = &manifest {
            problems.extend(unmetered(&name, host.composition.limits(), manifest));
            let exports = manifest.exports();
            let contracts = registry.contracts().filter(|_| !exports.is_empty());
            let contracts: Vec<_> = contracts.map(ContractRow::of).collect();
            let entry = |entry: &str| module.exports_entry(entry);
            problems.extend(check_exports(&name, &contracts, exports, entry));
        }
        module.measure(&name, limits, || self.go_on(&name))?;
        problems.extend(module.exceeded(&name, limits));
        let imports: Vec<_> = host.composition.imports().collect();
        host.composition.subject(name, manifest, imported.into_iter().map(|at| imports[at]))
    }
}

impl Surface for Registry {
    fn position(&self, module: &str, name: &str) -> Option<usize> {
        Registry::position(self, module, name)
    }

    fn row(&self, at: usize) -> Cow<'_, FunctionRow> {
        Cow::Owned(FunctionRow::of(self.at(at)))
    }

    fn names_of(&self, module: &str) -> Vec<&str> {
        self.iter().filter(|spec| spec.module() == module).map(|spec| spec.name()).collect()
    }
}

/// A limit of fuel that the host could not keep: metering is a setting of the engine, made when the host is built.
fn unmetered(plugin: &str, limits: &Limits, manifest: &Manifest) -> Option<Problem> {
    let asked = manifest.limits().fuel.filter(|_| limits.fuel.is_none())?;
    Some(Problem::new(
        Code::FuelNotMetered,
        format!("plugin `{plugin}`, its manifest"),
        format!("it asks for a limit of {asked} units of fuel, and the host does not meter fuel"),
        "remove `fuel` from `[limits]`, or build the host with `Limits::fuel`",
    ))
}

/// Runs `f` under the eyes of the observers.
fn observed<T>(host: &HostParts, plugin: &str, phase: Phase, f: impl FnOnce() -> Result<T>) -> Result<T> {
    let scene = PhaseContext::new(plugin, None, phase);
    let mut watch = host.composition.observers().begin(&scene);
    let result = watch.within(f);
    host.composition.observers().end(&scene, (0, 0), &watch, result.as_ref().err());
    result
}

/// A module that is not read, for its size alone.
pub(super) fn too_large(plugin: &str, bytes: u64, limit: u64) -> Problem {
    let metric = Metric::ModuleBytes;
    let what = format!("{}: {bytes}, limit {limit}", metric.text());
    let remedy =
        format!("split the module, or raise `Limits::load.{}` if you trust the plugin", metric.field());
    Problem::new(Code::LoadLimit, format!("plugin `{plugin}`"), what, remedy)
}

fn too_late(plugin: &str) -> Problem {
    Problem::new(
        Code::LoadTimedOut,
        format!("plugin `{plugin}`"),
        "loading took longer than its deadline",
        "give `Loader::deadline` more time, or cache compiled modules",
    )
}

/// What the engine refuses although it is valid.
pub(super) fn not_compiled(plugin: &str, error: &wasmtime::Error) -> Problem {
    Problem::new(
        Code::NotAModule,
        format!("plugin `{plugin}`"),
        format!("the engine cannot compile the module: {error:#}"),
        "build it for `wasm32-unknown-unknown`, as a core module",
    )
}
