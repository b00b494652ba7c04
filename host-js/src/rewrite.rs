//! The engine's module with a plugin in it: its table as data, an import for each function and an export for each
//! entry.

use std::convert::Infallible;

use hostfn_core::FunctionRow;
use wasm_encoder::reencode::{Error, Reencode};
use wasm_encoder::{
    BlockType, CodeSection, CustomSection, DataCountSection, DataSection, ElementSection, EntityType,
    ExportKind, ExportSection, Function, FunctionSection, GlobalSection, ImportSection, MemorySection,
    Module, TableSection, TypeSection, ValType,
};
use wasmparser::{BinaryReader, CodeSectionReader, Import, Parser, Payload, TypeRef};

/// The module of the imports that are replaced.
const PACKED: &str = "hostfn";

/// Exports of the packed module, beside those of every guest.
pub(crate) enum Exports<'e> {
    /// The function `names`, which reads a script.
    Names,
    /// Entries of the plugin.
    Entries(&'e [String]),
}

/// Functions move: imports are taken away and added before them.
struct Moved {
    /// The new numbers of the engine's imports.
    imports: Vec<u32>,
    /// The number of imports now.
    count: u32,
}

impl Reencode for Moved {
    type Error = Infallible;

    fn function_index(&mut self, at: u32) -> Result<u32, Error> {
        let old = number(self.imports.len());
        Ok(match self.imports.get(at as usize) {
            Some(import) => *import,
            None => at - old + self.count,
        })
    }
}

/// Counts of the engine's module that indices depend on.
#[derive(Default)]
struct Counts<'e> {
    imports: Vec<Import<'e>>,
    types: u32,
    functions: u32,
    data: u32,
    call: u32,
    names: u32,
}

/// Packs `table` and the `functions` into `engine`, with custom sections behind it.
///
/// # Panics
/// When `engine` is not the engine of this crate, which a test packs.
pub(crate) fn module(
    engine: &[u8],
    functions: &[&FunctionRow],
    exports: &Exports<'_>,
    table: &[u8],
    sections: &[(&str, Vec<u8>)],
) -> Vec<u8> {
    try_module(engine, functions, exports, table, sections)
        .expect("the engine is a module that can be rewritten")
}

