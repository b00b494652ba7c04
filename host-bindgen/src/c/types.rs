//! Structs, enums and unions, each after what it holds by value.

use std::collections::BTreeSet;

use super::names::{CNames, is_plain_enum, members};
use super::{comment, section};
use crate::model::{Body, Def, Model, Named, Type, Variant};
use crate::text::Text;

/// Every type that needs a definition of its own, each after those that it holds by value.
pub(super) fn in_order(model: &Model) -> Vec<Type> {
    let mut order = Order { model, done: BTreeSet::new(), types: Vec::new() };
    for id in 0..model.types.len() {
        order.add(&Type::Named(id));
    }
    let uses: Vec<Type> = model.uses().map(|(_, ty)| ty.clone()).collect();
    for ty in &uses {
        order.add(ty);
    }
    order.types
}

struct Order<'m> {
    model: &'m Model,
    done: BTreeSet<Type>,
    types: Vec<Type>,
}

impl Order<'_> {
    fn add(&mut self, ty: &Type) {
        let narrowed = narrowed(ty);
        let held: Vec<Type> = match &narrowed {
            Type::Option(inner) | Type::Array(inner, _) => vec![(**inner).clone()],
            Type::Tuple(items) => items.clone(),
            Type::Named(id) => self.model.types[*id].bodies().flat_map(Body::types).cloned().collect(),
            // items are pointed to: a forward declaration is enough, and the definition may come later
            Type::Seq(_) | Type::Map(..) => Vec::new(),
            _ => return,
        };
        if !self.done.insert(narrowed.clone()) {
            return;
        }
        for inner in &held {
            self.add(inner);
        }
        self.types.push(narrowed.clone());
        match &narrowed {
            Type::Seq(inner) => self.add(inner),
            Type::Map(key, value) => {
                self.add(key);
                self.add(value);
            }
            _ => {}
        }
    }
}

/// With integers as wide as the wire has them, so that two types that are one in C are one.
fn narrowed(ty: &Type) -> Type {
    match ty {
        Type::Int { signed, bits } => Type::Int { signed: *signed, bits: *bits.min(&64) },
        Type::Option(inner) => Type::Option(Box::new(narrowed(inner))),
        Type::Seq(inner) => Type::Seq(Box::new(narrowed(inner))),
        Type::Array(inner, len) => Type::Array(Box::new(narrowed(inner)), *len),
        Type::Map(key, value) => Type::Map(Box::new(narrowed(key)), Box::new(narrowed(value))),
        Type::Tuple(items) => Type::Tuple(items.iter().map(narrowed).collect()),
        ty => ty.clone(),
    }
}

pub(super) fn print(model: &Model, names: &CNames, text: &mut Text) {
    let types = in_order(model);
    section("types", text);
    for (handle, name) in model.handles.iter().zip(&names.handles) {
        comment(&[handle.about()], text);
        text.block("typedef struct {", &format!("}} {name};"), |text| text.line("uint64_t id;"));
        text.blank();
    }
    for named in types.iter().filter_map(|ty| plain(ty, model)) {
        print_plain_enum(named.0, &model.types[named.0], names, text);
        text.blank();
    }
    for ty in types.iter().filter(|ty| plain(ty, model).is_none()) {
        let name = names.ctype(ty);
        text.line(format!("typedef struct {name} {name};"));
    }
    // an entry of a map is held by no one, so that its key and value are there by now
    let (pointing, held): (Vec<&Type>, Vec<&Type>) =
        types.iter().filter(|ty| plain(ty, model).is_none()).partition(|ty| matches!(ty, Type::Map(..)));
    for ty in pointing.iter().chain(&held) {
        text.blank();
        print_one(ty, model, names, text);
    }
    for ty in pointing {
        if let Type::Map(key, value) = ty {
            text.blank();
            text.block(format!("struct {}_entry {{", names.ctype(ty)), "};", |text| {
                text.line(format!("{};", names.declare(key, "key")));
                text.line(format!("{};", names.declare(value, "value")));
            });
        }
    }
}

