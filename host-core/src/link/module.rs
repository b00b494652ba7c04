//! A module's parts, read and validated without running any of it.

use std::collections::HashMap;

use wasmparser::{
    CompositeInnerType, ExternalKind, FuncToValidate, FuncType, FunctionBody, MemoryType, Operator, Parser,
    Payload, SubType, TableType, TypeRef, ValType, ValidPayload, Validator, ValidatorResources, WasmFeatures,
};

use super::measure::Metrics;
use super::{foreign, kind};
use crate::error::{Code, Problem};
use crate::policy::{LoadLimits, Metric};

/// The parts of a module. Its size is in proportion to that of the file, and so is the time to read it.
pub struct ModuleInfo<'w> {
    /// The imports, in the module's order.
    pub imports: Vec<Import<'w>>,
    /// The exports, in the module's order.
    pub exports: Vec<Export<'w>>,
    /// The memories, imported ones first.
    pub memories: Vec<MemoryType>,
    /// The tables, imported ones first.
    pub tables: Vec<TableType>,
    /// The index of the start function.
    pub start: Option<u32>,
    /// The number of functions it defines.
    pub functions: usize,
    /// Bytes of code.
    pub code: usize,
    /// Bytes of data.
    pub data: usize,
    /// The custom sections: name and bytes.
    pub sections: Vec<(&'w str, &'w [u8])>,
    /// The metrics that predict the cost of compiling it.
    pub metrics: Metrics,
    by_name: HashMap<&'w str, usize>,
    pub(super) types: Vec<SubType>,
    /// The types of all functions, imported ones first.
    pub(super) function_types: Vec<u32>,
    bodies: Vec<FunctionBody<'w>>,
    /// Bodies that are not validated yet.
    pub(super) unvalidated: Vec<(FuncToValidate<ValidatorResources>, FunctionBody<'w>)>,
}

/// An import.
#[derive(Clone, Copy, Debug)]
pub struct Import<'w> {
    /// The module it is imported from.
    pub module: &'w str,
    /// The name it is imported by.
    pub name: &'w str,
    /// Its type.
    pub ty: TypeRef,
}

/// An export.
#[derive(Clone, Copy, Debug)]
pub struct Export<'w> {
    /// Its name.
    pub name: &'w str,
    /// Its kind.
    pub kind: ExternalKind,
    /// Its index among those of its kind.
    pub index: u32,
}

/// The features of WebAssembly that a module may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Features {
    /// Those of the host's engine with its default compiler: WebAssembly 3 without garbage collection, exceptions,
    /// threads and several memories.
    Host,
    /// Those of the host's engine with Winch: without tail calls, relaxed SIMD and typed function references, too.
    Winch,
    /// Every feature that can be parsed, to show a module that no host loads.
    Any,
}

impl Features {
    fn of_parser(self) -> WasmFeatures {
        let host = WasmFeatures::WASM3
            .difference(WasmFeatures::GC_TYPES)
            .difference(WasmFeatures::EXCEPTIONS)
            .difference(WasmFeatures::THREADS)
            .difference(WasmFeatures::MULTI_MEMORY);
        match self {
            Features::Host => host,
            Features::Winch => host
                .difference(WasmFeatures::GC)
                .difference(WasmFeatures::FUNCTION_REFERENCES)
                .difference(WasmFeatures::RELAXED_SIMD)
                .difference(WasmFeatures::TAIL_CALL),
            Features::Any => WasmFeatures::all(),
        }
    }
}

const I32: ValType = ValType::I32;

impl<'w> ModuleInfo<'w> {
    /// Reads and validates everything but the bodies of functions, and counts what the limits need to know of it.
    /// [`measure`](Self::measure) does the rest.
    ///
    /// # Errors
    /// `H0302` or `H0318` when it is not a valid module.
    pub fn read(plugin: &str, wasm: &'w [u8], features: Features) -> Result<Self, Problem> {
        kind::check(plugin, wasm)?;
        let mut module = ModuleInfo {
            imports: Vec::new(),
            exports: Vec::new(),
            memories: Vec::new(),
            tables: Vec::new(),
            start: None,
            functions: 0,
            code: 0,
            data: 0,
            sections: Vec::new(),
            metrics: Metrics::default(),
            by_name: HashMap::new(),
            types: Vec::new(),
            function_types: Vec::new(),
            bodies: Vec::new(),
            unvalidated: Vec::new(),
        };
        let features = features.of_parser();
        let mut parser = Parser::new(0);
        parser.set_features(features);
        let mut validator = Validator::new_with_features(features);
        for payload in parser.parse_all(wasm) {
            payload
                .and_then(|payload| {
                    if let ValidPayload::Func(to_validate, body) = validator.payload(&payload)? {
                        module.unvalidated.push((to_validate, body));
                    }
                    module.take(payload)
                })
                .map_err(|error| foreign::tag(plugin, wasm).unwrap_or_else(|| invalid(plugin, &error)))?;
        }
        module.count(wasm.len());
        Ok(module)
    }