#[expect(clippy::too_many_lines, reason = "one arm for each section of a module, in their order")]
fn try_module(
    engine: &[u8],
    functions: &[&FunctionRow],
    exports: &Exports<'_>,
    table: &[u8],
    sections: &[(&str, Vec<u8>)],
) -> Result<Vec<u8>, Error> {
    let counts = count(engine)?;
    let kept: Vec<&Import<'_>> = counts.imports.iter().filter(|import| import.module != PACKED).collect();
    let (first_import, count) = (number(kept.len()), number(functions.len()));
    // generated functions stand behind the engine's own
    let first_generated = first_import + count + counts.functions;
    let mut next = 0;
    let imports = counts.imports.iter().map(|import| match (import.module, import.name) {
        (PACKED, "dispatch") => first_generated,
        (PACKED, "table_len") => first_generated + 1,
        (PACKED, _) => first_generated + 2,
        _ => {
            next += 1;
            next - 1
        }
    });
    let mut moved = Moved { imports: imports.collect(), count: first_import + count };
    let entries: &[String] = match exports {
        Exports::Names => &[],
        Exports::Entries(entries) => entries,
    };

    let mut module = Module::new();
    for payload in Parser::new(0).parse_all(engine) {
        match payload? {
            Payload::TypeSection(section) => {
                let mut types = TypeSection::new();
                moved.parse_type_section(&mut types, section)?;
                let int = ValType::I32;
                types.ty().function([int, int], [ValType::I64]); // a host function, an entry
                types.ty().function([int, int, int], [ValType::I64]); // dispatch
                types.ty().function([], [int]); // table_len
                types.ty().function([int], []); // table_copy
                module.section(&types);
            }
            Payload::ImportSection(_) => {
                let mut section = ImportSection::new();
                for import in &kept {
                    let TypeRef::Func(ty) = import.ty else { continue };
                    section.import(import.module, import.name, EntityType::Function(ty));
                }
                for row in functions {
                    section.import(&row.module, &row.name, EntityType::Function(counts.types));
                }
                module.section(&section);
            }
            Payload::FunctionSection(section) => {
                let mut declared = FunctionSection::new();
                moved.parse_function_section(&mut declared, section)?;
                for ty in 1..4 {
                    declared.function(counts.types + ty);
                }
                for _ in entries {
                    declared.function(counts.types);
                }
                module.section(&declared);
            }
            Payload::TableSection(section) => {
                let mut tables = TableSection::new();
                moved.parse_table_section(&mut tables, section)?;
                module.section(&tables);
            }
            Payload::MemorySection(section) => {
                let mut memories = MemorySection::new();
                moved.parse_memory_section(&mut memories, section)?;
                module.section(&memories);
            }
            Payload::GlobalSection(section) => {
                let mut globals = GlobalSection::new();
                moved.parse_global_section(&mut globals, section)?;
                module.section(&globals);
            }
            Payload::ExportSection(section) => {
                let mut exported = ExportSection::new();
                for export in section {
                    let export = export?;
                    if ["memory", "plugin_alloc", "plugin_init"].contains(&export.name) {
                        moved.parse_export(&mut exported, export)?;
                    }
                }
                if let Exports::Names = exports {
                    exported.export("names", ExportKind::Func, moved.function_index(counts.names)?);
                }
                for (at, entry) in entries.iter().enumerate() {
                    exported.export(entry, ExportKind::Func, first_generated + 3 + number(at));
                }
                module.section(&exported);
            }
            Payload::ElementSection(section) => {
                let mut elements = ElementSection::new();
                moved.parse_element_section(&mut elements, section)?;
                module.section(&elements);
                // data is copied by number, which has to be declared before the code
                module.section(&DataCountSection { count: counts.data + 1 });
            }
            Payload::CodeSectionStart { range, .. } => {
                let mut code = CodeSection::new();
                let reader = BinaryReader::new(&engine[range.clone()], range.start);
                moved.parse_code_section(&mut code, CodeSectionReader::new(reader)?)?;
                code.function(&dispatch(first_import, count));
                code.function(&table_len(table));
                code.function(&table_copy(table, counts.data));
                let call = moved.function_index(counts.call)?;
                for at in 0..entries.len() {
                    code.function(&entry(at, call));
                }
                module.section(&code);
            }
            Payload::DataSection(section) => {
                let mut data = DataSection::new();
                moved.parse_data_section(&mut data, section)?;
                data.passive(table.iter().copied());
                module.section(&data);
            }
            _ => {}
        }
    }
    for (name, bytes) in sections {
        module.section(&CustomSection { name: (*name).into(), data: bytes.into() });
    }
    Ok(module.finish())
}

fn count(engine: &[u8]) -> Result<Counts<'_>, Error> {
    let mut counts = Counts::default();
    for payload in Parser::new(0).parse_all(engine) {
        match payload? {
            Payload::TypeSection(section) => counts.types = section.count(),
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    counts.imports.push(import?);
                }
            }
            Payload::FunctionSection(section) => counts.functions = section.count(),
            Payload::DataSection(section) => counts.data = section.count(),
            Payload::ExportSection(section) => {
                for export in section {
                    let export = export?;
                    match export.name {
                        "hostfn_call" => counts.call = export.index,
                        "hostfn_names" => counts.names = export.index,
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
    Ok(counts)
}

/// `dispatch(at, ptr, len)`: a jump to the call of import `at`.
fn dispatch(first_import: u32, count: u32) -> Function {
    let mut function = Function::new([]);
    let mut code = function.instructions();
    for _ in 0..=count {
        code.block(BlockType::Empty);
    }
    code.local_get(0).br_table(0..count, count).end();
    for at in 0..count {
        code.local_get(1).local_get(2).call(first_import + at).return_().end();
    }
    code.unreachable().end();
    function
}

fn table_len(table: &[u8]) -> Function {
    let mut function = Function::new([]);
    function.instructions().i32_const(int(table.len())).end();
    function
}

/// `table_copy(to)`: copies the table there and drops it.
fn table_copy(table: &[u8], data: u32) -> Function {
    let mut function = Function::new([]);
    let mut code = function.instructions();
    code.local_get(0).i32_const(0).i32_const(int(table.len())).memory_init(0, data).data_drop(data).end();
    function
}

/// An export: `hostfn_call` with the number of the entry.
fn entry(at: usize, call: u32) -> Function {
    let mut function = Function::new([]);
    function.instructions().i32_const(int(at)).local_get(0).local_get(1).call(call).end();
    function
}

#[expect(clippy::cast_possible_truncation, reason = "a plugin has far fewer of anything")]
fn number(count: usize) -> u32 {
    count as u32
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    reason = "the packer bounds the table"
)]
fn int(len: usize) -> i32 {
    len as i32
}
