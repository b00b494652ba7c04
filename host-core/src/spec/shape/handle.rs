//! Handles: how a value is recognised as one, and which of them a shape has.

use std::any::type_name;
use std::fmt;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer};

use super::{Body, Shape, TypeDef};

/// The number of a handle. It is read as a newtype that is named after the Rust type of the resource. The tracer
/// recognises a handle by this type, which is private to the crate: a newtype of a user's cannot pass for one, whatever
/// name it has.
pub(crate) struct HandleNumber(pub(crate) u64);

impl HandleNumber {
    /// The number of a handle of a resource of type `T`.
    #[inline]
    pub(crate) fn deserialize<'de, T, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(type_name::<T>(), NumberVisitor)
    }
}

struct NumberVisitor;

impl<'de> Visitor<'de> for NumberVisitor {
    type Value = HandleNumber;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a handle, a 64-bit unsigned integer")
    }

    #[inline]
    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<HandleNumber, D::Error> {
        u64::deserialize(deserializer).map(HandleNumber)
    }

    /// From a deserializer that does not know newtypes and hands over what they wrap.
    #[inline]
    fn visit_u64<E: Error>(self, number: u64) -> Result<HandleNumber, E> {
        Ok(HandleNumber(number))
    }
}

/// Adds the resources of the handles in `shape`, without those of its named types.
pub(crate) fn handles_in<'s>(shape: &'s Shape, found: &mut Vec<&'s str>) {
    match shape {
        Shape::Handle(resource) => found.push(resource),
        Shape::Option(inner) | Shape::Seq(inner) => handles_in(inner, found),
        Shape::Map(key, value) => {
            handles_in(key, found);
            handles_in(value, found);
        }
        Shape::Tuple(items) => {
            for item in items {
                handles_in(item, found);
            }
        }
        _ => {}
    }
}

/// Adds the resources of the handles in a definition.
pub(crate) fn handles_in_def<'s>(def: &'s TypeDef, found: &mut Vec<&'s str>) {
    match def {
        TypeDef::Struct(body) => handles_in_body(body, found),
        TypeDef::Enum(variants) => {
            for variant in variants {
                handles_in_body(&variant.body, found);
            }
        }
    }
}

fn handles_in_body<'s>(body: &'s Body, found: &mut Vec<&'s str>) {
    match body {
        Body::Unit => {}
        Body::Newtype(inner) => handles_in(inner, found),
        Body::Tuple(items) => {
            for item in items {
                handles_in(item, found);
            }
        }
        Body::Fields(fields) => {
            for field in fields {
                handles_in(&field.shape, found);
            }
        }
    }
}
