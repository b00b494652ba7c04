//! Imports and exports of a module against what a host offers and what the ABI requires.

use std::collections::HashSet;

use hostfn_abi::{ABI_VERSION, names};
use wasmparser::{ExternalKind, ValType};

use super::foreign::{self, Toolchain};
use super::grants::too_many_functions;
use super::module::{Import, ModuleInfo, place, signature};
use super::surface::Surface;
use crate::error::{Code, Problem, near, printable};
use crate::surface::{FunctionRecord, Records};

const I32: ValType = ValType::I32;
const I64: ValType = ValType::I64;

/// So many refused imports are reported.
const MOST: usize = 64;

/// For so many unknown imports names that are near are looked up.
const MOST_SUGGESTIONS: usize = 16;

/// An import that always exists, and its type.
#[derive(Clone, Copy, Debug)]
pub struct Builtin {
    /// Its name in the module `host`.
    pub name: &'static str,
    /// Its parameters.
    pub params: &'static [ValType],
    /// Its results.
    pub results: &'static [ValType],
}

const fn of(name: &'static str, params: &'static [ValType], results: &'static [ValType]) -> Builtin {
    Builtin { name, params, results }
}

const BUILTINS: [Builtin; 5] = [
    of(names::HOST_LOG, &[I32, I32, I32], &[]),
    of(names::HOST_ALLOC, &[I32], &[I32]),
    of(names::HOST_SET_RESULT, &[I32, I32], &[]),
    of(names::HOST_SET_WINDOW, &[I32, I32], &[I32]),
    of(names::HOST_RESULT_PTR, &[], &[I32]),
];

const EXPORTS: [Builtin; 4] = [
    of(names::PLUGIN_ALLOC, &[I32], &[I32]),
    of(names::PLUGIN_ABI_VERSION, &[], &[I32]),
    of(names::PLUGIN_INIT, &[], &[I32]),
    of(names::INITIALIZE, &[], &[]),
];

/// The built-in that a guest imports as `name` from `module`: section 2 of the ABI.
pub fn builtin(module: &str, name: &str) -> Option<&'static Builtin> {
    BUILTINS.iter().find(|builtin| module == names::HOST && builtin.name == name)
}

/// Checks the imports of a module. Returns the indices of the host functions that it imports, each once and in the
/// module's order; what is wrong goes to `problems`.
pub fn check_imports(
    plugin: &str,
    module: &ModuleInfo<'_>,
    surface: &impl Surface,
    records: &[FunctionRecord],
    problems: &mut Vec<Problem>,
) -> Vec<usize> {
    let records = Records::new(records);
    let mut imported = Vec::new();
    let mut seen = HashSet::new();
    let mut refused = Refused::default();
    for import in &module.imports {
        let host_fn = of("", &[I32, I32], &[I64]);
        let builtin = builtin(import.module, import.name);
        let at = surface.position(import.module, import.name);
        let expected = match (builtin, at) {
            (Some(builtin), _) => builtin,
            (None, Some(_)) => &host_fn,
            (None, None) => {
                let suggest = refused.problems.len() < MOST_SUGGESTIONS;
                // a function that the plugin was built against is reported as removed, one by one
                let toolchain = foreign::toolchain(import).filter(|toolchain| {
                    *toolchain == Toolchain::Wasi || records.find(import.module, import.name).is_none()
                });
                refused.add(toolchain, || unknown(plugin, import, surface, &records, suggest));
                continue;
            }
        };
        if !module.imports_func(import, expected.params, expected.results) {
            refused.add(None, || {
                Problem::new(
                    Code::ImportType,
                    place_of(plugin, import),
                    mismatch(expected.params, expected.results, &module.imported_as(&import.ty)),
                    "declare it as section 2 or 3 of the ABI does",
                )
            });
        }
        if let Some(at) = at.filter(|_| builtin.is_none())
            && seen.insert(at)
        {
            imported.push(at);
        }
    }
    refused.finish(plugin, problems);
    problems.extend(too_many_functions(plugin, imported.len()));
    let row = |module: &str, name: &str| {
        let at = surface.position(module, name).filter(|at| seen.contains(at))?;
        Some(surface.row(at))
    };
    records.check(plugin, row, problems);
    imported
}

/// Imports that are refused: a hostile module can have a million of them, and the first 64 are reported.
#[derive(Default)]
struct Refused {
    problems: Vec<Problem>,
    /// All imports of a toolchain are one problem.
    toolchains: HashSet<Toolchain>,
    more: usize,
}

