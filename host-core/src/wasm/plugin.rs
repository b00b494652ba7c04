//! A loaded plugin: compiled, and its imports and exports checked.

use std::fmt;
use std::sync::{Arc, OnceLock};

use host_abi::names;
use wasmtime::{Engine, ExternType, FuncType, InstancePre, Module, ValType};

use super::artifact::Artifact;
use super::builtins;
use super::cache::{self, Cached};
use super::guest::Guest;
use super::host::{Host, HostParts};
use super::instance::Instance;
use super::start::Start;
use crate::contract::{self, ContractSpec, missing_entries};
use crate::drift::{FunctionRecord, Records};
use crate::error::{Code, Problem, Problems, Result, near, printable};
use crate::grants::Grants;
use crate::limits::Limits;
use crate::manifest::Manifest;
use crate::observer::{Phase, Scene};
use crate::registry::Registry;
use crate::report::Report;
use crate::spec::HostFnSpec;

/// A loaded plugin. It can be instantiated any number of times, each time with other grants.
#[derive(Clone)]
pub struct Plugin {
    pub(super) host: Arc<HostParts>,
    pub(super) parts: Arc<PluginParts>,
    linked: Arc<LinkedModule>,
    cached: Cached,
}

/// A module and what it is linked to: made once for all instances, apart for those that can wait.
struct LinkedModule {
    module: Module,
    blocking: OnceLock<InstancePre<Guest>>,
    waiting: OnceLock<InstancePre<Guest>>,
}

pub(super) struct PluginParts {
    pub(super) name: String,
    manifest: Option<Manifest>,
    /// The host functions that it imports, each once.
    pub(super) imports: Vec<&'static HostFnSpec>,
    /// From a function's index in the registry to its index in `imports`, so that an instance has a
    /// table of the few functions it can call and not of all that the host has.
    pub(super) slots: Arc<[u16]>,
}

impl Plugin {
    pub(super) fn load(host: &Host, artifact: &Artifact) -> Result<Self> {
        observed(&host.parts, &artifact.name, Phase::Load, || Self::of(&host.parts, artifact))
    }

    /// Finds everything that is wrong with it before it gives up.
    fn of(host: &Arc<HostParts>, artifact: &Artifact) -> Result<Self> {
        let mut problems = Vec::new();
        let manifest = artifact.manifest(&host.registry, &mut problems);
        artifact.check_target(&mut problems);
        let name = manifest.as_ref().map_or(artifact.name.as_str(), Manifest::name).to_owned();
        let module = observed(host, &name, Phase::Compile, || {
            let compiled = cache::compile(host.cache.as_ref(), &host.engine, &artifact.wasm);
            Ok(compiled.map_err(|error| not_a_module(&name, &error))?)
        });
        let (module, cached) = match module {
            Ok(compiled) => compiled,
            Err(error) => {
                let known = problems.iter().any(|problem| problem.code() == Code::WrongTarget);
                problems.extend(error.problems().iter().filter(|_| !known).cloned());
                Problems::check(problems)?;
                return Err(error);
            }
        };
        let parts = observed(host, &name, Phase::Check, || {
            let (carried, unreadable) = FunctionRecord::carried_by(&name, &artifact.wasm);
            problems.extend(unreadable);
            let mut records = Records::default();
            records.add(carried);
            let parts =
                PluginParts::of(name.clone(), manifest, &host.registry, &module, &records, &mut problems);
            records.check(&parts.name, &parts.imports, &mut problems);
            check_exports(&parts, &host.registry, &module, &mut problems);
            Problems::check(problems)?;
            Ok(parts)
        })?;
        let host = Arc::clone(host);
        let linked = LinkedModule { module, blocking: OnceLock::new(), waiting: OnceLock::new() };
        let plugin = Plugin { host, parts: Arc::new(parts), linked: Arc::new(linked), cached };
        plugin.pre(plugin.needs_async())?;
        Ok(plugin)
    }

    /// What instances are made from, of those that wait or those that do not.
    pub(super) fn pre(&self, waits: bool) -> Result<&InstancePre<Guest>> {
        let LinkedModule { module, blocking, waiting } = &*self.linked;
        let pre = if waits { waiting } else { blocking };
        if let Some(pre) = pre.get() {
            return Ok(pre);
        }
        let linker = if waits { self.host.waiting_linker() } else { Ok(&self.host.linker) };
        let made = linker.and_then(|linker| linker.instantiate_pre(module));
        let made = made.map_err(|error| not_a_module(self.name(), &error))?;
        // another thread may have been quicker, with the same
        Ok(pre.get_or_init(|| made))
    }

    /// Whether it imports an async function, so that its instances have to be made by
    /// [`instantiate_async`](Plugin::instantiate_async).
    pub fn needs_async(&self) -> bool {
        self.imports().any(HostFnSpec::is_async)
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
        &self.parts.name
    }

    /// What it says of itself, if it does.
    pub fn manifest(&self) -> Option<&Manifest> {
        self.parts.manifest.as_ref()
    }