fn plain<'m>(ty: &Type, model: &'m Model) -> Option<(usize, &'m Named)> {
    match ty {
        Type::Named(id) => Some((*id, &model.types[*id])).filter(|(_, named)| is_plain_enum(named)),
        _ => None,
    }
}

fn print_plain_enum(id: usize, def: &Named, names: &CNames, text: &mut Text) {
    comment(&[format!("The type `{}` of the host.", def.name)], text);
    text.block("typedef enum {", &format!("}} {};", names.types[id]), |text| {
        names.constants[id].iter().for_each(|constant| text.line(format!("{constant},")));
    });
}

fn print_one(ty: &Type, model: &Model, names: &CNames, text: &mut Text) {
    let name = names.ctype(ty);
    let head = format!("struct {name} {{");
    match ty {
        Type::Option(inner) => {
            comment(&["`value` counts only where there is `some`.".into()], text);
            text.block(head, "};", |text| {
                text.line("bool some;");
                text.line(format!("{};", names.declare(inner, "value")));
            });
        }
        Type::Seq(inner) => text.block(head, "};", |text| {
            let pointer = match &**inner {
                Type::Boxed(_) => names.declare(inner, "const *items"),
                inner => format!("const {}", names.declare(inner, "*items")),
            };
            text.line(format!("{pointer};"));
            text.line("uint32_t len;");
        }),
        Type::Map(..) => {
            text.line(format!("typedef struct {name}_entry {name}_entry;"));
            text.block(head, "};", |text| {
                text.line(format!("const {name}_entry *entries;"));
                text.line("uint32_t len;");
            });
        }
        Type::Array(inner, len) => text.block(head, "};", |text| {
            text.line(format!("{};", names.declare(inner, &format!("items[{len}]"))));
        }),
        Type::Tuple(items) => text.block(head, "};", |text| print_items(items, names, text)),
        Type::Named(id) => print_named(*id, &model.types[*id], names, text),
        _ => {}
    }
}

fn print_named(id: usize, def: &Named, names: &CNames, text: &mut Text) {
    let name = &names.types[id];
    let about = format!("The type `{}` of the host.", def.name);
    match &def.def {
        Def::Struct(body) => {
            comment(&[about], text);
            text.block(format!("struct {name} {{"), "};", |text| print_body(body, names, text));
        }
        Def::Enum(variants) => {
            text.block("typedef enum {", &format!("}} {name}_kind;"), |text| {
                names.constants[id].iter().for_each(|constant| text.line(format!("{constant},")));
            });
            text.blank();
            comment(&[format!("{about} `kind` tells which of `as` counts.")], text);
            text.block(format!("struct {name} {{"), "};", |text| {
                text.line(format!("{name}_kind kind;"));
                text.block("union {", "} as;", |text| {
                    let idents = members(variants.iter().map(|variant| variant.name.as_str()));
                    for (variant, ident) in variants.iter().zip(&idents) {
                        print_payload(variant, ident, names, text);
                    }
                });
            });
        }
    }
}

fn print_payload(variant: &Variant, ident: &str, names: &CNames, text: &mut Text) {
    match &variant.body {
        Body::Unit => {}
        Body::Newtype(inner) => text.line(format!("{};", names.declare(inner, ident))),
        body => text.block("struct {", &format!("}} {ident};"), |text| print_body(body, names, text)),
    }
}

fn print_body(body: &Body, names: &CNames, text: &mut Text) {
    match body {
        Body::Newtype(inner) => text.line(format!("{};", names.declare(inner, "value"))),
        Body::Tuple(items) => print_items(items, names, text),
        Body::Fields(fields) if !fields.is_empty() => {
            let idents = members(fields.iter().map(|field| field.name.as_str()));
            for (field, ident) in fields.iter().zip(idents) {
                text.line(format!("{};", names.declare(&field.ty, &ident)));
            }
        }
        // C has no struct without members
        Body::Unit | Body::Fields(_) => text.line("hostfn_unit nothing;"),
    }
}

fn print_items(items: &[Type], names: &CNames, text: &mut Text) {
    if items.is_empty() {
        text.line("hostfn_unit nothing;");
    }
    for (i, item) in items.iter().enumerate() {
        text.line(format!("{};", names.declare(item, &format!("v{i}"))));
    }
}
