//! A loaded plugin: compiled, and its imports and exports checked.

use std::fmt;
use std::sync::{Arc, OnceLock};

use hostfn_abi::names;
use wasmtime::{ExternType, FuncType, InstancePre, Module, ModuleExport, ValType};

use super::cache::Cached;
use super::guest::Guest;
use super::host::HostParts;
use super::instance::Instance;
use super::load::not_compiled;
use super::start::Instantiation;
use crate::engine::Subject;
use crate::error::{Code, Problem, Problems, Result};

use crate::policy::{Grants, Limits, Manifest, Report};
use crate::registry::HostFnSpec;
use crate::spec::ContractSpec;

/// A loaded plugin. It can be instantiated any number of times, each time with other grants.
#[derive(Clone)]
pub struct Plugin {
    pub(super) host: Arc<HostParts>,
    pub(super) subject: Subject,
    pub(super) linked: Arc<LinkedModule>,
    pub(super) cached: Cached,
}

/// A module and its linked imports: made once for all instances, apart for those that can wait.
pub(super) struct LinkedModule {
    pub(super) module: Module,
    pub(super) entries: Entries,
    /// SHA-256 of the module's bytes.
    pub(super) digest: String,
    pub(super) blocking: OnceLock<InstancePre<Guest>>,
    pub(super) waiting: OnceLock<InstancePre<Guest>>,
}

/// The place where the module has the exports of the ABI, so that no instance looks them up by name.
pub(super) struct Entries {
    pub(super) memory: Option<ModuleExport>,
    pub(super) alloc: Option<ModuleExport>,
    pub(super) initialize: Option<ModuleExport>,
    pub(super) abi_version: Option<ModuleExport>,
    pub(super) init: Option<ModuleExport>,
}

impl Entries {
    pub(super) fn new(module: &Module) -> Self {
        let [memory, alloc, initialize, abi_version, init] = [
            names::MEMORY,
            names::PLUGIN_ALLOC,
            names::INITIALIZE,
            names::PLUGIN_ABI_VERSION,
            names::PLUGIN_INIT,
        ]
        .map(|name| module.get_export_index(name));
        Entries { memory, alloc, initialize, abi_version, init }
    }
}

impl Plugin {
    /// Returns what instances are made from, of those that wait or those that do not.
    pub(super) fn pre(&self, waits: bool) -> Result<&InstancePre<Guest>> {
        let LinkedModule { module, blocking, waiting, .. } = &*self.linked;
        let pre = if waits { waiting } else { blocking };
        if let Some(pre) = pre.get() {
            return Ok(pre);
        }
        let linker = if waits { self.host.waiting_linker() } else { Ok(&self.host.linker) };
        let made = linker.and_then(|linker| linker.instantiate_pre(module));
        let made = made.map_err(|error| not_compiled(self.name(), &error))?;
        // another thread may have been quicker, with the same
        Ok(pre.get_or_init(|| made))
    }

    /// Returns whether it imports an async function, so that its instances have to be made by
    /// [`instantiate_async`](Plugin::instantiate_async).
    pub fn needs_async(&self) -> bool {
        self.subject.needs_async()
    }

    /// Returns the SHA-256 digest of the module's bytes, in hexadecimal digits: which version of the plugin this is.
    pub fn digest(&self) -> &str {
        &self.linked.digest
    }

    pub(super) fn refuse_async_imports(&self) -> Result<()> {
        let problem = |spec: &HostFnSpec| {
            Problem::new(
                Code::AsyncFunction,
                format!("plugin `{}`", self.name()),
                format!(
                    "it imports `{}` of module `{}`, which is async: an instance made by `instantiate` cannot wait",
                    spec.name(),
                    spec.module()
                ),
                "make it by `instantiate_async` and call it by `call_async`",
            )
        };
        Ok(Problems::check(self.imports().filter(|spec| spec.is_async()).map(problem).collect())?)
    }

    /// Its name: its manifest's, or else the file's, or the one it was loaded under.
    pub fn name(&self) -> &str {
        self.subject.name()
    }

