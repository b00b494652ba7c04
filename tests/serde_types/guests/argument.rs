//! Values as a guest writes them that goes by the shape of an argument.

use std::collections::{BTreeMap, BTreeSet};

use hostfn_abi::{Value, codec};
use hostfn_core::{Body, Field, Shape, TypeDef, TypeShape};

/// The value in `bytes`, with the names of variants and with all the fields that the argument's shape has.
pub(super) fn as_argument(bytes: &[u8], shape: &TypeShape) -> Vec<u8> {
    let value = renamed(codec::decode(bytes).unwrap(), &names(shape));
    let Value::Map(mut entries) = value else { return codec::to_vec(&(value,)).unwrap().split_off(1) };
    if let Shape::Named(name) = &shape.shape
        && let TypeDef::Struct(Body::Fields(fields)) = &shape.types[name]
    {
        let is_missing =
            |field: &&Field| !entries.iter().any(|(key, _)| *key == Value::String(field.name.clone()));
        let missing: Vec<_> = fields.iter().filter(is_missing).map(empty).collect();
        entries.extend(missing);
    }
    codec::to_vec(&Value::Map(entries)).unwrap()
}

/// The names that variants are written by elsewhere, each with that of the shape.
fn names(shape: &TypeShape) -> BTreeMap<String, String> {
    let mut names = BTreeMap::new();
    for (of, variants) in &shape.aliases {
        let TypeDef::Enum(defined) = &shape.types[of] else { panic!("{of} is no enum") };
        for known in variants {
            let is_known = |name: &&String| known.contains(*name);
            let name = defined.iter().map(|variant| &variant.name).find(is_known).unwrap();
            let others: BTreeSet<_> = known.iter().filter(|other| *other != name).collect();
            names.extend(others.into_iter().map(|other| (other.clone(), name.clone())));
        }
    }
    names
}

/// No text of a value is also the name of a variant.
fn renamed(value: Value, names: &BTreeMap<String, String>) -> Value {
    match value {
        Value::String(text) => Value::String(names.get(&text).cloned().unwrap_or(text)),
        Value::Array(items) => Value::Array(items.into_iter().map(|item| renamed(item, names)).collect()),
        Value::Map(entries) => {
            let both = |(key, value)| (renamed(key, names), renamed(value, names));
            Value::Map(entries.into_iter().map(both).collect())
        }
        other => other,
    }
}

/// Returns an empty field, which `skip_serializing_if` leaves out.
fn empty(field: &Field) -> (Value, Value) {
    let value = match field.shape {
        Shape::Bytes => Value::Bytes(Vec::new()),
        Shape::Seq(_) => Value::Array(Vec::new()),
        _ => Value::Nil,
    };
    (Value::String(field.name.clone()), value)
}
