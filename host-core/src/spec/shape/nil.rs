//! Options of values that are nil themselves. An option is nil or the value, so that `Some(None)` would arrive as
//! `None`: no such type may be declared.

use std::collections::{BTreeMap, BTreeSet};

use super::{Body, Shape, TypeDef};

/// An option of a value that can be nil itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NilOption {
    /// The field that it is in, `Order.note`; `None` where it is in no named type.
    pub place: Option<String>,
    /// The type: `option<option<u8>>`; `option<any>` of a dynamic value.
    pub shape: String,
}

type Types = BTreeMap<String, TypeDef>;

/// The first option of what can be nil.
pub(super) fn option_of_nil(shape: &Shape, types: &Types) -> Option<NilOption> {
    let found = |place: Option<String>, shape: &Shape| {
        find(shape, types).map(|shape| NilOption { place, shape: shape.to_string() })
    };
    found(None, shape).or_else(|| {
        types.iter().find_map(|(name, def)| match def {
            TypeDef::Struct(body) => in_body(body, name, &found),
            TypeDef::Enum(variants) => variants
                .iter()
                .find_map(|variant| in_body(&variant.body, &format!("{name}::{}", variant.name), &found)),
        })
    })
}

fn in_body(
    body: &Body,
    owner: &str,
    found: &impl Fn(Option<String>, &Shape) -> Option<NilOption>,
) -> Option<NilOption> {
    match body {
        Body::Unit => None,
        Body::Newtype(inner) => found(Some(owner.to_owned()), inner),
        Body::Tuple(items) => {
            items.iter().enumerate().find_map(|(i, item)| found(Some(format!("{owner}.{i}")), item))
        }
        Body::Fields(fields) => {
            fields.iter().find_map(|field| found(Some(format!("{owner}.{}", field.name)), &field.shape))
        }
    }
}

fn find<'s>(shape: &'s Shape, types: &Types) -> Option<&'s Shape> {
    match shape {
        Shape::Option(inner) if can_be_nil(inner, types, &mut BTreeSet::new()) => Some(shape),
        Shape::Option(inner) | Shape::Seq(inner) => find(inner, types),
        Shape::Map(key, value) => find(key, types).or_else(|| find(value, types)),
        Shape::Tuple(items) => items.iter().find_map(|item| find(item, types)),
        _ => None,
    }
}

fn can_be_nil<'s>(shape: &'s Shape, types: &'s Types, seen: &mut BTreeSet<&'s str>) -> bool {
    match shape {
        Shape::Unit | Shape::Option(_) => true,
        Shape::Named(name) if seen.insert(name) => match types.get(name) {
            Some(TypeDef::Struct(Body::Unit)) => true,
            Some(TypeDef::Struct(Body::Newtype(inner))) => can_be_nil(inner, types, seen),
            _ => false,
        },
        _ => false,
    }
}
