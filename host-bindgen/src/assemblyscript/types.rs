//! Classes and enums.

use std::collections::BTreeSet;

use super::names::{AsNames, constants, is_plain_enum, members, payloads};
use super::{comment, section};
use crate::model::{Body, Def, Model, Named, Type, Variant};
use crate::text::Text;

/// Every type that is put together from others, as far as its reader and writer are its own.
pub(super) fn compound(model: &Model, names: &AsNames) -> Vec<Type> {
    let mut seen = BTreeSet::new();
    let all = model.uses().flat_map(|(_, ty)| ty.walk());
    all.filter(|ty| !ty.parts().is_empty() || matches!(ty, Type::Tuple(_)))
        .filter(|ty| seen.insert(names.mangled(ty)))
        .cloned()
        .collect()
}

pub(super) fn print(model: &Model, names: &AsNames, text: &mut Text) {
    section("types", text);
    for (handle, name) in model.handles.iter().zip(&names.handles) {
        text.blank();
        comment(&[handle.about(), "Two are the same where their `id` is.".to_owned()], text);
        text.block(format!("export class {name} {{"), "}", |text| {
            text.line("constructor(public readonly id: u64) {}");
        });
    }
    for (id, named) in model.types.iter().enumerate() {
        print_named(id, named, names, text);
    }
    for ty in compound(model, names) {
        if let Type::Tuple(items) = &ty {
            text.blank();
            class(&names.ty(&ty), &numbered(items, names), text);
        }
    }
}

fn numbered(items: &[Type], names: &AsNames) -> Vec<String> {
    items.iter().enumerate().map(|(i, item)| format!("public v{i}: {}", names.ty(item))).collect()
}

fn class(name: &str, members: &[String], text: &mut Text) {
    text.block(format!("export class {name} {{"), "}", |text| {
        if members.is_empty() {
            return text.line("constructor() {}");
        }
        text.block("constructor(", ") {}", |text| {
            for member in members {
                text.line(format!("{member},"));
            }
        });
    });
}

fn body_members(body: &Body, names: &AsNames) -> Vec<String> {
    match body {
        Body::Unit => Vec::new(),
        Body::Newtype(inner) => vec![format!("public value: {}", names.ty(inner))],
        Body::Tuple(items) => numbered(items, names),
        Body::Fields(fields) => members(fields.iter().map(|field| field.name.as_str()))
            .iter()
            .zip(fields)
            .map(|(ident, field)| format!("public {ident}: {}", names.ty(&field.ty)))
            .collect(),
    }
}

fn print_named(id: usize, def: &Named, names: &AsNames, text: &mut Text) {
    let name = &names.types[id];
    let about = format!("The type `{}` of the host.", def.name);
    match &def.def {
        Def::Struct(body) => {
            text.blank();
            comment(&[about], text);
            class(name, &body_members(body, names), text);
        }
        Def::Enum(_) if is_plain_enum(def) => {
            text.blank();
            comment(&[about], text);
            text.line(format!("export enum {name} {{ {} }}", constants(def).join(", ")));
        }
        Def::Enum(variants) => print_enum(name, &about, def, variants, names, text),
    }
}

/// Returns what a variant carries: its class, where it has one of its own.
pub(super) fn payload(name: &str, constant: &str, variant: &Variant, names: &AsNames) -> Option<String> {
    match &variant.body {
        Body::Unit => None,
        Body::Newtype(inner) => Some(names.ty(inner)),
        _ => Some(format!("{name}_{constant}")),
    }
}

fn print_enum(name: &str, about: &str, def: &Named, variants: &[Variant], names: &AsNames, text: &mut Text) {
    let constants = constants(def);
    let idents = payloads(variants);
    text.blank();
    text.line(format!("export enum {name}_Kind {{ {} }}", constants.join(", ")));
    for (variant, constant) in variants.iter().zip(&constants) {
        if matches!(variant.body, Body::Tuple(_) | Body::Fields(_)) {
            text.blank();
            class(&format!("{name}_{constant}"), &body_members(&variant.body, names), text);
        }
    }
    text.blank();
    comment(&[format!("{about} `kind` tells which of the members counts.")], text);
    text.block(format!("export class {name} {{"), "}", |text| {
        for ((variant, constant), ident) in variants.iter().zip(&constants).zip(&idents) {
            if let Some(ty) = payload(name, constant, variant, names) {
                text.line(format!("{ident}: {ty} = zero<{ty}>();"));
            }
        }
        text.blank();
        text.line(format!("constructor(public kind: {name}_Kind) {{}}"));
        for ((variant, constant), ident) in variants.iter().zip(&constants).zip(&idents) {
            text.blank();
            let make = |param: &str| format!("static {constant}({param}): {name} {{");
            let fresh = format!("new {name}({name}_Kind.{constant})");
            match payload(name, constant, variant, names) {
                None => text.block(make(""), "}", |text| text.line(format!("return {fresh};"))),
                Some(ty) => text.block(make(&format!("value: {ty}")), "}", |text| {
                    text.line(format!("const made = {fresh};"));
                    text.line(format!("made.{ident} = value;"));
                    text.line("return made;");
                }),
            }
        }
    });
}
