//! A module's bytes: what it imports, and what this engine cannot limit.

use hostfn::error::Code;
use hostfn::{Limits, Problem};
use wasmparser::{Parser, Payload, TypeRef, ValType, Validator, WasmFeatures};

/// Functions that Extism calls before a guest's own code, without a deadline. It runs the first one and start functions
/// before the plugin exists, when a host function would find no memory.
const STARTS: [&str; 3] = ["_initialize", "__wasm_call_ctors", "hs_init"];

/// A function that the module imports.
#[derive(Debug)]
pub(crate) struct Imported {
    pub(crate) namespace: String,
    pub(crate) name: String,
    /// The number of parameters and results, where it is a function of handles.
    pub(crate) handles: Option<(usize, usize)>,
}

/// Features that guests may use. Garbage collection, threads, several memories and large ones have no limits in Extism.
fn features() -> WasmFeatures {
    WasmFeatures::WASM2 | WasmFeatures::TAIL_CALL | WasmFeatures::EXTENDED_CONST
}

/// Reads the imports.
///
/// # Errors
/// Every problem: bytes that are no module of these features, tables without a limit, code that runs at the start.
pub(crate) fn imports(plugin: &str, wasm: &[u8], limits: &Limits) -> Result<Vec<Imported>, Vec<Problem>> {
    let place = || format!("plugin `{plugin}`");
    let invalid =
        |what: String, help: &'static str| vec![Problem::new(Code::NotAModule, place(), what, help)];
    let build = "build it for wasm32-unknown-unknown, with an Extism PDK";
    if Parser::is_component(wasm) {
        return Err(invalid("it is a component".to_owned(), build));
    }
    let limit = limits.load.module_bytes;
    if wasm.len() as u64 > limit {
        return Err(invalid(
            format!("it has {} bytes, limit {limit}", wasm.len()),
            "raise the limit, or strip it",
        ));
    }
    let mut validator = Validator::new_with_features(features());
    if let Err(error) = validator.validate_all(wasm) {
        return Err(invalid(format!("it is not a module of WebAssembly 2: {error}"), build));
    }
    let (mut found, mut problems, mut types) = (Vec::new(), Vec::new(), Vec::new());
    let mut table = |minimum: u64, maximum: Option<u64>| {
        if minimum.max(maximum.unwrap_or(u64::MAX)) > limits.table as u64 {
            let shown = maximum.map_or_else(|| "no maximum".to_owned(), |maximum| maximum.to_string());
            let what = format!("a table has {shown} of elements, limit {}", limits.table);
            problems.push(Problem::new(Code::LoadLimit, place(), what, "link it without a growable table"));
        }
    };
    let mut starts = None;
    for payload in Parser::new(0).parse_all(wasm) {
        // it was validated
        match payload.map_err(|error| invalid(error.to_string(), build))? {
            Payload::TypeSection(section) => {
                for ty in section.into_iter_err_on_gc_types() {
                    types.push(ty.map_err(|error| invalid(error.to_string(), build))?);
                }
            }
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    let import = import.map_err(|error| invalid(error.to_string(), build))?;
                    let is_handle = |ty: &ValType| *ty == ValType::I64;
                    let handles = match import.ty {
                        TypeRef::Func(index) => types.get(index as usize).and_then(|ty| {
                            let all = ty.params().iter().chain(ty.results()).all(is_handle);
                            all.then(|| (ty.params().len(), ty.results().len()))
                        }),
                        TypeRef::Table(ty) => {
                            table(ty.initial, ty.maximum);
                            None
                        }
                        _ => None,
                    };
                    found.push(Imported {
                        namespace: import.module.to_owned(),
                        name: import.name.to_owned(),
                        handles,
                    });
                }
            }
            Payload::TableSection(section) => {
                for ty in section.into_iter().flatten() {
                    table(ty.ty.initial, ty.ty.maximum);
                }
            }
            Payload::StartSection { .. } => starts = Some("a start function".to_owned()),
            Payload::ExportSection(section) => {
                for export in section.into_iter().flatten().filter(|export| STARTS.contains(&export.name)) {
                    starts = Some(format!("`{}`", export.name));
                }
            }
            _ => {}
        }
    }
    if let Some(start) = starts {
        let what = format!("it has {start}, which Extism runs without a deadline");
        problems.push(Problem::new(Code::StartUnbounded, place(), what, "do that work in an export"));
    }
    if problems.is_empty() { Ok(found) } else { Err(problems) }
}
