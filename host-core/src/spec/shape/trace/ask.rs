//! The answers: a `Deserializer` that writes down what it was asked for.

use std::any::TypeId;
use std::mem;

use serde::de::{self, Visitor};

use super::access::{Chosen, Entry, Items, ask_fields, ask_tuple};
use super::{
    Def, FieldOwner, Named, Stop, Tracer, Variants, adjacently_tagged, nil_in_option, self_describing,
};
use crate::spec::{Body, HandleNumber, Shape};

/// Answers what a `Deserialize` asks for and writes down what it was.
pub(super) struct Ask<'t> {
    pub(super) tracer: &'t mut Tracer,
    pub(super) out: &'t mut Shape,
    /// Directly inside an option.
    in_option: bool,
    /// Answers with the emptiest value: zero, none, no items.
    empty: bool,
}

impl<'t> Ask<'t> {
    pub(super) fn new(tracer: &'t mut Tracer, out: &'t mut Shape) -> Self {
        Ask { tracer, out, in_option: false, empty: false }
    }

    pub(super) fn emptied(tracer: &'t mut Tracer, out: &'t mut Shape, empty: bool) -> Self {
        Ask { tracer, out, in_option: false, empty }
    }

    fn count(&self) -> usize {
        usize::from(!self.tracer.repeating && !self.empty)
    }

    /// Runs `ask` inside the struct `name`, with a place to write its body to.
    fn in_struct<V: Visitor<'static>>(
        self,
        name: &'static str,
        visitor: V,
        ask: impl FnOnce(&mut Tracer, V, &mut Body) -> Result<V::Value, Stop>,
    ) -> Result<V::Value, Stop> {
        let tracer = self.tracer;
        *self.out = Shape::Named(name.to_owned());
        let type_id = typeid::of::<V::Value>();
        let known = tracer.types.entry(name).or_insert(Named { type_id, def: Def::Struct(None) });
        if known.type_id != type_id || !matches!(known.def, Def::Struct(_)) {
            return Err(two_types(name));
        }
        tracer.enter(name, |tracer| {
            let mut body = Body::Unit;
            let value = ask(tracer, visitor, &mut body)?;
            if !tracer.repeating
                && let Some(Named { def: Def::Struct(known), .. }) = tracer.types.get_mut(name)
            {
                *known = Some(body);
            }
            Ok(value)
        })
    }
}

fn two_types(name: &str) -> Stop {
    Stop::because(format!("two types in it are both called `{name}`"))
}

macro_rules! scalars {
    ($($method:ident => $shape:ident, $visit:ident($value:expr, $empty:expr);)+) => {
        $(fn $method<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value, Stop> {
            *self.out = Shape::$shape;
            visitor.$visit(if self.empty { $empty } else { $value })
        })+
    };
}

impl de::Deserializer<'static> for Ask<'_> {
    type Error = Stop;

    fn is_human_readable(&self) -> bool {
        false
    }

    // 1 rather than 0, for the types that refuse 0
    scalars! {
        deserialize_bool => Bool, visit_bool(false, false);
        deserialize_i8 => I8, visit_i8(1, 0);
        deserialize_i16 => I16, visit_i16(1, 0);
        deserialize_i32 => I32, visit_i32(1, 0);
        deserialize_i64 => I64, visit_i64(1, 0);
        deserialize_i128 => I128, visit_i128(1, 0);
        deserialize_u8 => U8, visit_u8(1, 0);
        deserialize_u16 => U16, visit_u16(1, 0);
        deserialize_u32 => U32, visit_u32(1, 0);
        deserialize_u64 => U64, visit_u64(1, 0);
        deserialize_u128 => U128, visit_u128(1, 0);
        deserialize_f32 => F32, visit_f32(1.0, 0.0);
        deserialize_f64 => F64, visit_f64(1.0, 0.0);
        deserialize_char => Char, visit_char('a', '\0');
        deserialize_str => Str, visit_borrowed_str("", "");
        deserialize_string => Str, visit_borrowed_str("", "");
        deserialize_bytes => Bytes, visit_borrowed_bytes(&[], &[]);
        deserialize_byte_buf => Bytes, visit_borrowed_bytes(&[], &[]);
    }

    fn deserialize_any<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value, Stop> {
        if self.in_option {
            self.tracer.nils += 1;
            return visitor.visit_unit();
        }
        Err(self_describing())
    }

    fn deserialize_ignored_any<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value, Stop> {
        visitor.visit_unit()
    }

