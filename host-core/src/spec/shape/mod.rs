//! Wire shapes: what a type looks like in `MessagePack`, as data.

mod fits;
mod handle;
mod nil;
mod short;
mod trace;
mod written;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use serde::{Deserialize, Serialize};

pub(crate) use fits::fits;
pub(crate) use handle::{HandleNumber, handles_in, handles_in_def};
pub use nil::NilOption;
pub(crate) use short::short;
pub(crate) use trace::of;
pub(crate) use written::written;

use crate::error::message_of;

/// The shape of a value on the wire.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Shape {
    /// Nothing at all as a whole reply, nil inside another value.
    Unit,
    /// A boolean.
    Bool,
    /// An 8-bit signed integer.
    I8,
    /// A 16-bit signed integer.
    I16,
    /// A 32-bit signed integer.
    I32,
    /// A 64-bit signed integer.
    I64,
    /// A signed integer that is 128 bits wide in Rust; the wire carries those that fit 64.
    I128,
    /// An 8-bit unsigned integer.
    U8,
    /// A 16-bit unsigned integer.
    U16,
    /// A 32-bit unsigned integer.
    U32,
    /// A 64-bit unsigned integer.
    U64,
    /// An unsigned integer that is 128 bits wide in Rust; the wire carries those that fit 64.
    U128,
    /// A 32-bit float.
    F32,
    /// A 64-bit float.
    F64,
    /// A string of one character.
    Char,
    /// UTF-8 text.
    Str,
    /// Bytes.
    Bytes,
    /// A handle of a host resource, by the Rust type of the resource: `hostfn_modules::kv::Store`. On the wire it is a
    /// 64-bit unsigned integer. It prints as `handle<Store>`.
    Handle(String),
    /// A value or nil.
    Option(Box<Shape>),
    /// An array of any length.
    Seq(Box<Shape>),
    /// A map from the first to the second.
    Map(Box<Shape>, Box<Shape>),
    /// An array of these, in order.
    Tuple(Vec<Shape>),
    /// A type with a definition of its own, by name.
    Named(String),
    /// A type that could not be traced.
    Opaque {
        /// The Rust type.
        rust: String,
        /// The reason.
        reason: String,
    },
}

/// A field of a struct or of a struct variant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Field {
    /// The key on the wire.
    pub name: String,
    /// The value.
    pub shape: Shape,
}

/// One variant of an enum.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Variant {
    /// The name on the wire.
    pub name: String,
    /// The payload.
    pub body: Body,
}

/// The fields of a struct or a variant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Body {
    /// Nothing.
    Unit,
    /// One value, which stands on the wire as itself.
    Newtype(Shape),
    /// Several values, an array.
    Tuple(Vec<Shape>),
    /// Named fields, a map.
    Fields(Vec<Field>),
}

/// The definition of a named type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum TypeDef {
    /// A struct.
    Struct(Body),
    /// An enum with these variants, in order.
    Enum(Vec<Variant>),
}

/// A shape with the definitions of every named type in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TypeShape {
    /// The type itself.
    pub shape: Shape,
    /// The definitions that it leads to, by name.
    pub types: BTreeMap<String, TypeDef>,
    /// By the name of an enum, all names of each variant that is read by several (`#[serde(alias)]`). The definition
    /// has the one that is written, where the type is written too.
    #[serde(skip)]
    pub aliases: BTreeMap<String, Vec<BTreeSet<String>>>,
    /// An option of a value that can be nil itself. A registry with such a type is not built.
    #[serde(skip)]
    pub nil_option: Option<NilOption>,
}

/// The shape of a type that cannot be traced because it cannot be read back.
pub(crate) fn untraced<T>() -> TypeShape {
    opaque::<T>("it does not implement `Deserialize`, by which shapes are traced")
}

fn opaque<T>(reason: impl Into<String>) -> TypeShape {
    let rust = std::any::type_name::<T>().to_owned();
    let shape = Shape::Opaque { rust, reason: reason.into() };
    TypeShape { shape, types: BTreeMap::new(), aliases: BTreeMap::new(), nil_option: None }
}

/// Returns what `f` returns; the reason, where the code of a type panics in it. Values that are made up reach it whenever a
/// registry is built, and must not bring the host down.
fn unless_panics<R>(f: impl FnOnce() -> R) -> Result<R, String> {
    catch_unwind(AssertUnwindSafe(f)).map_err(|panic| {
        let message = message_of(panic);
        let first_line = message.lines().next().unwrap_or_default();
        format!("its `Serialize` or `Deserialize` panics on a made-up value: {first_line}")
    })
}

impl Shape {
    /// Of a handle, the name of the resource without its path: `Store`.
    ///
    /// ```
    /// use hostfn_core::{Param, Resource, Shape};
    ///
    /// struct Store;
    ///
    /// let shape = Param::new::<Resource<Store>>("store").shape().unwrap().shape;
    /// assert_eq!(shape.to_string(), "handle<Store>");
    /// assert_eq!(shape.resource().as_deref(), Some("Store"));
    /// assert_eq!(Shape::U64.resource(), None);
    /// ```
    pub fn resource(&self) -> Option<String> {
        match self {
            Shape::Handle(resource) => Some(short(resource)),
            _ => None,
        }
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match self {
            Shape::Unit => "unit",
            Shape::Bool => "bool",
            Shape::I8 => "i8",
            Shape::I16 => "i16",
            Shape::I32 => "i32",
            Shape::I64 => "i64",
            Shape::I128 => "i128",
            Shape::U8 => "u8",
            Shape::U16 => "u16",
            Shape::U32 => "u32",
            Shape::U64 => "u64",
            Shape::U128 => "u128",
            Shape::F32 => "f32",
            Shape::F64 => "f64",
            Shape::Char => "char",
            Shape::Str => "str",
            Shape::Bytes => "bytes",
            Shape::Named(name) => name,
            Shape::Handle(resource) => return write!(f, "handle<{}>", short(resource)),
            Shape::Option(some) => return write!(f, "option<{some}>"),
            Shape::Seq(item) => return write!(f, "seq<{item}>"),
            Shape::Map(key, value) => return write!(f, "map<{key}, {value}>"),
            Shape::Tuple(items) => {
                if let [first, rest @ ..] = items.as_slice()
                    && !rest.is_empty()
                    && rest.iter().all(|item| item == first)
                {
                    return write!(f, "[{first}; {}]", items.len());
                }
                return write!(f, "({})", Joined(items));
            }
            Shape::Opaque { .. } => "opaque",
        };
        f.write_str(word)
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.shape)
    }
}

impl fmt::Display for Variant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.name, self.body)
    }
}

impl fmt::Display for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Body::Unit => Ok(()),
            Body::Newtype(inner) => write!(f, "({inner})"),
            Body::Tuple(items) => write!(f, "({})", Joined(items)),
            Body::Fields(fields) => write!(f, "{{{}}}", Joined(fields)),
        }
    }
}

impl fmt::Display for TypeDef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TypeDef::Struct(body) => write!(f, "struct{body}"),
            TypeDef::Enum(variants) => write!(f, "enum{{{}}}", Joined(variants)),
        }
    }
}

struct Joined<'a, T>(&'a [T]);

impl<T: fmt::Display> fmt::Display for Joined<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, item) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str(", ")?;
            }
            item.fmt(f)?;
        }
        Ok(())
    }
}
