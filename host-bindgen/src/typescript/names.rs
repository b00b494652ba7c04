//! Names of types. Each is there once in a file, so that a module can pass on those of another.

use crate::model::{Model, Type};
use crate::names::{Names, pascal};

/// Names that the generated types use with the language's own meaning, and globals of a plugin.
const TAKEN: &[&str] = &[
    "AbortController",
    "AbortSignal",
    "Array",
    "ArrayBuffer",
    "Console",
    "Disposable",
    "Error",
    "Event",
    "EventTarget",
    "HostError",
    "Map",
    "Promise",
    "ReadonlyMap",
    "Symbol",
    "TextDecoder",
    "TextEncoder",
    "Uint8Array",
];

/// Words that no function, parameter or type can have as its name.
const RESERVED: &[&str] = &[
    "arguments",
    "await",
    "break",
    "case",
    "catch",
    "class",
    "const",
    "continue",
    "debugger",
    "default",
    "delete",
    "do",
    "else",
    "enum",
    "eval",
    "export",
    "extends",
    "false",
    "finally",
    "for",
    "function",
    "if",
    "implements",
    "import",
    "in",
    "instanceof",
    "interface",
    "let",
    "new",
    "null",
    "package",
    "private",
    "protected",
    "public",
    "return",
    "static",
    "super",
    "switch",
    "this",
    "throw",
    "true",
    "try",
    "typeof",
    "undefined",
    "var",
    "void",
    "while",
    "with",
    "yield",
];

/// Words that only a type cannot have.
const TYPES: &[&str] =
    &["any", "bigint", "boolean", "never", "number", "object", "string", "symbol", "type", "unknown"];

pub(super) struct TsNames {
    pub(super) types: Vec<String>,
    /// The names of the types as arguments, where they accept more than the host replies.
    pub(super) inputs: Vec<Option<String>>,
    pub(super) handles: Vec<String>,
    pub(super) errors: Vec<String>,
    pub(super) contracts: Vec<String>,
}

impl TsNames {
    pub(super) fn new(model: &Model) -> Self {
        let mut names = scope();
        TAKEN.iter().chain(TYPES).for_each(|taken| {
            names.take(taken);
        });
        let types: Vec<String> = model.types.iter().map(|named| names.take(&named.name)).collect();
        let handles = model.handles.iter().map(|handle| names.take(&handle.name)).collect();
        let inputs = types.iter().enumerate().map(|(id, name)| {
            super::types::accepts_more(&Type::Named(id), model).then(|| names.take(&format!("{name}Input")))
        });
        let inputs = inputs.collect();
        let errors = model.errors.iter().map(|errors| names.take(&format!("{}Code", errors.name))).collect();
        let contracts = model.contracts.iter().map(|contract| names.take(&pascal(&contract.id))).collect();
        TsNames { types, inputs, handles, errors, contracts }
    }
}

/// A scope of functions or parameters.
pub(super) fn scope() -> Names {
    Names::reserving(RESERVED)
}
