//! Names of the listing's items in `AssemblyScript`.

use crate::model::{Body, Def, Function, Model, Named, Param, Type, Variant};
use crate::names::{Names, camel, pascal};

/// Names that the listing cannot use: keywords, built-in types, and what the generated file has.
const RESERVED: &[&str] = &[
    "Array",
    "ArrayBuffer",
    "Char",
    "Error",
    "HostError",
    "Kind",
    "LogLevel",
    "Map",
    "Math",
    "Object",
    "Option",
    "Raw",
    "Reader",
    "Reply",
    "Set",
    "StaticArray",
    "Status",
    "String",
    "Uint8Array",
    "Unit",
    "Writer",
    "abort",
    "abstract",
    "answer",
    "answerError",
    "answered",
    "any",
    "as",
    "async",
    "await",
    "beginCall",
    "bool",
    "boolean",
    "break",
    "case",
    "catch",
    "changetype",
    "class",
    "const",
    "constructor",
    "continue",
    "debugger",
    "declare",
    "default",
    "delete",
    "do",
    "else",
    "enum",
    "export",
    "extends",
    "f32",
    "f64",
    "fail",
    "failed",
    "failure",
    "false",
    "finally",
    "for",
    "from",
    "function",
    "get",
    "heap",
    "hostAbort",
    "i16",
    "i32",
    "i64",
    "i8",
    "if",
    "implements",
    "import",
    "in",
    "instanceof",
    "interface",
    "is",
    "isReference",
    "isUtf8",
    "isize",
    "let",
    "load",
    "log",
    "max",
    "memory",
    "missing",
    "module",
    "namespace",
    "never",
    "new",
    "null",
    "number",
    "of",
    "package",
    "private",
    "protected",
    "public",
    "readError",
    "readonly",
    "refuse",
    "reinterpret",
    "result",
    "return",
    "set",
    "static",
    "store",
    "string",
    "super",
    "switch",
    "symbol",
    "this",
    "throw",
    "true",
    "try",
    "type",
    "typeof",
    "u16",
    "u32",
    "u64",
    "u8",
    "undefined",
    "unreachable",
    "usize",
    "v128",
    "var",
    "void",
    "while",
    "window",
    "with",
    "word",
    "wordLen",
    "wordStatus",
    "yield",
    "zero",
];

/// Names of variables in generated functions.
const LOCALS: &[&str] = &["len", "ptr", "r", "reply", "w", "word"];

pub(super) struct AsNames {
    pub(super) types: Vec<String>,
    pub(super) handles: Vec<String>,
    pub(super) contracts: Vec<String>,
    /// The namespace of each error type, and its constants.
    pub(super) errors: Vec<(String, Vec<String>)>,
}

impl AsNames {
    pub(super) fn new(model: &Model) -> Self {
        let mut taken = Names::reserving(RESERVED);
        let types = model.types.iter().map(|named| taken.take(&named.name)).collect();
        let contracts = model.contracts.iter().map(|row| taken.take(&pascal(&row.id))).collect();
        let handles = model.handles.iter().map(|handle| taken.take(&handle.name)).collect();
        let errors = model.errors.iter().map(|errors| {
            let name = taken.take(&errors.name);
            let mut codes = Names::reserving(RESERVED);
            (name, errors.kinds.iter().map(|kind| codes.take(&pascal(&kind.code))).collect())
        });
        let errors = errors.collect();
        AsNames { types, handles, contracts, errors }
    }