    /// The metrics of the module that need no look at its code.
    fn count(&mut self, bytes: usize) {
        let mut metrics = std::mem::take(&mut self.metrics);
        metrics.add(Metric::ModuleBytes, None, bytes as u64);
        metrics.add(Metric::Imports, None, self.imports.len() as u64);
        metrics.add(Metric::Functions, None, self.functions as u64);
        for (at, _) in self.types.iter().enumerate() {
            let at = u32::try_from(at).unwrap_or(u32::MAX);
            metrics.add(Metric::TypeSlots, Some(at), self.slots(at));
        }
        let sum = self.function_types.iter().map(|ty| self.slots(*ty)).sum();
        metrics.add(Metric::SignatureSlots, None, sum);
        self.metrics = metrics;
    }

    /// Returns how many parameters and results a type has.
    pub(super) fn slots(&self, ty: u32) -> u64 {
        self.func(ty).map_or(0, |func| (func.params().len() + func.results().len()) as u64)
    }

    /// Returns what exceeds the limits, of all that was counted so far, a problem (`H0340`) each and 64 at most.
    pub fn exceeded(&self, plugin: &str, limits: &LoadLimits) -> Vec<Problem> {
        self.metrics.exceeded(plugin, self, limits)
    }

    fn take(&mut self, payload: Payload<'w>) -> wasmparser::Result<()> {
        match payload {
            Payload::TypeSection(groups) => {
                for group in groups {
                    self.types.extend(group?.into_types());
                }
            }
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    self.import(import?);
                }
            }
            Payload::FunctionSection(functions) => {
                self.functions = functions.count() as usize;
                for ty in functions {
                    self.function_types.push(ty?);
                }
            }
            Payload::TableSection(tables) => {
                for table in tables {
                    self.tables.push(table?.ty);
                }
            }
            Payload::MemorySection(memories) => {
                for memory in memories {
                    self.memories.push(memory?);
                }
            }
            Payload::ExportSection(exports) => {
                for export in exports {
                    let export = export?;
                    self.by_name.insert(export.name, self.exports.len());
                    self.exports.push(Export { name: export.name, kind: export.kind, index: export.index });
                }
            }
            Payload::StartSection { func, .. } => self.start = Some(func),
            Payload::CodeSectionStart { range, .. } => self.code = range.len(),
            Payload::CodeSectionEntry(body) => self.bodies.push(body),
            Payload::DataSection(data) => self.data = data.range().len(),
            Payload::CustomSection(section) => self.sections.push((section.name(), section.data())),
            _ => {}
        }
        Ok(())
    }

    fn import(&mut self, import: wasmparser::Import<'w>) {
        match import.ty {
            TypeRef::Func(ty) | TypeRef::FuncExact(ty) => self.function_types.push(ty),
            TypeRef::Table(table) => self.tables.push(table),
            TypeRef::Memory(memory) => self.memories.push(memory),
            TypeRef::Global(_) | TypeRef::Tag(_) => {}
        }
        self.imports.push(Import { module: import.module, name: import.name, ty: import.ty });
    }

    /// Returns how many of its functions are imported.
    fn imported(&self) -> usize {
        self.function_types.len() - self.functions
    }

    fn func(&self, ty: u32) -> Option<&FuncType> {
        match &self.types.get(ty as usize)?.composite_type.inner {
            CompositeInnerType::Func(func) => Some(func),
            _ => None,
        }
    }

    /// The type of an import: of a function as `(i32, i32) -> i64`, of anything else its kind.
    pub fn imported_as(&self, ty: &TypeRef) -> String {
        match ty {
            TypeRef::Func(ty) | TypeRef::FuncExact(ty) => self.described(*ty),
            TypeRef::Table(_) => "a table".to_owned(),
            TypeRef::Memory(_) => "a memory".to_owned(),
            TypeRef::Global(_) => "a global".to_owned(),
            TypeRef::Tag(_) => "a tag".to_owned(),
        }
    }

    /// The type of an export, as [`imported_as`](Self::imported_as).
    pub fn exported_as(&self, export: &Export<'_>) -> String {
        match export.kind {
            ExternalKind::Func | ExternalKind::FuncExact => self
                .function_types
                .get(export.index as usize)
                .map_or_else(String::new, |ty| self.described(*ty)),
            ExternalKind::Table => "a table".to_owned(),
            ExternalKind::Memory => "a memory".to_owned(),
            ExternalKind::Global => "a global".to_owned(),
            ExternalKind::Tag => "a tag".to_owned(),
        }
    }

    fn described(&self, ty: u32) -> String {
        self.func(ty).map_or_else(|| "a function".to_owned(), |func| signature(func.params(), func.results()))
    }

    /// Returns whether an import is a function of this type.
    pub fn imports_func(&self, import: &Import<'_>, params: &[ValType], results: &[ValType]) -> bool {
        let TypeRef::Func(ty) = import.ty else { return false };
        self.func(ty).is_some_and(|func| func.params() == params && func.results() == results)
    }

    /// The export of this name.
    pub fn export(&self, name: &str) -> Option<&Export<'w>> {
        self.by_name.get(name).map(|at| &self.exports[*at])
    }

    /// Returns whether it exports `name`, and if so, whether as a function of this type.
    pub fn exports_func(&self, name: &str, params: &[ValType], results: &[ValType]) -> Option<bool> {
        let export = self.export(name)?;
        let ty =
            matches!(export.kind, ExternalKind::Func).then(|| self.function_types.get(export.index as usize));
        let func = ty.flatten().and_then(|ty| self.func(*ty));
        Some(func.is_some_and(|func| func.params() == params && func.results() == results))
    }

    /// Returns whether it exports `entry`, and if so, whether as a function that the host can call.
    pub fn exports_entry(&self, entry: &str) -> Option<bool> {
        self.exports_func(entry, &[I32, I32], &[ValType::I64])
    }

    /// The constant that an exported function returns, if it does nothing else.
    pub fn constant(&self, export: &str) -> Option<i32> {
        self.exports_func(export, &[], &[I32]).filter(|is| *is)?;
        let body = self.bodies.get((self.export(export)?.index as usize).checked_sub(self.imported())?)?;
        let mut operators = body.get_operators_reader().ok()?.into_iter();
        match (operators.next()?.ok()?, operators.next()?.ok()?) {
            (Operator::I32Const { value }, Operator::End) => Some(value),
            _ => None,
        }
    }

    /// A description of the function of this index, for a person.
    pub fn function_name(&self, index: u32) -> String {
        let mut imports = self.imports.iter().filter(|import| matches!(import.ty, TypeRef::Func(_)));
        if let Some(import) = imports.nth(index as usize) {
            return format!("{}.{}, which is imported", import.module, import.name);
        }
        let exported = |export: &&Export<'_>| export.index == index && export.kind == ExternalKind::Func;
        match self.exports.iter().find(exported) {
            Some(export) => format!("{}, which is exported", export.name),
            None => format!("number {index}, which is not exported"),
        }
    }
}

/// As `(i32, i32) -> i64`.
pub(super) fn signature(params: &[ValType], results: &[ValType]) -> String {
    // a type can have a thousand of them
    const MOST: usize = 32;
    let list = |types: &[ValType]| {
        let mut shown: Vec<_> = types.iter().take(MOST).map(ToString::to_string).collect();
        if types.len() > MOST {
            shown.push(format!("{} more", types.len() - MOST));
        }
        shown.join(", ")
    };
    match results {
        [] => format!("({})", list(params)),
        [result] => format!("({}) -> {result}", list(params)),
        results => format!("({}) -> ({})", list(params), list(results)),
    }
}

pub(super) fn invalid(plugin: &str, error: &wasmparser::Error) -> Problem {
    let what = format!("not a valid WebAssembly module: {} (at byte {})", error.message(), error.offset());
    let remedy =
        "build it for `wasm32-unknown-unknown`, or fetch it again: the file may be cut off or damaged";
    not_a_module(plugin, &what, remedy)
}

pub(super) fn not_a_module(plugin: &str, what: &str, remedy: &str) -> Problem {
    Problem::new(Code::NotAModule, place(plugin), what, remedy)
}

pub(super) fn place(plugin: &str) -> String {
    format!("plugin `{plugin}`")
}