impl Refused {
    fn add(&mut self, toolchain: Option<Toolchain>, problem: impl FnOnce() -> Problem) {
        if let Some(toolchain) = toolchain
            && !self.toolchains.insert(toolchain)
        {
            return;
        }
        if self.problems.len() < MOST {
            self.problems.push(problem());
        } else {
            self.more += 1;
        }
    }

    fn finish(mut self, plugin: &str, problems: &mut Vec<Problem>) {
        if self.more > 0 {
            let what = format!("{} more of its imports are refused", self.more);
            let remedy = "build the plugin against this host's functions";
            self.problems.push(Problem::new(Code::UnknownImport, place(plugin), what, remedy));
        }
        problems.append(&mut self.problems);
    }
}

fn mismatch(params: &[ValType], results: &[ValType], found: &str) -> String {
    format!("expected {}, found {found}", signature(params, results))
}

/// The location of an import.
pub(super) fn place_of(plugin: &str, import: &Import<'_>) -> String {
    format!("{}, import `{}` of module `{}`", place(plugin), printable(import.name), printable(import.module))
}

fn unknown(
    plugin: &str,
    import: &Import<'_>,
    surface: &impl Surface,
    records: &Records,
    suggest: bool,
) -> Problem {
    if import.module.starts_with("wasi_") {
        return Problem::new(
            Code::WrongTarget,
            place(plugin),
            format!(
                "it imports from `{}`: it was built for WASI, which this host does not offer",
                printable(import.module)
            ),
            foreign::PLAIN_TARGET,
        );
    }
    if let Some(record) = records.find(import.module, import.name) {
        return record.gone().within(&place(plugin));
    }
    if let Some(problem) = foreign::problem(plugin, import) {
        return problem;
    }
    let known = if suggest { surface.names_of(import.module) } else { Vec::new() };
    let reserved = names::RESERVED.iter().copied().filter(|_| suggest && import.module == names::HOST);
    let near = near(import.name, known.into_iter().chain(reserved));
    let remedy = if near.is_empty() {
        "register the function with the host, or build the plugin against this host's functions".to_owned()
    } else {
        format!("did the plugin mean `{}`?", near.join("`, `"))
    };
    Problem::new(Code::UnknownImport, place_of(plugin, import), "the host has no such function", remedy)
}

/// Checks the exports that the ABI or a linker gives a meaning to.
pub(super) fn check_exports(plugin: &str, module: &ModuleInfo<'_>, problems: &mut Vec<Problem>) {
    foreign::check_constructors(plugin, module, problems);
    let place = |export: &str| format!("{}, export `{export}`", place(plugin));
    let bad_memory = |what: String| {
        let remedy = "export one 32-bit memory of its own as `memory`";
        Problem::new(Code::BadMemory, place(names::MEMORY), what, remedy)
    };
    match module.export(names::MEMORY) {
        None => problems.push(bad_memory("the module exports no memory".to_owned())),
        Some(export) if export.kind != ExternalKind::Memory => {
            let is_func = matches!(export.kind, ExternalKind::Func | ExternalKind::FuncExact);
            let kind = if is_func { "a function " } else { "" };
            problems
                .push(bad_memory(format!("expected a memory, found {kind}{}", module.exported_as(export))));
        }
        Some(export) => match module.memories.get(export.index as usize) {
            Some(ty) if ty.memory64 => problems.push(bad_memory("it is a 64-bit memory".to_owned())),
            Some(ty) if ty.shared => problems.push(bad_memory("it is a shared memory".to_owned())),
            _ => {}
        },
    }
    for expected in &EXPORTS {
        if let Some(export) = module.export(expected.name)
            && module.exports_func(expected.name, expected.params, expected.results) == Some(false)
        {
            problems.push(Problem::new(
                Code::ExportType,
                place(expected.name),
                mismatch(expected.params, expected.results, &module.exported_as(export)),
                "export it as the ABI says, or under another name",
            ));
        }
    }
}

/// Refuses a module whose `plugin_abi_version` returns a constant that is another version. Where it has to run, the engine
/// checks what it returns.
pub(super) fn check_version(plugin: &str, module: &ModuleInfo<'_>, problems: &mut Vec<Problem>) {
    let version = module.constant(names::PLUGIN_ABI_VERSION);
    problems.extend(version.and_then(|version| wrong_version(plugin, version)));
}

/// Returns the problem (`H0307`) of a plugin that was built for another version of the ABI.
pub fn wrong_version(plugin: &str, version: i32) -> Option<Problem> {
    (version != ABI_VERSION).then(|| {
        Problem::new(
            Code::AbiVersion,
            place(plugin),
            format!("it was built for version {version} of the ABI, and this host speaks {ABI_VERSION}"),
            format!("build it against version {ABI_VERSION}"),
        )
    })
}
