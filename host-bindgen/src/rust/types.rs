//! Structs and enums.

use super::{KEYWORDS, RustNames, docs};
use crate::model::{Body, Def, Field, Model, Named, Type, Variant};
use crate::names::{Names, snake, type_name};
use crate::text::Text;

/// Fields of a variant stand in one line up to here.
const VARIANT: usize = 35;

pub(super) fn print(model: &Model, names: &RustNames, text: &mut Text) {
    for (handle, title) in model.handles.iter().zip(&names.handles) {
        text.blank();
        docs(&[handle.about()], text);
        print_handle(title, text);
    }
    for (named, title) in model.types.iter().zip(&names.types) {
        text.blank();
        docs(&[format!("The type `{}` of the host.", named.name)], text);
        print_one(named, title, names, text);
    }
}

fn print_handle(title: &str, text: &mut Text) {
    text.line("#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]");
    text.line("#[serde(crate = \"hostfn_guest::serde\", transparent)]");
    text.line(format!("pub struct {title}(u64);"));
    text.blank();
    text.block(format!("impl {title} {{"), "}", |text| {
        docs(&["The handle's number, to keep it where only numbers go.".to_owned()], text);
        text.block("pub const fn id(self) -> u64 {", "}", |text| text.line("self.0"));
        text.blank();
        docs(&["The handle of a number that [`id`](Self::id) returned.".to_owned()], text);
        text.block("pub const fn from_id(id: u64) -> Self {", "}", |text| text.line("Self(id)"));
    });
}

fn print_one(def: &Named, title: &str, names: &RustNames, text: &mut Text) {
    let order = if def.is_key { "Eq, PartialOrd, Ord, " } else { "" };
    text.line(format!("#[derive(Clone, Debug, PartialEq, {order}Serialize, Deserialize)]"));
    text.line("#[serde(crate = \"hostfn_guest::serde\")]");
    match &def.def {
        Def::Struct(Body::Unit) => text.line(format!("pub struct {title};")),
        Def::Struct(Body::Newtype(inner)) => {
            text.line(format!("pub struct {title}(pub {});", owned(inner, names)));
        }
        Def::Struct(Body::Tuple(items)) => {
            let items: Vec<String> = items.iter().map(|item| format!("pub {}", owned(item, names))).collect();
            super::layout::signature(&format!("pub struct {title}"), &items, ";", text);
        }
        Def::Struct(Body::Fields(fields)) if fields.is_empty() => {
            text.line(format!("pub struct {title} {{}}"));
        }
        Def::Struct(Body::Fields(fields)) => text.block(format!("pub struct {title} {{"), "}", |text| {
            for (ident, field) in idents(fields).iter().zip(fields) {
                rename(ident, &field.name, text);
                text.line(format!("pub {ident}: {},", owned(&field.ty, names)));
            }
        }),
        Def::Enum(variants) => text.block(format!("pub enum {title} {{"), "}", |text| {
            let mut taken = Names::reserving(KEYWORDS);
            for variant in variants {
                print_variant(variant, &taken.take(&type_name(&variant.name)), names, text);
            }
        }),
    }
}

fn print_variant(variant: &Variant, title: &str, names: &RustNames, text: &mut Text) {
    rename(title, &variant.name, text);
    match &variant.body {
        Body::Unit => text.line(format!("{title},")),
        Body::Newtype(inner) => text.line(format!("{title}({}),", owned(inner, names))),
        Body::Tuple(items) => {
            let items: Vec<String> = items.iter().map(|item| owned(item, names)).collect();
            super::layout::signature(title, &items, ",", text);
        }
        Body::Fields(fields) => {
            let idents = idents(fields);
            let renamed = idents.iter().zip(fields).any(|(ident, field)| *ident != field.name);
            let all: Vec<String> = idents
                .iter()
                .zip(fields)
                .map(|(ident, field)| format!("{ident}: {}", owned(&field.ty, names)))
                .collect();
            let list = all.join(", ");
            if fields.is_empty() {
                text.line(format!("{title} {{}},"));
            } else if !renamed && list.chars().count() <= VARIANT {
                text.line(format!("{title} {{ {list} }},"));
            } else {
                text.block(format!("{title} {{"), "},", |text| {
                    for ((line, ident), field) in all.iter().zip(&idents).zip(fields) {
                        rename(ident, &field.name, text);
                        text.line(format!("{line},"));
                    }
                });
            }
        }
    }
}

fn idents(fields: &[Field]) -> Vec<String> {
    let mut taken = Names::reserving(KEYWORDS);
    fields.iter().map(|field| taken.take(&snake(&field.name))).collect()
}

fn rename(ident: &str, wire: &str, text: &mut Text) {
    if ident != wire {
        text.line(format!("#[serde(rename = {wire:?})]"));
    }
}

/// The type of a value that is owned.
pub(super) fn owned(ty: &Type, names: &RustNames) -> String {
    match ty {
        Type::Unit => "()".to_owned(),
        Type::Bool => "bool".to_owned(),
        Type::Int { signed, bits } => format!("{}{bits}", if *signed { 'i' } else { 'u' }),
        Type::F32 => "f32".to_owned(),
        Type::F64 => "f64".to_owned(),
        Type::Char => "char".to_owned(),
        Type::Str => "String".to_owned(),
        Type::Bytes => "Vec<u8>".to_owned(),
        Type::Option(inner) => format!("Option<{}>", owned(inner, names)),
        Type::Seq(inner) => format!("Vec<{}>", owned(inner, names)),
        Type::Map(key, value) => format!("BTreeMap<{}, {}>", owned(key, names), owned(value, names)),
        // no elements: the array of them is written as an empty one, `()` as nothing
        Type::Tuple(items) if items.is_empty() => "[(); 0]".to_owned(),
        Type::Tuple(items) => {
            let items: Vec<String> = items.iter().map(|item| owned(item, names)).collect();
            format!("({})", items.join(", "))
        }
        Type::Array(inner, len) => format!("[{}; {len}]", owned(inner, names)),
        Type::Named(id) => names.types[*id].clone(),
        Type::Boxed(id) => format!("Box<{}>", names.types[*id]),
        Type::Handle(id) => names.handles[*id].clone(),
        Type::Raw => "Value".to_owned(),
    }
}

/// The type of an argument, which need not be owned.
pub(super) fn borrowed(ty: &Type, names: &RustNames) -> String {
    match ty {
        Type::Str => "&str".to_owned(),
        Type::Bytes => "&[u8]".to_owned(),
        Type::Seq(inner) => format!("&[{}]", owned(inner, names)),
        Type::Option(inner) if !matches!(**inner, Type::Option(_)) => {
            format!("Option<{}>", borrowed(inner, names))
        }
        ty if is_copy(ty) => owned(ty, names),
        ty => format!("&{}", owned(ty, names)),
    }
}

fn is_copy(ty: &Type) -> bool {
    match ty {
        Type::Unit | Type::Bool | Type::Int { .. } | Type::F32 | Type::F64 | Type::Char | Type::Handle(_) => {
            true
        }
        Type::Option(inner) | Type::Array(inner, _) => is_copy(inner),
        Type::Tuple(items) => items.iter().all(is_copy),
        _ => false,
    }
}

/// The type of an argument from the host: text and bytes stay where the host wrote them.
pub(super) fn received(ty: &Type, names: &RustNames) -> String {
    match ty {
        Type::Str | Type::Bytes => borrowed(ty, names),
        ty => owned(ty, names),
    }
}
