//! The answers: a `Deserializer` that writes down what it was asked for.

use std::any::TypeId;

use serde::de::value::StrDeserializer;
use serde::de::{self, DeserializeSeed, Visitor};

use super::{Def, Named, Stop, Tracer, Variants, adjacently_tagged, self_describing};
use crate::shape::{Body, Field, Shape};

/// Answers what a `Deserialize` asks for and writes down what it was.
pub(super) struct Ask<'t> {
    pub(super) tracer: &'t mut Tracer,
    pub(super) out: &'t mut Shape,
}

impl Ask<'_> {
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
    Stop::Untraceable(format!("two types in it are both called `{name}`"))
}

macro_rules! scalars {
    ($($method:ident => $shape:ident, $visit:ident($value:expr);)+) => {
        $(fn $method<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value, Stop> {
            *self.out = Shape::$shape;
            visitor.$visit($value)
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
        deserialize_bool => Bool, visit_bool(false);
        deserialize_i8 => I8, visit_i8(1);
        deserialize_i16 => I16, visit_i16(1);
        deserialize_i32 => I32, visit_i32(1);
        deserialize_i64 => I64, visit_i64(1);
        deserialize_i128 => I128, visit_i128(1);
        deserialize_u8 => U8, visit_u8(1);
        deserialize_u16 => U16, visit_u16(1);
        deserialize_u32 => U32, visit_u32(1);
        deserialize_u64 => U64, visit_u64(1);
        deserialize_u128 => U128, visit_u128(1);
        deserialize_f32 => F32, visit_f32(1.0);
        deserialize_f64 => F64, visit_f64(1.0);
        deserialize_char => Char, visit_char('a');
        deserialize_str => Str, visit_borrowed_str("");
        deserialize_string => Str, visit_borrowed_str("");
        deserialize_bytes => Bytes, visit_borrowed_bytes(&[]);
        deserialize_byte_buf => Bytes, visit_borrowed_bytes(&[]);
    }

    fn deserialize_any<V: Visitor<'static>>(self, _: V) -> Result<V::Value, Stop> {
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
        let value = if self.tracer.repeating {
            visitor.visit_none()
        } else {
            self.tracer.deeper(|tracer| visitor.visit_some(Ask { tracer, out: &mut inner }))
        };
        *self.out = Shape::Option(Box::new(inner));
        value
    }

    fn deserialize_seq<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value, Stop> {
        let mut items = vec![Shape::Unit; usize::from(!self.tracer.repeating)];
        let mut of_u8 = false;
        let value = self.tracer.deeper(|tracer| {
            visitor.visit_seq(Items { tracer, outs: items.iter_mut(), of_u8: &mut of_u8 })
        })?;
        *self.out = match items.pop() {
            // the wire's profile: a sequence of `u8` is bytes, one of what is written as a `u8` is not
            Some(_) if of_u8 => Shape::Bytes,
            item => Shape::Seq(Box::new(item.unwrap_or(Shape::Unit))),
        };
        Ok(value)
    }

    fn deserialize_map<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value, Stop> {
        let mut entries = vec![(Shape::Unit, Shape::Unit); usize::from(!self.tracer.repeating)];
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
            visitor.visit_seq(Items { tracer, outs: items.iter_mut(), of_u8: &mut false })
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
        self.in_struct(name, visitor, |tracer, visitor, body| {
            let mut inner = Shape::Unit;
            let value = visitor.visit_newtype_struct(Ask { tracer, out: &mut inner })?;
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
        self.in_struct(name, visitor, |tracer, visitor, body| ask_tuple(tracer, len, visitor, body))
    }

    fn deserialize_struct<V: Visitor<'static>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Stop> {
        self.in_struct(name, visitor, |tracer, visitor, body| ask_fields(tracer, fields, visitor, body))
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
        let variants = || Variants { names, bodies: vec![None; names.len()], smallest: None, tried: 0 };
        let known = tracer.types.entry(name).or_insert_with(|| Named { type_id, def: Def::Enum(variants()) });
        if known.type_id != type_id || !matches!(known.def, Def::Enum(_)) {
            let within_itself = tracer.inside.last() == Some(&name);
            return Err(if within_itself { adjacently_tagged() } else { two_types(name) });
        }
        tracer.enter(name, |tracer| {
            let chosen = tracer.choose(name);
            let variant =
                names.get(chosen).copied().ok_or_else(|| Stop::Untraceable("it has no values".into()))?;
            let (mut body, before) = (Body::Unit, tracer.values);
            let value = visitor.visit_enum(Chosen { tracer, variant, body: &mut body })?;
            tracer.record(name, chosen, body, tracer.values - before);
            Ok(value)
        })
    }
}

fn ask_tuple<V: Visitor<'static>>(
    tracer: &mut Tracer,
    len: usize,
    visitor: V,
    body: &mut Body,
) -> Result<V::Value, Stop> {
    let mut items = vec![Shape::Unit; len];
    let value = visitor.visit_seq(Items { tracer, outs: items.iter_mut(), of_u8: &mut false })?;
    *body = Body::Tuple(items);
    Ok(value)
}

fn ask_fields<V: Visitor<'static>>(
    tracer: &mut Tracer,
    names: &'static [&'static str],
    visitor: V,
    body: &mut Body,
) -> Result<V::Value, Stop> {
    let mut fields: Vec<Field> =
        names.iter().map(|name| Field { name: (*name).to_owned(), shape: Shape::Unit }).collect();
    let value = visitor.visit_map(Fields { tracer, names: names.iter(), outs: fields.iter_mut() })?;
    *body = Body::Fields(fields);
    Ok(value)
}