    /// Returns what it says of itself, if it does.
    pub fn manifest(&self) -> Option<&Manifest> {
        self.subject.manifest()
    }

    /// Returns what it would get of `granted`: what it asks for, cut down to that; all of it for a plugin without a
    /// manifest.
    pub fn effective(&self, granted: &Grants) -> Grants {
        self.subject.effective(granted)
    }

    /// Returns what each of its instances may use up: the host's limits, cut down to what it asks for.
    pub fn limits(&self) -> Limits {
        self.subject.limits()
    }

    /// Returns what it asks for, is granted and would get, and what of it the link gate would refuse.
    pub fn report(&self, granted: &Grants) -> Report {
        self.subject.report(granted)
    }

    /// Returns whether it was compiled earlier and found in the host's [cache](super::HostBuilder::cache).
    pub fn from_cache(&self) -> bool {
        self.cached == Cached::Hit
    }

    /// The host functions that it imports, in the order of the module's imports.
    pub fn imports(&self) -> impl ExactSizeIterator<Item = &'static HostFnSpec> + '_ {
        self.subject.imports()
    }

    /// Returns whether it exports every entry of `contract`, as the ABI wants them, and was not built against another version
    /// of it.
    pub fn provides(&self, contract: &ContractSpec) -> bool {
        self.subject.contract_problems(contract, |entry| self.has_entry(entry)).is_empty()
    }

    pub(super) fn has_entry(&self, entry: &str) -> Option<bool> {
        has_entry(&self.linked.module, entry)
    }

    /// The contracts of the host's registry that it provides, sorted by id.
    pub fn contracts(&self) -> Vec<&'static ContractSpec> {
        self.host.composition.registry().contracts().filter(|contract| self.provides(contract)).collect()
    }

    /// Returns what it imports and would not get of `granted`: all of it, each with the line that would allow it.
    ///
    /// # Errors
    /// One `H0310` for each such function.
    pub fn check(&self, granted: &Grants) -> Result<()> {
        self.subject.check(granted)
    }

    /// Makes an instance that may do what `grants` say.
    ///
    /// # Errors
    /// `H0310` for every function that it imports and is not granted, before any of its code runs;
    /// not with [`MissingCapability::Deny`](crate::MissingCapability::Deny). `H0308` for every async function that it imports.
    /// `H0401` when a state initialiser fails, `H0402` when the guest's own initialisation does, `H0307`
    /// when it was built for another ABI, `H0406`, `H0411` when it runs into a limit.
    pub fn instantiate(&self, grants: &Grants) -> Result<Instance> {
        self.start(grants).run()
    }

    /// As [`instantiate`](Plugin::instantiate), an instance that can wait for async functions: it is called by
    /// [`call_async`](Instance::call_async). It runs on a stack of its own, which makes its calls slower.
    ///
    /// # Errors
    /// Those of [`instantiate`](Plugin::instantiate), but for `H0308`.
    pub async fn instantiate_async(&self, grants: &Grants) -> Result<Instance> {
        self.start(grants).run_async().await
    }

    /// Begins an instance whose start can be called off.
    pub fn start<'a>(&'a self, grants: &'a Grants) -> Instantiation<'a> {
        Instantiation::new(self, grants)
    }
}

impl fmt::Debug for Plugin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let imports: Vec<_> = self.imports().map(|spec| spec.name()).collect();
        f.debug_struct("Plugin")
            .field("name", &self.name())
            .field("imports", &imports)
            .finish_non_exhaustive()
    }
}

/// Returns whether the module exports `entry`, and if so, whether as a function that the host can call: what
/// [`missing_entries`](crate::link::missing_entries) asks.
fn has_entry(module: &Module, entry: &str) -> Option<bool> {
    let ty = FuncType::new(module.engine(), [ValType::I32, ValType::I32], [ValType::I64]);
    module.get_export(entry).map(|found| is_func(&found, &ty))
}

fn is_func(found: &ExternType, expected: &FuncType) -> bool {
    matches!(found, ExternType::Func(found) if FuncType::eq(found, expected))
}
