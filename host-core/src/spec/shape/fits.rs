//! Checks whether a value has a shape.

use std::collections::BTreeMap;

use hostfn_abi::Value;

use super::{Body, Field, Shape, TypeDef, Variant};

type Types = BTreeMap<String, TypeDef>;

/// Returns whether `value` is of `shape`; where it is not, and the type that was found.
pub(crate) fn fits(value: &Value, shape: &Shape, types: &Types) -> Result<(), String> {
    let fits_well = match (shape, value) {
        (Shape::Opaque { .. }, _)
        | (Shape::Unit | Shape::Option(_), Value::Nil)
        | (Shape::Bool, Value::Bool(_))
        | (Shape::F32 | Shape::F64, Value::F32(_) | Value::F64(_))
        | (Shape::Str, Value::String(_))
        | (Shape::Bytes, Value::Bytes(_)) => true,
        (Shape::Option(some), _) => return fits(value, some, types),
        (Shape::I8, _) => int(value, i8::MIN, i8::MAX),
        (Shape::I16, _) => int(value, i16::MIN, i16::MAX),
        (Shape::I32, _) => int(value, i32::MIN, i32::MAX),
        (Shape::I64 | Shape::I128, _) => int(value, i64::MIN, i64::MAX),
        (Shape::U8, _) => int(value, u8::MIN, u8::MAX),
        (Shape::U16, _) => int(value, u16::MIN, u16::MAX),
        (Shape::U32, _) => int(value, u32::MIN, u32::MAX),
        (Shape::U64 | Shape::U128 | Shape::Handle(_), _) => int(value, u64::MIN, u64::MAX),
        (Shape::Char, Value::String(text)) => text.chars().count() == 1,
        (Shape::Bytes, Value::Array(items)) => items.iter().all(|item| int(item, u8::MIN, u8::MAX)),
        (Shape::Seq(item), Value::Array(items)) => return each(items, |_| item, types),
        (Shape::Tuple(shapes), Value::Array(items)) if shapes.len() == items.len() => {
            return each(items, |i| &shapes[i], types);
        }
        (Shape::Map(key, of), Value::Map(entries)) => {
            return entries.iter().try_for_each(|(k, v)| {
                fits(k, key, types)?;
                fits(v, of, types).map_err(|what| format!("at {k:?}: {what}"))
            });
        }
        (Shape::Named(name), _) => {
            return match types.get(name) {
                None => Ok(()),
                Some(TypeDef::Struct(body)) => within(name, body_fits(value, body, types)),
                Some(TypeDef::Enum(variants)) => within(name, variant_fits(value, variants, types)),
            };
        }
        _ => false,
    };
    if fits_well { Ok(()) } else { Err(format!("{value:?} is not `{shape}`")) }
}

fn within(name: &str, fits: Result<(), String>) -> Result<(), String> {
    fits.map_err(|what| format!("in `{name}`: {what}"))
}

fn int<T: Into<i128>>(value: &Value, min: T, max: T) -> bool {
    let n = match value {
        Value::Unsigned(n) => i128::from(*n),
        Value::Signed(n) => i128::from(*n),
        _ => return false,
    };
    (min.into()..=max.into()).contains(&n)
}

fn each<'s>(items: &[Value], shape: impl Fn(usize) -> &'s Shape, types: &Types) -> Result<(), String> {
    items
        .iter()
        .enumerate()
        .try_for_each(|(i, item)| fits(item, shape(i), types).map_err(|what| format!("element {i}: {what}")))
}

fn body_fits(value: &Value, body: &Body, types: &Types) -> Result<(), String> {
    match (body, value) {
        (Body::Unit, Value::Nil) => Ok(()),
        (Body::Newtype(inner), _) => fits(value, inner, types),
        (Body::Tuple(shapes), Value::Array(items)) if shapes.len() == items.len() => {
            each(items, |i| &shapes[i], types)
        }
        (Body::Fields(fields), Value::Array(items)) if fields.len() == items.len() => {
            each(items, |i| &fields[i].shape, types)
        }
        (Body::Fields(fields), Value::Map(entries)) => fields_fit(entries, fields, types),
        _ => Err(format!("{value:?} is not `{body}`")),
    }
}

fn fields_fit(entries: &[(Value, Value)], fields: &[Field], types: &Types) -> Result<(), String> {
    let is = |key: &Value, field: &Field| matches!(key, Value::String(key) if *key == field.name);
    if let Some((key, _)) = entries.iter().find(|(key, _)| !fields.iter().any(|field| is(key, field))) {
        return Err(format!("there is no field {key:?}"));
    }
    fields.iter().try_for_each(|field| match entries.iter().find(|(key, _)| is(key, field)) {
        Some((_, value)) => {
            fits(value, &field.shape, types).map_err(|what| format!("field `{}`: {what}", field.name))
        }
        None if matches!(field.shape, Shape::Option(_)) => Ok(()),
        None => Err(format!("the field `{}` is missing", field.name)),
    })
}

fn variant_fits(value: &Value, variants: &[Variant], types: &Types) -> Result<(), String> {
    let (name, payload) = match value {
        Value::String(name) => (name, &Value::Nil),
        Value::Map(entries) => match &entries[..] {
            [(Value::String(name), payload)] => (name, payload),
            _ => return Err("an enum is a map of one entry".to_owned()),
        },
        _ => return Err(format!("{value:?} is no variant")),
    };
    match variants.iter().find(|variant| variant.name == *name) {
        Some(variant) => {
            body_fits(payload, &variant.body, types).map_err(|what| format!("variant `{name}`: {what}"))
        }
        None => Err(format!("there is no variant `{name}`")),
    }
}
