//! The layout of values in a block of Extism's memory.

use std::collections::BTreeMap;

use hostfn::audit::{Shape, TypeDef};

/// The layout of a parameter or reply.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Kind {
    /// No block at all.
    Unit,
    Bool,
    U32,
    U64,
    I32,
    I64,
    F32,
    F64,
    Str,
    Bytes,
    /// An empty block means `None`.
    Maybe(Box<Kind>),
    /// JSON or `MessagePack`.
    Value(Shape),
}

/// The types that shapes of a function refer to.
pub(crate) type Types = BTreeMap<String, TypeDef>;

impl Kind {
    pub(crate) fn of(shape: &Shape) -> Self {
        match shape {
            Shape::Unit => Kind::Unit,
            Shape::Bool => Kind::Bool,
            Shape::U8 | Shape::U16 | Shape::U32 => Kind::U32,
            Shape::I8 | Shape::I16 | Shape::I32 => Kind::I32,
            Shape::U64 | Shape::U128 | Shape::Handle(_) => Kind::U64,
            Shape::I64 | Shape::I128 => Kind::I64,
            Shape::F32 => Kind::F32,
            Shape::F64 => Kind::F64,
            Shape::Str => Kind::Str,
            Shape::Bytes => Kind::Bytes,
            Shape::Option(inner) => match Kind::of(inner) {
                Kind::Value(_) | Kind::Maybe(_) | Kind::Unit => Kind::Value(shape.clone()),
                kind => Kind::Maybe(Box::new(kind)),
            },
            other => Kind::Value(other.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Kind, Shape};

    #[test]
    fn options_of_scalars_are_blocks_and_others_are_values() {
        let option = |inner: Shape| Shape::Option(Box::new(inner));
        assert_eq!(Kind::of(&option(Shape::Str)), Kind::Maybe(Box::new(Kind::Str)));
        assert!(matches!(Kind::of(&option(option(Shape::Str))), Kind::Value(_)));
        assert!(matches!(Kind::of(&Shape::Seq(Box::new(Shape::U8))), Kind::Value(_)));
        assert_eq!(Kind::of(&Shape::Handle("kv::Store".into())), Kind::U64);
    }
}