    /// A type's name as a part of other names.
    pub(super) fn mangled(&self, ty: &Type) -> String {
        match ty {
            Type::Unit => "unit".to_owned(),
            Type::Bool => "bool".to_owned(),
            // the wire carries what fits 64 bits
            Type::Int { signed, bits } => format!("{}{}", if *signed { 'i' } else { 'u' }, bits.min(&64)),
            Type::F32 => "f32".to_owned(),
            Type::F64 => "f64".to_owned(),
            Type::Char => "char".to_owned(),
            Type::Str => "str".to_owned(),
            Type::Bytes => "bytes".to_owned(),
            Type::Raw => "raw".to_owned(),
            Type::Option(inner) => format!("option_{}", self.mangled(inner)),
            Type::Seq(inner) => format!("array_{}", self.mangled(inner)),
            Type::Map(key, value) => format!("map_{}_{}", self.mangled(key), self.mangled(value)),
            Type::Tuple(items) => {
                let parts: String = items.iter().map(|item| format!("_{}", self.mangled(item))).collect();
                format!("tuple{}{parts}", items.len())
            }
            Type::Array(inner, len) => format!("array{len}_{}", self.mangled(inner)),
            Type::Named(id) | Type::Boxed(id) => self.types[*id].clone(),
            Type::Handle(id) => self.handles[*id].clone(),
        }
    }

    /// A type as `AssemblyScript` has it.
    pub(super) fn ty(&self, ty: &Type) -> String {
        match ty {
            Type::Unit => "Unit".to_owned(),
            Type::Char => "Char".to_owned(),
            Type::Str => "string".to_owned(),
            Type::Bytes => "Uint8Array".to_owned(),
            Type::Raw => "Raw".to_owned(),
            Type::Option(inner) => format!("Option<{}>", self.ty(inner)),
            Type::Seq(inner) => format!("Array<{}>", self.ty(inner)),
            Type::Map(key, value) => format!("Map<{}, {}>", self.ty(key), self.ty(value)),
            Type::Array(inner, _) => format!("StaticArray<{}>", self.ty(inner)),
            Type::Tuple(_) => {
                let mangled = self.mangled(ty);
                format!("T{}", &mangled[1..])
            }
            ty => self.mangled(ty),
        }
    }
}

/// `greet` of the module `host` is that, `read` of `files` is `filesRead`.
pub(super) fn function(function: &Function) -> String {
    let full = match function.module.as_str() {
        "host" => function.name.clone(),
        module => format!("{module} {}", function.name),
    };
    Names::reserving(RESERVED).take(&camel(&full))
}

/// Returns true if a function of the file has the name, or the language reserves it.
pub(super) fn is_reserved(name: &str) -> bool {
    RESERVED.contains(&name)
}

pub(super) fn params(params: &[Param]) -> Vec<String> {
    let mut taken = Names::reserving(&[RESERVED, LOCALS].concat());
    params.iter().map(|param| taken.take(&camel(&param.name))).collect()
}

pub(super) fn members<'n>(names: impl Iterator<Item = &'n str>) -> Vec<String> {
    let mut taken = Names::reserving(RESERVED);
    names.map(|name| taken.take(&camel(name))).collect()
}

/// The members of a class that stands for an enum: what each variant carries. The class has a `kind` of its own.
pub(super) fn payloads(variants: &[Variant]) -> Vec<String> {
    let mut taken = Names::reserving(&[RESERVED, &["kind"]].concat());
    variants.iter().map(|variant| taken.take(&camel(&variant.name))).collect()
}

/// The variants of an enum, as constants.
pub(super) fn constants(named: &Named) -> Vec<String> {
    let Def::Enum(variants) = &named.def else {
        return Vec::new();
    };
    let mut taken = Names::reserving(RESERVED);
    variants.iter().map(|variant| taken.take(&pascal(&variant.name))).collect()
}

/// Returns whether the type is an enum without payloads, which is one here too.
pub(super) fn is_plain_enum(named: &Named) -> bool {
    matches!(named.def, Def::Enum(_)) && named.bodies().all(|body| matches!(body, Body::Unit))
}

/// Returns whether a map tells keys of the type apart.
pub(super) fn is_key(ty: &Type, model: &Model) -> bool {
    match ty {
        Type::Bool | Type::Int { .. } | Type::Char | Type::Str => true,
        Type::Named(id) => is_plain_enum(&model.types[*id]),
        _ => false,
    }
}
