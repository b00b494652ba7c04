//! Names of the listing's items in C.

use crate::model::{Def, Function, Model, Named, Param, Type};
use crate::names::{Names, snake, upper};

/// Names that the listing cannot use: keywords of C and C++, and what headers define.
const RESERVED: &[&str] = &[
    "NULL",
    "alignas",
    "alignof",
    "and",
    "and_eq",
    "asm",
    "auto",
    "bitand",
    "bitor",
    "bool",
    "break",
    "case",
    "catch",
    "char",
    "char16_t",
    "char32_t",
    "char8_t",
    "class",
    "co_await",
    "co_return",
    "co_yield",
    "compl",
    "complex",
    "concept",
    "const",
    "const_cast",
    "consteval",
    "constexpr",
    "constinit",
    "continue",
    "decltype",
    "default",
    "delete",
    "do",
    "double",
    "dynamic_cast",
    "else",
    "enum",
    "explicit",
    "export",
    "extern",
    "false",
    "float",
    "for",
    "friend",
    "goto",
    "if",
    "imaginary",
    "inline",
    "int",
    "int16_t",
    "int32_t",
    "int64_t",
    "int8_t",
    "linux",
    "long",
    "main",
    "mutable",
    "namespace",
    "new",
    "noexcept",
    "not",
    "not_eq",
    "nullptr",
    "operator",
    "or",
    "or_eq",
    "private",
    "protected",
    "public",
    "register",
    "reinterpret_cast",
    "requires",
    "restrict",
    "return",
    "short",
    "signed",
    "size_t",
    "sizeof",
    "static",
    "static_assert",
    "static_cast",
    "struct",
    "switch",
    "template",
    "this",
    "thread_local",
    "throw",
    "true",
    "try",
    "typedef",
    "typeid",
    "typename",
    "typeof",
    "typeof_unqual",
    "uint16_t",
    "uint32_t",
    "uint64_t",
    "uint8_t",
    "union",
    "unix",
    "unsigned",
    "using",
    "virtual",
    "void",
    "volatile",
    "wchar_t",
    "while",
    "xor",
    "xor_eq",
];

/// Names of variables in generated functions.
const LOCALS: &[&str] = &["args", "len", "nothing", "ptr", "r", "reply", "status", "w", "word"];

pub(super) struct CNames {
    /// The types of the model.
    pub(super) types: Vec<String>,
    /// The handles of the model.
    pub(super) handles: Vec<String>,
    /// The variants' constants of each enum, none for a struct.
    pub(super) constants: Vec<Vec<String>>,
    /// The types of errors, and the constants of each; the first stands for everything else.
    pub(super) errors: Vec<(String, Vec<String>)>,
}

impl CNames {
    pub(super) fn new(model: &Model) -> Self {
        let mut taken = Names::reserving(RESERVED);
        model.functions.iter().for_each(|row| drop(taken.take(&function(row))));
        let types: Vec<String> = model.types.iter().map(|named| taken.take(&named.name)).collect();
        let constants = model.types.iter().map(|named| match &named.def {
            Def::Struct(_) => Vec::new(),
            Def::Enum(variants) => variants
                .iter()
                .map(|variant| taken.take(&format!("{}_{}", upper(&named.name), upper(&variant.name))))
                .collect(),
        });
        let constants = constants.collect();
        let errors = model.errors.iter().map(|errors| {
            let other = taken.take(&format!("{}_OTHER", upper(&errors.name)));
            let kinds = errors.kinds.iter();
            let kinds =
                kinds.map(|kind| taken.take(&format!("{}_{}", upper(&errors.name), upper(&kind.code))));
            let constants = [other].into_iter().chain(kinds).collect();
            (taken.take(&errors.name), constants)
        });
        let errors = errors.collect();
        let handles = model.handles.iter().map(|handle| taken.take(&handle.name)).collect();
        CNames { types, handles, constants, errors }
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
            Type::Seq(inner) => format!("list_{}", self.mangled(inner)),
            Type::Map(key, value) => format!("map_{}_{}", self.mangled(key), self.mangled(value)),
            Type::Tuple(items) => {
                let items: String = items.iter().map(|item| format!("_{}", self.mangled(item))).collect();
                format!("tuple{}{items}", items_len(ty))
            }
            Type::Array(inner, len) => format!("array{len}_{}", self.mangled(inner)),
            Type::Named(id) => self.types[*id].clone(),
            Type::Boxed(id) => format!("ref_{}", self.types[*id]),
            Type::Handle(id) => self.handles[*id].clone(),
        }
    }

    /// A type as C has it.
    pub(super) fn ctype(&self, ty: &Type) -> String {
        match ty {
            Type::Bool => "bool".to_owned(),
            Type::Int { signed, bits } => format!("{}int{}_t", if *signed { "" } else { "u" }, bits.min(&64)),
            Type::F32 => "float".to_owned(),
            Type::F64 => "double".to_owned(),
            Type::Char => "uint32_t".to_owned(),
            Type::Named(id) => self.types[*id].clone(),
            Type::Boxed(id) => format!("const {} *", self.types[*id]),
            Type::Handle(id) => self.handles[*id].clone(),
            ty => format!("hostfn_{}", self.mangled(ty)),
        }
    }

    /// A type and the name of what is of it.
    pub(super) fn declare(&self, ty: &Type, name: &str) -> String {
        let ctype = self.ctype(ty);
        if ctype.ends_with('*') { format!("{ctype}{name}") } else { format!("{ctype} {name}") }
    }

    /// A parameter: by value where that is small.
    pub(super) fn param(&self, ty: &Type, name: &str, model: &Model) -> String {
        if by_value(ty, model) {
            self.declare(ty, name)
        } else {
            format!("const {}", self.declare(ty, &format!("*{name}")))
        }
    }
}

fn items_len(ty: &Type) -> usize {
    ty.parts().len()
}

/// Returns whether a value of the type is handed over as it is, and not by a pointer.
pub(super) fn by_value(ty: &Type, model: &Model) -> bool {
    match ty {
        Type::Option(_) | Type::Seq(_) | Type::Map(..) | Type::Tuple(_) | Type::Array(..) => false,
        Type::Named(id) => is_plain_enum(&model.types[*id]),
        _ => true,
    }
}

/// Returns whether the type is an enum without payloads, which is one of C too.
pub(super) fn is_plain_enum(named: &Named) -> bool {
    matches!(named.def, Def::Enum(_)) && named.bodies().all(|body| matches!(body, crate::model::Body::Unit))
}

/// `module_name`.
pub(super) fn function(function: &Function) -> String {
    format!("{}_{}", snake(&function.module), snake(&function.name))
}

pub(super) fn params(params: &[Param]) -> Vec<String> {
    let mut taken = Names::reserving(&[RESERVED, LOCALS].concat());
    params.iter().map(|param| taken.take(&snake(&param.name))).collect()
}

/// Members of a struct or a union.
pub(super) fn members<'n>(names: impl Iterator<Item = &'n str>) -> Vec<String> {
    let mut taken = Names::reserving(RESERVED);
    names.map(|name| taken.take(&snake(name))).collect()
}