    fn deserialize_identifier<V: Visitor<'static>>(self, _: V) -> Result<V::Value, Stop> {
        Err(self_describing())
    }

    fn deserialize_unit<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value, Stop> {
        *self.out = Shape::Unit;
        visitor.visit_unit()
    }

    fn deserialize_option<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value, Stop> {
        let mut inner = Shape::Unit;
        let value = if self.count() == 0 {
            visitor.visit_none()
        } else {
            let value = self.tracer.deeper(|tracer| {
                visitor.visit_some(Ask { tracer, out: &mut inner, in_option: true, empty: false })
            });
            // what takes a nil itself cannot be told from none
            if mem::take(&mut self.tracer.nils) > 0 {
                return Err(if value.is_ok() { nil_in_option() } else { self_describing() });
            }
            value
        };
        *self.out = Shape::Option(Box::new(inner));
        value
    }

    fn deserialize_seq<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value, Stop> {
        let mut items = vec![Shape::Unit; self.count()];
        let mut of_u8 = false;
        let value = self.tracer.deeper(|tracer| {
            visitor.visit_seq(Items {
                tracer,
                owner: None,
                len: 0,
                outs: items.iter_mut(),
                of_u8: &mut of_u8,
            })
        })?;
        *self.out = match items.pop() {
            // the wire's profile: a sequence of `u8` is bytes, one of what is written as a `u8` is not
            Some(_) if of_u8 => Shape::Bytes,
            item => Shape::Seq(Box::new(item.unwrap_or(Shape::Unit))),
        };
        Ok(value)
    }

    fn deserialize_map<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value, Stop> {
        let mut entries = vec![(Shape::Unit, Shape::Unit); self.count()];
        let entry = entries.first_mut();
        let value =
            self.tracer.deeper(|tracer| visitor.visit_map(Entry { tracer, outs: entry, value: None }))?;
        let (key, item) = entries.pop().unwrap_or((Shape::Unit, Shape::Unit));
        *self.out = Shape::Map(Box::new(key), Box::new(item));
        Ok(value)
    }

    fn deserialize_tuple<V: Visitor<'static>>(self, len: usize, visitor: V) -> Result<V::Value, Stop> {
        let mut items = vec![Shape::Unit; len];
        let value = self.tracer.deeper(|tracer| {
            visitor.visit_seq(Items {
                tracer,
                owner: None,
                len: 0,
                outs: items.iter_mut(),
                of_u8: &mut false,
            })
        })?;
        *self.out = Shape::Tuple(items);
        Ok(value)
    }

    fn deserialize_unit_struct<V: Visitor<'static>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Stop> {
        self.in_struct(name, visitor, |_, visitor, _| visitor.visit_unit())
    }

    fn deserialize_newtype_struct<V: Visitor<'static>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Stop> {
        if typeid::of::<V::Value>() == TypeId::of::<HandleNumber>() {
            // the name is that of the resource's Rust type
            *self.out = Shape::Handle(name.to_owned());
            return visitor.visit_u64(u64::from(!self.empty));
        }
        let (in_option, empty) = (self.in_option, self.empty);
        self.in_struct(name, visitor, |tracer, visitor, body| {
            let mut inner = Shape::Unit;
            let value = visitor.visit_newtype_struct(Ask { tracer, out: &mut inner, in_option, empty })?;
            *body = Body::Newtype(inner);
            Ok(value)
        })
    }

    fn deserialize_tuple_struct<V: Visitor<'static>>(
        self,
        name: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, Stop> {
        self.in_struct(name, visitor, |tracer, visitor, body| {
            ask_tuple(tracer, FieldOwner { name, variant: None }, len, visitor, body)
        })
    }

    fn deserialize_struct<V: Visitor<'static>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Stop> {
        self.in_struct(name, visitor, |tracer, visitor, body| {
            ask_fields(tracer, FieldOwner { name, variant: None }, fields, visitor, body)
        })
    }

    fn deserialize_enum<V: Visitor<'static>>(
        self,
        name: &'static str,
        names: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Stop> {
        let tracer = self.tracer;
        *self.out = Shape::Named(name.to_owned());
        let type_id = typeid::of::<V::Value>();
        let variants = || Variants::new(names);
        let known = tracer.types.entry(name).or_insert_with(|| Named { type_id, def: Def::Enum(variants()) });
        if known.type_id != type_id || !matches!(known.def, Def::Enum(_)) {
            let within_itself = tracer.inside.last() == Some(&name);
            return Err(if within_itself { adjacently_tagged() } else { two_types(name) });
        }
        tracer.enter(name, |tracer| {
            let chosen = tracer.choose(name);
            let variant = names.get(chosen).copied().ok_or_else(|| Stop::because("it has no values"))?;
            let (mut body, before) = (Body::Unit, tracer.values);
            let value = visitor.visit_enum(Chosen { tracer, of: name, chosen, variant, body: &mut body })?;
            tracer.record(name, chosen, body, tracer.values - before);
            Ok(value)
        })
    }
}
