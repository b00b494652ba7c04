//! A module's parts, read without running any of it.

use std::collections::HashMap;

use host_core::{Code, Problem};
use wasmparser::{
    CompositeInnerType, Encoding, ExternalKind, FuncType, FunctionBody, MemoryType, Operator, Parser,
    Payload, SubType, TableType, TypeRef, ValType, Validator, WasmFeatures,
};

/// A module that is valid by some version of WebAssembly. Its size is in proportion to that of the file.
pub(super) struct Module<'w> {
    pub(super) imports: Vec<Import<'w>>,
    pub(super) exports: Vec<Export<'w>>,
    /// Those that are imported first.
    pub(super) memories: Vec<MemoryType>,
    /// Those that are imported first.
    pub(super) tables: Vec<TableType>,
    pub(super) start: Option<u32>,
    /// How many functions it has of its own.
    pub(super) functions: usize,
    /// Bytes of code.
    pub(super) code: usize,
    /// Bytes of data.
    pub(super) data: usize,
    /// The custom sections: name and bytes.
    pub(super) sections: Vec<(&'w str, &'w [u8])>,
    /// Where each export is among them: a hostile module has a million, and its manifest asks for thousands.
    by_name: HashMap<&'w str, usize>,
    types: Vec<SubType>,
    /// The types of all functions, those that are imported first.
    function_types: Vec<u32>,
    bodies: Vec<FunctionBody<'w>>,
}

pub(super) struct Import<'w> {
    pub(super) module: &'w str,
    pub(super) name: &'w str,
    pub(super) ty: TypeRef,
}

pub(super) struct Export<'w> {
    pub(super) name: &'w str,
    pub(super) kind: ExternalKind,
    pub(super) index: u32,
}

/// How a value is written in the types that this ABI has.
const I32: ValType = ValType::I32;

