//! The records of functions that a module was built against, found without running any of its code.

use hostfn_abi::names::{FUNCTIONS_GLOBAL, FUNCTIONS_SECTION};
use wasmparser::{
    ConstExpr, DataKind, DataSectionReader, ExternalKind, GlobalSectionReader, Operator, Parser, Payload,
    TypeRef,
};

use super::{Carried, LONGEST_SECTION, read, unreadable};
use crate::error::Problem;

/// The records of a module; what is wrong with them goes to `problems`.
pub(super) fn records_in(plugin: &str, wasm: &[u8], problems: &mut Vec<Problem>) -> Carried {
    let mut records = Carried::default();
    let mut read = |place: &str, bytes: &[u8]| match read::all(bytes) {
        Ok(found) => {
            records.functions.extend(found.functions);
            records.entries.extend(found.entries);
        }
        Err(found) => problems.extend(found.iter().map(|problem| problem.within(place))),
    };
    let place = format!("plugin `{plugin}`, section `{FUNCTIONS_SECTION}`");
    // a linker merges them into one section; several sections share one limit
    let mut all = Vec::new();
    for section in sections(wasm, FUNCTIONS_SECTION) {
        if !all.is_empty() {
            all.push(b'\n');
        }
        // what is too long is refused as such, and need not be whole
        all.extend_from_slice(&section[..section.len().min(LONGEST_SECTION + 1)]);
        if all.len() > LONGEST_SECTION {
            break;
        }
    }
    read(&place, &all);
    let place = format!("plugin `{plugin}`, global `{FUNCTIONS_GLOBAL}`");
    match in_memory(wasm) {
        None => {}
        Some(Ok(text)) => read(&place, text),
        Some(Err(what)) => problems.push(unreadable(place, what)),
    }
    records
}

/// The custom sections of this name in a module; none of one that cannot be read so far, which the compiler
/// refuses.
pub(crate) fn sections<'w>(wasm: &'w [u8], name: &str) -> impl Iterator<Item = &'w [u8]> {
    Parser::new(0).parse_all(wasm).map_while(Result::ok).filter_map(move |payload| match payload {
        Payload::CustomSection(section) if section.name() == name => Some(section.data()),
        _ => None,
    })
}

/// The text that the global names, up to the zero behind it.
fn in_memory(wasm: &[u8]) -> Option<Result<&[u8], &'static str>> {
    let found = Found::scan(wasm);
    let address = match found.address()? {
        Ok(address) => address,
        Err(what) => return Some(Err(what)),
    };
    let text = found.data.and_then(|data| {
        // of segments that overlap the last one counts
        let segments = data.into_iter().map_while(Result::ok).filter_map(|segment| {
            let DataKind::Active { memory_index: 0, offset_expr } = segment.kind else { return None };
            let skipped = usize::try_from(address.checked_sub(constant(&offset_expr)?)?).ok()?;
            segment.data.get(skipped..).filter(|text| !text.is_empty())
        });
        segments.last()
    });
    let text = text.ok_or("it names no data that the module brings along");
    Some(text.map(|text| text.split(|&byte| byte == 0).next().unwrap_or_default()))
}

/// The parts of a module that say where the text is.
#[derive(Default)]
struct Found<'w> {
    imported: u32,
    exported: Option<(ExternalKind, u32)>,
    globals: Option<GlobalSectionReader<'w>>,
    data: Option<DataSectionReader<'w>>,
}

impl<'w> Found<'w> {
    fn scan(wasm: &'w [u8]) -> Self {
        let mut found = Found::default();
        for payload in Parser::new(0).parse_all(wasm).map_while(Result::ok) {
            match payload {
                Payload::ImportSection(imports) => {
                    for import in imports.into_imports().map_while(Result::ok) {
                        found.imported += u32::from(matches!(import.ty, TypeRef::Global(_)));
                    }
                }
                Payload::GlobalSection(globals) => found.globals = Some(globals),
                Payload::ExportSection(exports) => {
                    let mut exports = exports.into_iter().map_while(Result::ok);
                    found.exported = exports
                        .find(|export| export.name == FUNCTIONS_GLOBAL)
                        .map(|export| (export.kind, export.index));
                    if found.exported.is_none() {
                        break;
                    }
                }
                Payload::DataSection(data) => found.data = Some(data),
                _ => {}
            }
        }
        found
    }

    /// The address that the global is; `None` where the module exports nothing of that name.
    fn address(&self) -> Option<Result<u32, &'static str>> {
        let (kind, index) = self.exported?;
        if kind != ExternalKind::Global {
            return Some(Err("it is not a global"));
        }
        let own = index.checked_sub(self.imported).and_then(|index| usize::try_from(index).ok());
        let global = own.and_then(|own| {
            let mut globals = self.globals.clone()?.into_iter().map_while(Result::ok);
            globals.nth(own).filter(|global| !global.ty.mutable)
        });
        let address = global.and_then(|global| constant(&global.init_expr));
        Some(address.ok_or("it is not a constant of the module's own"))
    }
}

/// The value of `i32.const N`.
fn constant(expr: &ConstExpr<'_>) -> Option<u32> {
    let mut operators = expr.get_operators_reader().into_iter();
    match (operators.next()?.ok()?, operators.next()?.ok()?) {
        (Operator::I32Const { value }, Operator::End) => Some(value.cast_unsigned()),
        _ => None,
    }
}
