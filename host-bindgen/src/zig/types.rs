//! Structs, enums and tagged unions.

use super::names::{ZigNames, is_plain_enum, members};
use super::{docs, section};
use crate::model::{Body, Def, Field, Model, Type, Variant};
use crate::text::Text;

/// A type as Zig has it.
pub(super) fn zig(ty: &Type, names: &ZigNames) -> String {
    match ty {
        Type::Unit => "void".to_owned(),
        Type::Bool => "bool".to_owned(),
        // the wire carries what fits 64 bits
        Type::Int { signed, bits } => format!("{}{}", if *signed { 'i' } else { 'u' }, bits.min(&64)),
        Type::F32 => "f32".to_owned(),
        Type::F64 => "f64".to_owned(),
        Type::Char => "u21".to_owned(),
        Type::Str | Type::Bytes => "[]const u8".to_owned(),
        Type::Raw => "hostfn.Raw".to_owned(),
        Type::Option(inner) => format!("?{}", zig(inner, names)),
        Type::Seq(inner) => format!("[]const {}", zig(inner, names)),
        Type::Map(key, value) => {
            format!("[]const hostfn.Entry({}, {})", zig(key, names), zig(value, names))
        }
        Type::Tuple(items) => tuple(items, names),
        Type::Array(inner, len) => format!("[{len}]{}", zig(inner, names)),
        Type::Named(id) => names.types[*id].clone(),
        Type::Boxed(id) => format!("*const {}", names.types[*id]),
        Type::Handle(id) => names.handles[*id].clone(),
    }
}

/// A tuple of these, or what is as empty.
pub(super) fn tuple(items: &[Type], names: &ZigNames) -> String {
    if items.is_empty() {
        return "[0]void".to_owned();
    }
    let items: Vec<String> = items.iter().map(|item| zig(item, names)).collect();
    format!("struct {{ {} }}", items.join(", "))
}

pub(super) fn print(model: &Model, names: &ZigNames, text: &mut Text) {
    if !model.types.is_empty() || !model.handles.is_empty() {
        section("types", text);
    }
    for (i, (handle, name)) in model.handles.iter().zip(&names.handles).enumerate() {
        if i > 0 {
            text.blank();
        }
        docs(&[handle.about()], text);
        text.block(format!("pub const {name} = struct {{"), "};", |text| text.line("id: u64,"));
    }
    for (i, (named, name)) in model.types.iter().zip(&names.types).enumerate() {
        if i > 0 || !model.handles.is_empty() {
            text.blank();
        }
        docs(&[format!("The type `{}` of the host.", named.name)], text);
        print_one(&named.def, name, names, text);
    }
}

fn print_one(def: &Def, name: &str, names: &ZigNames, text: &mut Text) {
    match def {
        Def::Struct(body) => print_body(body, &format!("pub const {name} = "), ";", names, text),
        Def::Enum(variants) => {
            let kind = if is_plain_enum(variants) { "enum" } else { "union(enum)" };
            text.block(format!("pub const {name} = {kind} {{"), "};", |text| {
                for (variant, ident) in variants.iter().zip(variant_names(variants)) {
                    print_variant(variant, &ident, names, text);
                }
            });
        }
    }
}

/// Returns what the variants of an enum are called.
pub(super) fn variant_names(variants: &[Variant]) -> Vec<String> {
    members(variants.iter().map(|variant| variant.name.as_str()))
}

/// Returns what the fields of a struct are called.
pub(super) fn field_names(fields: &[Field]) -> Vec<String> {
    members(fields.iter().map(|field| field.name.as_str()))
}

fn print_variant(variant: &Variant, ident: &str, names: &ZigNames, text: &mut Text) {
    match &variant.body {
        Body::Unit => text.line(format!("{ident},")),
        Body::Newtype(inner) => text.line(format!("{ident}: {},", zig(inner, names))),
        Body::Tuple(items) => text.line(format!("{ident}: {},", tuple(items, names))),
        body @ Body::Fields(_) => print_body(body, &format!("{ident}: "), ",", names, text),
    }
}

fn print_body(body: &Body, head: &str, tail: &str, names: &ZigNames, text: &mut Text) {
    let fields: Vec<(String, &Type)> = match body {
        Body::Unit => Vec::new(),
        Body::Newtype(inner) => vec![("value".to_owned(), inner)],
        Body::Tuple(items) => items.iter().enumerate().map(|(i, item)| (format!("v{i}"), item)).collect(),
        Body::Fields(fields) => {
            field_names(fields).into_iter().zip(fields.iter().map(|field| &field.ty)).collect()
        }
    };
    if fields.is_empty() {
        return text.line(format!("{head}struct {{}}{tail}"));
    }
    text.block(format!("{head}struct {{"), &format!("}}{tail}"), |text| {
        for (ident, ty) in fields {
            text.line(format!("{ident}: {},", zig(ty, names)));
        }
    });
}