struct Items<'t> {
    tracer: &'t mut Tracer,
    outs: std::slice::IterMut<'t, Shape>,
    /// Whether what is asked for is `u8` itself.
    of_u8: &'t mut bool,
}

impl de::SeqAccess<'static> for Items<'_> {
    type Error = Stop;

    fn next_element_seed<S: DeserializeSeed<'static>>(&mut self, seed: S) -> Result<Option<S::Value>, Stop> {
        *self.of_u8 = typeid::of::<S::Value>() == TypeId::of::<u8>();
        match self.outs.next() {
            Some(out) => seed.deserialize(Ask { tracer: self.tracer, out }).map(Some),
            None => Ok(None),
        }
    }
}

struct Entry<'t> {
    tracer: &'t mut Tracer,
    outs: Option<&'t mut (Shape, Shape)>,
    value: Option<&'t mut Shape>,
}

impl de::MapAccess<'static> for Entry<'_> {
    type Error = Stop;

    fn next_key_seed<S: DeserializeSeed<'static>>(&mut self, seed: S) -> Result<Option<S::Value>, Stop> {
        let Some((key, value)) = self.outs.take() else {
            return Ok(None);
        };
        self.value = Some(value);
        seed.deserialize(Ask { tracer: self.tracer, out: key }).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'static>>(&mut self, seed: S) -> Result<S::Value, Stop> {
        let out = self.value.take().ok_or_else(self_describing)?;
        seed.deserialize(Ask { tracer: self.tracer, out })
    }
}

struct Fields<'t> {
    tracer: &'t mut Tracer,
    names: std::slice::Iter<'static, &'static str>,
    outs: std::slice::IterMut<'t, Field>,
}

impl de::MapAccess<'static> for Fields<'_> {
    type Error = Stop;

    fn next_key_seed<S: DeserializeSeed<'static>>(&mut self, seed: S) -> Result<Option<S::Value>, Stop> {
        match self.names.next() {
            Some(name) => seed.deserialize(StrDeserializer::new(name)).map(Some),
            None => Ok(None),
        }
    }

    fn next_value_seed<S: DeserializeSeed<'static>>(&mut self, seed: S) -> Result<S::Value, Stop> {
        let field = self.outs.next().ok_or_else(self_describing)?;
        seed.deserialize(Ask { tracer: self.tracer, out: &mut field.shape })
    }
}

struct Chosen<'t> {
    tracer: &'t mut Tracer,
    variant: &'static str,
    body: &'t mut Body,
}

impl<'t> de::EnumAccess<'static> for Chosen<'t> {
    type Error = Stop;
    type Variant = Chosen<'t>;

    fn variant_seed<S: DeserializeSeed<'static>>(self, seed: S) -> Result<(S::Value, Self), Stop> {
        let tag = seed.deserialize(StrDeserializer::new(self.variant))?;
        Ok((tag, self))
    }
}

impl de::VariantAccess<'static> for Chosen<'_> {
    type Error = Stop;

    fn unit_variant(self) -> Result<(), Stop> {
        Ok(())
    }

    fn newtype_variant_seed<S: DeserializeSeed<'static>>(self, seed: S) -> Result<S::Value, Stop> {
        let mut inner = Shape::Unit;
        let value = seed.deserialize(Ask { tracer: self.tracer, out: &mut inner })?;
        *self.body = Body::Newtype(inner);
        Ok(value)
    }

    fn tuple_variant<V: Visitor<'static>>(self, len: usize, visitor: V) -> Result<V::Value, Stop> {
        ask_tuple(self.tracer, len, visitor, self.body)
    }

    fn struct_variant<V: Visitor<'static>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Stop> {
        ask_fields(self.tracer, fields, visitor, self.body)
    }
}