    /// What it would get of `granted`: what it asks for, cut down to that; all of it for a plugin without a
    /// manifest.
    pub fn effective(&self, granted: &Grants) -> Grants {
        self.manifest().map_or_else(|| granted.clone(), |manifest| manifest.effective(granted))
    }

    /// What each of its instances may use up: the host's limits, cut down to what it asks for.
    pub fn limits(&self) -> Limits {
        let limits = self.host.limits;
        self.manifest().map_or(limits, |manifest| limits.within(manifest.limits()))
    }

    /// What it asks for, is granted and would get, and what of it the link gate would refuse.
    pub fn report(&self, granted: &Grants) -> Report {
        Report::of(self.name(), self.manifest(), &self.parts.imports, granted)
    }

    /// Whether it was compiled earlier and found in the host's [cache](super::HostBuilder::cache).
    pub fn from_cache(&self) -> bool {
        self.cached == Cached::Hit
    }

    /// The host functions that it imports, in the order of the module's imports.
    pub fn imports(&self) -> impl ExactSizeIterator<Item = &'static HostFnSpec> + '_ {
        self.parts.imports.iter().copied()
    }

    /// Whether it exports every entry of `contract`, as the ABI wants them.
    pub fn provides(&self, contract: &ContractSpec) -> bool {
        missing_entries(self.name(), contract, |entry| has_entry(&self.linked.module, entry)).is_empty()
    }

    /// The contracts of the host's registry that it provides, sorted by id.
    pub fn contracts(&self) -> Vec<&'static ContractSpec> {
        self.host.registry.contracts().filter(|contract| self.provides(contract)).collect()
    }

    /// What it imports and would not get of `granted`: all of it, each with the line that would allow it.
    ///
    /// # Errors
    /// One `H0310` for each such function.
    pub fn check(&self, granted: &Grants) -> Result<()> {
        let effective = self.effective(granted);
        if self.imports().all(|spec| spec.capability().is_none_or(|capability| effective.allows(capability)))
        {
            return Ok(());
        }
        Ok(Problems::check(self.report(granted).refusals().cloned().collect())?)
    }

    /// Makes an instance that may do what `grants` say.
    ///
    /// # Errors
    /// `H0310` for every function that it imports and is not granted, before any of its code runs;
    /// not with [`Missing::Deny`](crate::Missing::Deny). `H0308` for every async function that it imports.
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
    pub fn start<'a>(&'a self, grants: &'a Grants) -> Start<'a> {
        Start::new(self, grants)
    }
}

impl fmt::Debug for Plugin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let imports: Vec<_> = self.parts.imports.iter().map(|spec| spec.name()).collect();
        f.debug_struct("Plugin")
            .field("name", &self.parts.name)
            .field("imports", &imports)
            .finish_non_exhaustive()
    }
}

impl PluginParts {
    fn of(
        name: String,
        manifest: Option<Manifest>,
        registry: &Registry,
        module: &Module,
        records: &Records,
        problems: &mut Vec<Problem>,
    ) -> Self {
        let engine = module.engine();
        let host_fn = FuncType::new(engine, [ValType::I32, ValType::I32], [ValType::I64]);
        let mut imports = Vec::new();
        let mut slots = vec![u16::MAX; registry.len()];
        for import in module.imports() {
            let place = format!(
                "plugin `{name}`, import `{}` of module `{}`",
                printable(import.name()),
                printable(import.module())
            );
            let builtin =
                (import.module() == names::HOST).then(|| builtins::type_of(engine, import.name())).flatten();
            let at = registry.position(import.module(), import.name());
            let expected = match (&builtin, at) {
                (Some(ty), _) => ty,
                (None, Some(_)) => &host_fn,
                (None, None) if import.module().starts_with("wasi_") => {
                    problems.push(needs_wasi(&name, import.module()));
                    continue;
                }
                (None, None) if let Some(record) = records.find(import.module(), import.name()) => {
                    problems.push(record.gone().within(&format!("plugin `{name}`")));
                    continue;
                }
                (None, None) => {
                    // a hostile module can have a million of them
                    let suggest = problems.len() < MOST_SUGGESTIONS;
                    let near = if suggest {
                        near_imports(registry, import.module(), import.name())
                    } else {
                        Vec::new()
                    };
                    problems.push(unknown_import(place, &near));
                    continue;
                }
            };
            if !is_func(&import.ty(), expected) {
                problems.push(Problem::new(
                    Code::ImportType,
                    place,
                    format!("it is imported as {} and is {expected}", described(&import.ty())),
                    "declare it as section 2 or 3 of the ABI does",
                ));
                continue;
            }
            if let Some(at) = at.filter(|&at| slots[at] == u16::MAX) {
                let Some(slot) = u16::try_from(imports.len()).ok().filter(|&slot| slot != u16::MAX) else {
                    problems.push(Problem::new(
                        Code::UnknownImport,
                        place,
                        format!("it imports more than {} host functions", u16::MAX),
                        "import fewer",
                    ));
                    break;
                };
                slots[at] = slot;
                imports.push(registry.at(at));
            }
        }
        PluginParts { name, manifest, imports, slots: slots.into() }
    }
}

