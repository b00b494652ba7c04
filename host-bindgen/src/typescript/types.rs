//! Types, as the host replies them and as it accepts them.

use super::names::TsNames;
use crate::model::{Body, Def, Field, Model, Named, Type};
use crate::names::ident;
use crate::text::{Text, quoted};

/// Which way a value goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Way {
    /// From the host to the plugin.
    Out,
    /// From the plugin to the host, which accepts more than it gives.
    In,
}

pub(super) struct Printer<'a> {
    pub(super) model: &'a Model,
    pub(super) names: &'a TsNames,
}

impl Printer<'_> {
    pub(super) fn ty(&self, ty: &Type, way: Way) -> String {
        match ty {
            Type::Unit => "undefined".to_owned(),
            Type::Bool => "boolean".to_owned(),
            Type::Int { bits: 64.., .. } if way == Way::In => "number | bigint".to_owned(),
            Type::Int { bits: 64.., .. } => "bigint".to_owned(),
            Type::Int { .. } | Type::F32 | Type::F64 => "number".to_owned(),
            Type::Char | Type::Str => "string".to_owned(),
            Type::Bytes if way == Way::In => "Uint8Array | ArrayBuffer".to_owned(),
            Type::Bytes => "Uint8Array".to_owned(),
            Type::Option(inner) => self.option(inner, way),
            Type::Array(item, len @ 0..=16) => self.tuple(&vec![(**item).clone(); *len], way),
            Type::Seq(item) | Type::Array(item, _) => self.array(item, way),
            Type::Tuple(items) => self.tuple(items, way),
            Type::Map(key, value) => self.map(key, value, way),
            Type::Named(id) | Type::Boxed(id) => match (&self.names.inputs[*id], way) {
                (Some(input), Way::In) => input.clone(),
                _ => self.names.types[*id].clone(),
            },
            Type::Handle(id) => self.names.handles[*id].clone(),
            Type::Raw => "unknown".to_owned(),
        }
    }

    /// A reply, of which nothing is `void`.
    pub(super) fn reply(&self, ty: &Type, way: Way) -> String {
        if *ty == Type::Unit { "void".to_owned() } else { self.ty(ty, way) }
    }

    fn option(&self, inner: &Type, way: Way) -> String {
        let mut innermost = inner;
        while let Type::Option(inner) = innermost {
            innermost = inner;
        }
        match (self.ty(innermost, way), way) {
            (inner, _) if inner == "unknown" => inner,
            (inner, Way::Out) => format!("{inner} | null"),
            (inner, Way::In) => format!("{inner} | null | undefined"),
        }
    }

    fn array(&self, item: &Type, way: Way) -> String {
        let item = self.ty(item, way);
        let item = if item.contains(' ') { format!("({item})") } else { item };
        if way == Way::In { format!("readonly {item}[]") } else { format!("{item}[]") }
    }

    fn tuple(&self, items: &[Type], way: Way) -> String {
        let items: Vec<String> = items.iter().map(|item| self.ty(item, way)).collect();
        format!("{}[{}]", if way == Way::In { "readonly " } else { "" }, items.join(", "))
    }

    /// A map whose keys are strings is an object; of others, the plugin may send an object where its keys are numbers.
    fn map(&self, key: &Type, value: &Type, way: Way) -> String {
        let value = self.ty(value, way);
        let of_names = match key {
            Type::Str | Type::Char => Some(format!("{{ [key: string]: {value} }}")),
            Type::Named(id) | Type::Boxed(id) => match &self.model.types[*id].def {
                Def::Enum(variants) if variants.iter().all(|variant| matches!(variant.body, Body::Unit)) => {
                    Some(format!("{{ [K in {}]?: {value} }}", self.names.types[*id]))
                }
                _ => None,
            },
            _ => None,
        };
        let is_number = matches!(key, Type::Int { .. });
        let key = self.ty(key, way);
        match (of_names, way) {
            (Some(object), Way::Out) => object,
            (Some(object), Way::In) => format!("{object} | ReadonlyMap<{key}, {value}>"),
            (None, Way::Out) => format!("Map<{key}, {value}>"),
            (None, Way::In) if is_number => {
                format!("{{ [key: number]: {value} }} | ReadonlyMap<{key}, {value}>")
            }
            (None, Way::In) => format!("ReadonlyMap<{key}, {value}>"),
        }
    }

    /// A member of an object, or a parameter that may be left out.
    pub(super) fn member(&self, name: &str, ty: &Type, way: Way) -> String {
        match ty {
            Type::Option(inner) if way == Way::In => {
                let inner = self.option(inner, way);
                format!("{name}?: {}", inner.strip_suffix(" | undefined").unwrap_or(&inner))
            }
            _ => format!("{name}: {}", self.ty(ty, way)),
        }
    }

    fn field(&self, field: &Field, way: Way) -> String {
        self.member(&key(&field.name), &field.ty, way)
    }

    fn body(&self, body: &Body, way: Way) -> String {
        match body {
            Body::Unit => "undefined".to_owned(),
            Body::Newtype(inner) => self.ty(inner, way),
            Body::Tuple(items) => self.tuple(items, way),
            Body::Fields(fields) if fields.is_empty() => "{}".to_owned(),
            Body::Fields(fields) => {
                let fields: Vec<String> = fields.iter().map(|field| self.field(field, way)).collect();
                format!("{{ {} }}", fields.join("; "))
            }
        }
    }

    /// The definition of a type.
    pub(super) fn define(&self, id: usize, way: Way, text: &mut Text) {
        let named: &Named = &self.model.types[id];
        let name = self.ty(&Type::Named(id), way);
        match &named.def {
            Def::Struct(Body::Fields(fields)) => {
                text.block(format!("export interface {name} {{"), "}", |text| {
                    for field in fields {
                        text.line(format!("{};", self.field(field, way)));
                    }
                });
            }
            // what it stands for leads back to itself without an object between
            Def::Struct(Body::Newtype(inner)) if self.stands_for(inner, id, &mut Vec::new()) => {
                text.line(format!("export type {name} = unknown;"));
            }
            Def::Struct(body) => text.line(format!("export type {name} = {};", self.body(body, way))),
            Def::Enum(variants) => {
                text.line(format!("export type {name} ="));
                text.indented(|text| {
                    for (at, variant) in variants.iter().enumerate() {
                        let end = if at + 1 == variants.len() { ";" } else { "" };
                        match &variant.body {
                            Body::Unit => text.line(format!("| {}{end}", quoted(&variant.name))),
                            body => text.line(format!(
                                "| {{ {}: {} }}{end}",
                                key(&variant.name),
                                self.body(body, way)
                            )),
                        }
                    }
                });
            }
        }
    }

    /// Returns true if the type is `id` itself, through newtypes and options alone.
    fn stands_for(&self, ty: &Type, id: usize, seen: &mut Vec<usize>) -> bool {
        match ty {
            Type::Option(inner) => self.stands_for(inner, id, seen),
            Type::Named(at) | Type::Boxed(at) if *at == id => true,
            Type::Named(at) | Type::Boxed(at) if !seen.contains(at) => {
                seen.push(*at);
                match &self.model.types[*at].def {
                    Def::Struct(Body::Newtype(inner)) => self.stands_for(inner, id, seen),
                    _ => false,
                }
            }
            _ => false,
        }
    }
}

/// Returns true if the host accepts values of the type that it does not reply: numbers for 64-bit integers, other bytes,
/// members that are left out.
pub(super) fn accepts_more(ty: &Type, model: &Model) -> bool {
    fn more(ty: &Type, model: &Model, seen: &mut Vec<usize>) -> bool {
        ty.walk().into_iter().any(|ty| match ty {
            Type::Int { bits: 64.., .. } | Type::Bytes | Type::Option(_) => true,
            Type::Named(id) | Type::Boxed(id) if !seen.contains(id) => {
                seen.push(*id);
                model.types[*id].bodies().flat_map(Body::types).any(|ty| more(ty, model, seen))
            }
            _ => false,
        })
    }
    more(ty, model, &mut Vec::new())
}

/// The name of a member.
fn key(name: &str) -> String {
    if ident(name) == name { name.to_owned() } else { quoted(name) }
}
