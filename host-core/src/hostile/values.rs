//! Values of a shape: ordinary ones, and those at its edges.

use std::cell::Cell;
use std::collections::BTreeMap;

use hostfn_abi::Value;

use crate::spec::{Body, Shape, TypeDef};

/// The nesting of a made-up value. Deeper, options and sequences are empty.
const DEPTH: usize = 4;

pub(super) struct Values<'a> {
    pub(super) types: &'a BTreeMap<String, TypeDef>,
    pub(super) texts: &'a [String],
    /// A value of an unknown shape was asked for.
    pub(super) opaque: Cell<bool>,
}

impl Values<'_> {
    /// The value number `pick` of a shape. Each leaf has a list of values, and begins again at its end.
    pub(super) fn value(&self, shape: &Shape, pick: usize, depth: usize) -> Value {
        let below = depth + 1;
        let len = if depth >= DEPTH { 0 } else { [1, 0, 3][pick % 3] };
        match shape {
            Shape::Bool => Value::Bool(pick.is_multiple_of(2)),
            Shape::I8 => signed(pick, i8::MIN.into(), i8::MAX.into()),
            Shape::I16 => signed(pick, i16::MIN.into(), i16::MAX.into()),
            Shape::I32 => signed(pick, i32::MIN.into(), i32::MAX.into()),
            Shape::I64 | Shape::I128 => signed(pick, i64::MIN, i64::MAX),
            Shape::U8 => unsigned(pick, u8::MAX.into()),
            Shape::U16 => unsigned(pick, u16::MAX.into()),
            Shape::U32 => unsigned(pick, u32::MAX.into()),
            Shape::U64 | Shape::U128 | Shape::Handle(_) => unsigned(pick, u64::MAX),
            Shape::F32 => Value::F32([1.5, 0.0, f32::NAN, f32::INFINITY, f32::MIN][pick % 5]),
            Shape::F64 => Value::F64([1.5, -0.0, f64::NAN, f64::NEG_INFINITY, f64::MAX][pick % 5]),
            Shape::Char => Value::String(["a", "\0", "\u{202e}", "\u{10ffff}"][pick % 4].to_owned()),
            Shape::Str => Value::String(self.texts[pick % self.texts.len()].clone()),
            Shape::Bytes => Value::Bytes(vec![0xff; [3, 0, 40_000][pick % 3]]),
            Shape::Option(some) if depth < DEPTH && pick.is_multiple_of(2) => self.value(some, pick, below),
            Shape::Unit | Shape::Option(_) => Value::Nil,
            Shape::Seq(item) => Value::Array((0..len).map(|i| self.value(item, pick + i, below)).collect()),
            Shape::Map(key, value) => {
                let entry = |i| (self.value(key, pick + i, below), self.value(value, pick + i, below));
                Value::Map((0..len.min(1)).map(entry).collect())
            }
            Shape::Tuple(items) => {
                Value::Array(items.iter().map(|item| self.value(item, pick, below)).collect())
            }
            Shape::Named(name) => self.named(name, pick, below),
            Shape::Opaque { .. } => {
                self.opaque.set(true);
                Value::Nil
            }
        }
    }

    fn named(&self, name: &str, pick: usize, depth: usize) -> Value {
        // a type that holds itself ends at its depth
        if depth > 4 * DEPTH {
            return Value::Nil;
        }
        match self.types.get(name) {
            None => Value::Nil,
            Some(TypeDef::Struct(body)) => self.body(body, pick, depth),
            Some(TypeDef::Enum(variants)) => {
                let unit = variants.iter().find(|variant| variant.body == Body::Unit);
                let variant = match unit {
                    Some(unit) if depth >= DEPTH => unit,
                    _ if variants.is_empty() => return Value::Nil,
                    _ => &variants[pick % variants.len()],
                };
                let name = Value::String(variant.name.clone());
                match &variant.body {
                    Body::Unit => name,
                    body => Value::Map(vec![(name, self.body(body, pick / variants.len(), depth))]),
                }
            }
        }
    }

    fn body(&self, body: &Body, pick: usize, depth: usize) -> Value {
        match body {
            Body::Unit => Value::Nil,
            Body::Newtype(inner) => self.value(inner, pick, depth),
            Body::Tuple(items) => {
                Value::Array(items.iter().map(|item| self.value(item, pick, depth)).collect())
            }
            Body::Fields(fields) => {
                let entry = |(i, field): (usize, &crate::spec::Field)| {
                    (Value::String(field.name.clone()), self.value(&field.shape, pick + i, depth))
                };
                Value::Map(fields.iter().enumerate().map(entry).collect())
            }
        }
    }
}

fn signed(pick: usize, min: i64, max: i64) -> Value {
    match [1, 0, -1, min, max, max - 1][pick % 6] {
        n @ 0.. => Value::Unsigned(n.unsigned_abs()),
        n => Value::Signed(n),
    }
}

fn unsigned(pick: usize, max: u64) -> Value {
    Value::Unsigned([1, 0, 7, max, max - 1, max / 2 + 1][pick % 6])
}