/// Runs `f` under the eyes of the observers.
fn observed<T>(host: &HostParts, plugin: &str, phase: Phase, f: impl FnOnce() -> Result<T>) -> Result<T> {
    let scene = Scene::new(plugin, None, phase);
    let mut watch = host.observers.begin(&scene);
    let result = watch.within(f);
    host.observers.end(&scene, (0, 0), &watch, result.as_ref().err());
    result
}

fn needs_wasi(plugin: &str, module: &str) -> Problem {
    Problem::new(
        Code::WrongTarget,
        format!("plugin `{plugin}`"),
        format!(
            "it imports from `{}`: it was built for WASI, which this host does not offer",
            printable(module)
        ),
        "build it for `wasm32-unknown-unknown`",
    )
}

fn not_a_module(name: &str, error: &wasmtime::Error) -> Problem {
    Problem::new(
        Code::NotAModule,
        format!("plugin `{name}`"),
        format!("it is not a WebAssembly module that can be compiled: {error:#}"),
        "build it for `wasm32-unknown-unknown`, as a core module",
    )
}

/// For how many unknown imports it is looked up what they may have meant.
const MOST_SUGGESTIONS: usize = 16;

fn near_imports<'r>(registry: &'r Registry, module: &str, name: &str) -> Vec<&'r str> {
    // no name that long can be near to one that a function can have
    if name.len() > 256 {
        return Vec::new();
    }
    let functions = registry.iter().filter(|spec| spec.module() == module).map(HostFnSpec::name);
    near(name, functions.chain(names::RESERVED.iter().copied().filter(|_| module == names::HOST)))
}

fn unknown_import(place: String, near: &[&str]) -> Problem {
    let remedy = if near.is_empty() {
        "register the function with the host, or build the plugin against this host's functions".to_owned()
    } else {
        format!("did the plugin mean `{}`?", near.join("`, `"))
    };
    Problem::new(Code::UnknownImport, place, "the host has no such function", remedy)
}

fn check_exports(parts: &PluginParts, registry: &Registry, module: &Module, problems: &mut Vec<Problem>) {
    let place = |export: &str| format!("plugin `{}`, export `{export}`", parts.name);
    let bad_memory = |what: String| {
        Problem::new(
            Code::BadMemory,
            place(names::MEMORY),
            what,
            "export one 32-bit memory of its own as `memory`",
        )
    };
    match module.get_export(names::MEMORY) {
        None => problems.push(bad_memory("the module exports no memory".to_owned())),
        Some(ExternType::Memory(memory)) if memory.is_64() || memory.is_shared() => {
            let kind = if memory.is_64() { "a 64-bit" } else { "a shared" };
            problems.push(bad_memory(format!("it is {kind} memory")));
        }
        Some(ExternType::Memory(_)) => {}
        Some(other) => problems.push(bad_memory(format!("it is {}", described(&other)))),
    }
    for (export, ty) in export_types(module.engine()) {
        if let Some(found) = module.get_export(export)
            && !is_func(&found, &ty)
        {
            problems.push(Problem::new(
                Code::ExportType,
                place(export),
                format!("it is {} and has to be {ty}", described(&found)),
                "export it as the ABI says, or under another name",
            ));
        }
    }
    if let Some(manifest) = &parts.manifest {
        let contracts: Vec<_> = registry.contracts().collect();
        let entry = |entry: &str| has_entry(module, entry);
        problems.extend(contract::check_exports(&parts.name, &contracts, manifest.exports(), entry));
    }
}

/// Whether the module exports `entry`, and if so, whether as a function that the host can call: what
/// [`missing_entries`] asks.
fn has_entry(module: &Module, entry: &str) -> Option<bool> {
    let ty = FuncType::new(module.engine(), [ValType::I32, ValType::I32], [ValType::I64]);
    module.get_export(entry).map(|found| is_func(&found, &ty))
}

fn export_types(engine: &Engine) -> [(&'static str, FuncType); 4] {
    [
        (names::PLUGIN_ALLOC, FuncType::new(engine, [ValType::I32], [ValType::I32])),
        (names::PLUGIN_ABI_VERSION, FuncType::new(engine, [], [ValType::I32])),
        (names::PLUGIN_INIT, FuncType::new(engine, [], [ValType::I32])),
        (names::INITIALIZE, FuncType::new(engine, [], [])),
    ]
}

fn is_func(found: &ExternType, expected: &FuncType) -> bool {
    matches!(found, ExternType::Func(found) if FuncType::eq(found, expected))
}

fn described(ty: &ExternType) -> String {
    match ty {
        ExternType::Func(func) => func.to_string(),
        ExternType::Global(_) => "a global".to_owned(),
        ExternType::Table(_) => "a table".to_owned(),
        ExternType::Memory(_) => "a memory".to_owned(),
        ExternType::Tag(_) => "a tag".to_owned(),
    }
}
