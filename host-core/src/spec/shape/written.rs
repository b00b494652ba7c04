//! The shape of what a host writes: that of how the type is read, held against how it is written.
//!
//! `Serialize` and `Deserialize` need not agree: a field may be left out, be written and not read, or have two
//! names. A guest reads by the shape alone, so a type that is written otherwise is opaque.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use hostfn_abi::{Value, codec};
use serde::{Deserialize, Serialize};

use super::fits::fits;
use super::trace::{emptied, traced};
use super::{Body, Shape, TypeDef, TypeShape, opaque, unless_panics};

/// Nesting of structs down to which fields are tried empty.
const EMPTIED: usize = 8;

/// The shape of `T`, which a host writes; opaque where values of it do not go by the shape that they are read by.
pub(crate) fn written<T: Serialize + Deserialize<'static>>() -> TypeShape {
    unless_panics(traced_and_checked::<T>).unwrap_or_else(opaque::<T>)
}

fn traced_and_checked<T: Serialize + Deserialize<'static>>() -> TypeShape {
    let mut samples = Vec::new();
    let mut sample = |value: T| {
        let encoded = unless_panics(|| codec::to_vec(&value).map_err(|error| error.to_string()));
        samples.push(encoded.flatten());
    };
    let (mut shape, deepest) = traced::<T>(&mut sample);
    if matches!(shape.shape, Shape::Opaque { .. }) || shape.nil_option.is_some() {
        return shape;
    }
    for level in 1..=deepest.min(EMPTIED) {
        emptied::<T>(level, &mut sample);
    }
    let checked = samples.into_iter().try_for_each(|sample| check::<T>(&sample?, &mut shape));
    match checked {
        Ok(()) => shape,
        Err(what) => opaque::<T>(format!("it is written otherwise than it is read: {what}")),
    }
}

fn check<T: Serialize + Deserialize<'static>>(bytes: &[u8], traced: &mut TypeShape) -> Result<(), String> {
    let value: Value = codec::decode(bytes).map_err(|error| error.to_string())?;
    let renamed = name_variants(&value, &traced.shape, &traced.types, &traced.aliases);
    for (of, read, written) in renamed {
        rename(&mut traced.types, &of, &read, &written);
    }
    fits(&value, &traced.shape, &traced.types)?;
    let again: T = codec::decode(kept(bytes)).map_err(|error| error.to_string())?;
    match codec::to_vec(&again) {
        Ok(again) if again == bytes => Ok(()),
        Ok(_) => Err("what is read back is another value".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

/// `bytes` for good, as a type may borrow from them. A program has few types, and each its own few samples.
fn kept(bytes: &[u8]) -> &'static [u8] {
    static KEPT: Mutex<BTreeSet<&'static [u8]>> = Mutex::new(BTreeSet::new());
    let mut known = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = known.get(bytes) {
        return known;
    }
    let leaked: &'static [u8] = Box::leak(bytes.into());
    known.insert(leaked);
    leaked
}

type Types = BTreeMap<String, TypeDef>;
/// The names of those variants of an enum that are read by several.
pub(super) type Aliases = BTreeMap<String, Vec<BTreeSet<String>>>;

/// The variants in `value` that are written by another of their names: the enum, that of the shape, that of the
/// value.
fn name_variants(
    value: &Value,
    shape: &Shape,
    types: &Types,
    aliases: &Aliases,
) -> Vec<(String, String, String)> {
    if aliases.is_empty() {
        return Vec::new();
    }
    let mut found = Vec::new();
    Walk { types, aliases, found: &mut found }.value(value, shape);
    found
}

struct Walk<'w> {
    types: &'w Types,
    aliases: &'w Aliases,
    found: &'w mut Vec<(String, String, String)>,
}

impl Walk<'_> {
    fn value(&mut self, value: &Value, shape: &Shape) {
        match (shape, value) {
            (Shape::Option(some), value) => self.value(value, some),
            (Shape::Seq(item), Value::Array(items)) => items.iter().for_each(|value| self.value(value, item)),
            (Shape::Tuple(shapes), Value::Array(items)) => self.tuple(items, shapes),
            (Shape::Map(key, of), Value::Map(entries)) => entries.iter().for_each(|(k, v)| {
                self.value(k, key);
                self.value(v, of);
            }),
            (Shape::Named(name), value) => match self.types.get(name) {
                Some(TypeDef::Struct(body)) => self.body(value, body),
                Some(TypeDef::Enum(_)) => self.variant(name, value),
                None => {}
            },
            _ => {}
        }
    }

    fn tuple(&mut self, items: &[Value], shapes: &[Shape]) {
        items.iter().zip(shapes).for_each(|(value, shape)| self.value(value, shape));
    }

    fn body(&mut self, value: &Value, body: &Body) {
        match (body, value) {
            (Body::Newtype(inner), value) => self.value(value, inner),
            (Body::Tuple(shapes), Value::Array(items)) => self.tuple(items, shapes),
            (Body::Fields(fields), Value::Map(entries)) => entries.iter().for_each(|(key, value)| {
                let is = |name: &str| matches!(key, Value::String(key) if key == name);
                if let Some(field) = fields.iter().find(|field| is(&field.name)) {
                    self.value(value, &field.shape);
                }
            }),
            _ => {}
        }
    }

    fn variant(&mut self, of: &str, value: &Value) {
        let (name, payload) = match value {
            Value::String(name) => (name, &Value::Nil),
            Value::Map(entries) if let [(Value::String(name), payload)] = &entries[..] => (name, payload),
            _ => return,
        };
        let Some(TypeDef::Enum(variants)) = self.types.get(of) else { return };
        let same = self.aliases.get(of).and_then(|all| all.iter().find(|names| names.contains(name)));
        let known = variants
            .iter()
            .find(|variant| variant.name == *name || same.is_some_and(|names| names.contains(&variant.name)));
        if let Some(variant) = known {
            if variant.name != *name {
                self.found.push((of.to_owned(), variant.name.clone(), name.clone()));
            }
            self.body(payload, &variant.body);
        }
    }
}

fn rename(types: &mut Types, of: &str, read: &str, written: &str) {
    if let Some(TypeDef::Enum(variants)) = types.get_mut(of)
        && let Some(variant) = variants.iter_mut().find(|variant| variant.name == read)
    {
        written.clone_into(&mut variant.name);
    }
}