impl<'w> Module<'w> {
    /// Reads and validates it.
    pub(super) fn read(plugin: &str, wasm: &'w [u8]) -> Result<Self, Problem> {
        check_kind(plugin, wasm)?;
        let invalid = |error: wasmparser::Error| {
            let what = format!("it is no valid module: {} (at byte {})", error.message(), error.offset());
            not_a_module(
                plugin,
                &what,
                "build it anew, or fetch it again: the file may be cut off or damaged",
            )
        };
        Validator::new_with_features(WasmFeatures::all()).validate_all(wasm).map_err(invalid)?;
        let mut module = Module {
            imports: Vec::new(),
            exports: Vec::new(),
            memories: Vec::new(),
            tables: Vec::new(),
            start: None,
            functions: 0,
            code: 0,
            data: 0,
            sections: Vec::new(),
            by_name: HashMap::new(),
            types: Vec::new(),
            function_types: Vec::new(),
            bodies: Vec::new(),
        };
        for payload in Parser::new(0).parse_all(wasm) {
            payload.and_then(|payload| module.take(payload)).map_err(invalid)?;
        }
        Ok(module)
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

    /// How many of its functions are imported.
    fn imported(&self) -> usize {
        self.function_types.len() - self.functions
    }

    fn func(&self, ty: u32) -> Option<&FuncType> {
        match &self.types.get(ty as usize)?.composite_type.inner {
            CompositeInnerType::Func(func) => Some(func),
            _ => None,
        }
    }

    /// What is imported, in a word; a function by its type.
    pub(super) fn imported_as(&self, ty: &TypeRef) -> String {
        match ty {
            TypeRef::Func(ty) | TypeRef::FuncExact(ty) => self.described(*ty),
            TypeRef::Table(_) => "a table".to_owned(),
            TypeRef::Memory(_) => "a memory".to_owned(),
            TypeRef::Global(_) => "a global".to_owned(),
            TypeRef::Tag(_) => "a tag".to_owned(),
        }
    }

    /// What is exported, in a word; a function by its type.
    pub(super) fn exported_as(&self, export: &Export<'_>) -> String {
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

    /// As `(i32, i32) -> i64`.
    fn described(&self, ty: u32) -> String {
        let Some(func) = self.func(ty) else { return "a function".to_owned() };
        let list = |types: &[ValType]| types.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        match func.results() {
            [] => format!("({})", list(func.params())),
            [result] => format!("({}) -> {result}", list(func.params())),
            results => format!("({}) -> ({})", list(func.params()), list(results)),
        }
    }

    /// Whether an import is a function of this type.
    pub(super) fn imports_func(&self, import: &Import<'_>, params: &[ValType], results: &[ValType]) -> bool {
        let TypeRef::Func(ty) = import.ty else { return false };
        self.func(ty).is_some_and(|func| func.params() == params && func.results() == results)
    }

    pub(super) fn export(&self, name: &str) -> Option<&Export<'w>> {
        self.by_name.get(name).map(|at| &self.exports[*at])
    }

    /// Whether it exports `name`, and if so, whether as a function of this type.
    pub(super) fn exports_func(&self, name: &str, params: &[ValType], results: &[ValType]) -> Option<bool> {
        let export = self.export(name)?;
        let ty =
            matches!(export.kind, ExternalKind::Func).then(|| self.function_types.get(export.index as usize));
        let func = ty.flatten().and_then(|ty| self.func(*ty));
        Some(func.is_some_and(|func| func.params() == params && func.results() == results))
    }

    /// What an exported function returns that does nothing but return a constant.
    pub(super) fn constant(&self, export: &str) -> Option<i32> {
        self.exports_func(export, &[], &[I32]).filter(|is| *is)?;
        let body = self.bodies.get((self.export(export)?.index as usize).checked_sub(self.imported())?)?;
        let mut operators = body.get_operators_reader().ok()?.into_iter();
        match (operators.next()?.ok()?, operators.next()?.ok()?) {
            (Operator::I32Const { value }, Operator::End) => Some(value),
            _ => None,
        }
    }

    /// How the function of this index is known.
    pub(super) fn function_name(&self, index: u32) -> String {
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

/// The page size of a memory, in bytes.
pub(super) fn page(memory: &MemoryType) -> u64 {
    1 << memory.page_size_log2.unwrap_or(16).min(16)
}

/// Whether it is a core module, as far as its first bytes tell.
fn check_kind(plugin: &str, wasm: &[u8]) -> Result<(), Problem> {
    let target = |what: &str| {
        let remedy = "build it for `wasm32-unknown-unknown`, as a core module";
        Err(Problem::new(Code::WrongTarget, place(plugin), what, remedy))
    };
    let kind = Parser::new(0).parse(wasm, true);
    if let Ok(wasmparser::Chunk::Parsed { payload: Payload::Version { encoding, .. }, .. }) = kind {
        return match encoding {
            Encoding::Module => Ok(()),
            Encoding::Component => target("it is a component"),
        };
    }
    if wasm.starts_with(b"\x7fELF") || wasm.starts_with(b"MZ") {
        return target("it is native code, or a module that was compiled already");
    }
    let remedy = "name a `.wasm` file";
    if wasm.is_empty() {
        return Err(not_a_module(plugin, "it is empty", remedy));
    }
    if wasm.starts_with(b"\0asm") {
        let what = "it begins like a module and has no version that there is";
        return Err(not_a_module(plugin, what, "fetch it again: the file may be cut off or damaged"));
    }
    if std::str::from_utf8(wasm).is_ok_and(|text| text.trim_start().starts_with('(')) {
        return Err(not_a_module(plugin, "it is WebAssembly as text", "assemble it, as `wat2wasm` does"));
    }
    Err(not_a_module(plugin, "it is no WebAssembly: it does not begin with `\\0asm`", remedy))
}

fn not_a_module(plugin: &str, what: &str, remedy: &str) -> Problem {
    Problem::new(Code::NotAModule, place(plugin), what, remedy)
}

pub(super) fn place(plugin: &str) -> String {
    format!("plugin `{plugin}`")
}
