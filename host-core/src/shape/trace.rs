//! Finds a type's shape by having its own `Deserialize` ask for a value, over and over, until every
//! variant of every enum in it was asked for.
//!
//! The idea is that of the `serde-reflection` crate, whose tracer misses the variants of an enum that
//! stands behind an option or a sequence in a struct, and recurses without end where an enum's first
//! variant holds the enum itself. A listing must miss nothing and must not bring the host down.

use std::any::TypeId;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::de::value::StrDeserializer;
use serde::de::{self, Deserialize, DeserializeSeed, Visitor};

use super::{Body, Field, Shape, TypeDef, TypeShape, Variant, opaque};

/// Nesting beyond this is recursion that no choice of variants has ended.
const DEEPEST: usize = 64;

/// The shape of `T` as serde really encodes it; opaque, with the reason, where it cannot be traced.
pub(crate) fn of<T: Deserialize<'static>>() -> TypeShape {
    let mut tracer = Tracer::default();
    loop {
        let mut shape = Shape::Unit;
        tracer.begin();
        match T::deserialize(Ask { tracer: &mut tracer, out: &mut shape }) {
            Ok(_) if tracer.found_more => {}
            Ok(_) => return tracer.finish::<T>(shape),
            Err(Stop::TooDeep) if tracer.tried_more => {}
            Err(Stop::TooDeep) => return opaque::<T>("it holds itself without an end"),
            Err(Stop::Untraceable(reason)) => return opaque::<T>(reason),
        }
    }
}

#[derive(Default)]
struct Tracer {
    types: BTreeMap<&'static str, Named>,
    /// The named types that the current value is inside of.
    inside: Vec<&'static str>,
    depth: usize,
    /// The named types that this pass has asked for in full, once each: what leads everywhere must
    /// not be asked for along every way there is.
    begun: BTreeSet<&'static str>,
    /// Inside a further value of a type: its shape is found elsewhere, so nothing is recorded and the
    /// value is made as small as is known.
    repeating: bool,
    found_more: bool,
    tried_more: bool,
    /// How many values of named types were begun.
    values: usize,
}

struct Named {
    type_id: TypeId,
    def: Def,
}

enum Def {
    Struct(Option<Body>),
    Enum(Variants),
}

struct Variants {
    names: &'static [&'static str],
    bodies: Vec<Option<Body>>,
    /// Of the variants that a value was made of, the one that took the fewest values inside it.
    smallest: Option<Smallest>,
    /// How many were tried where no value had been made yet. Each time it is another one, so that no
    /// recursion that has an end misses it.
    tried: usize,
}

#[derive(Clone, Copy)]
struct Smallest {
    variant: usize,
    values: usize,
}

impl Tracer {
    fn begin(&mut self) {
        self.inside.clear();
        self.depth = 0;
        self.begun.clear();
        self.repeating = false;
        self.found_more = false;
        self.tried_more = false;
    }

    fn finish<T>(self, shape: Shape) -> TypeShape {
        let mut types = BTreeMap::new();
        for (name, named) in self.types {
            let def = match named.def {
                Def::Struct(body) => body.map(TypeDef::Struct),
                Def::Enum(Variants { names, bodies, .. }) => names
                    .iter()
                    .zip(bodies)
                    .map(|(name, body)| Some(Variant { name: (*name).to_owned(), body: body? }))
                    .collect::<Option<_>>()
                    .map(TypeDef::Enum),
            };
            match def {
                Some(def) => types.insert(name.to_owned(), def),
                None => return opaque::<T>(format!("no value reaches all of `{name}`")),
            };
        }
        TypeShape { shape, types }
    }

    /// Whether `shape` leads to an enum with a variant that was not asked for yet, past the types that
    /// were `seen`.
    fn leads_on<'s>(&'s self, shape: &'s Shape, seen: &mut BTreeSet<&'s str>) -> bool {
        match shape {
            Shape::Option(inner) | Shape::Seq(inner) => self.leads_on(inner, seen),
            Shape::Map(key, value) => self.leads_on(key, seen) || self.leads_on(value, seen),
            Shape::Tuple(items) => items.iter().any(|item| self.leads_on(item, seen)),
            Shape::Named(name) => self.type_leads_on(name, seen),
            _ => false,
        }
    }

    fn type_leads_on<'s>(&'s self, name: &'s str, seen: &mut BTreeSet<&'s str>) -> bool {
        if !seen.insert(name) {
            return false;
        }
        match self.types.get(name).map(|named| &named.def) {
            Some(Def::Struct(Some(body))) => self.body_leads_on(body, seen),
            Some(Def::Enum(Variants { bodies, .. })) => {
                bodies.iter().any(|body| body.as_ref().is_none_or(|body| self.body_leads_on(body, seen)))
            }
            _ => false,
        }
    }

    fn body_leads_on<'s>(&'s self, body: &'s Body, seen: &mut BTreeSet<&'s str>) -> bool {
        match body {
            Body::Unit => false,
            Body::Newtype(inner) => self.leads_on(inner, seen),
            Body::Tuple(items) => items.iter().any(|item| self.leads_on(item, seen)),
            Body::Fields(fields) => fields.iter().any(|field| self.leads_on(&field.shape, seen)),
        }
    }
}

#[derive(Debug)]
enum Stop {
    Untraceable(String),
    TooDeep,
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Stop::Untraceable(reason) => f.write_str(reason),
            Stop::TooDeep => f.write_str("too deep"),
        }
    }
}

impl std::error::Error for Stop {}

impl de::Error for Stop {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Stop::Untraceable(format!("its `Deserialize` refuses made-up values: {message}"))
    }

    fn duplicate_field(field: &'static str) -> Self {
        Stop::Untraceable(format!("its field `{field}` has an alias"))
    }
}

fn self_describing() -> Stop {
    Stop::Untraceable(
        "its `Deserialize` looks at the data first (untagged, flattened or internally tagged)".into(),
    )
}

fn adjacently_tagged() -> Stop {
    Stop::Untraceable(
        "its `Deserialize` takes a tag first and then what the tag says (adjacently tagged)".into(),
    )
}

/// Answers what a `Deserialize` asks for and writes down what it was.
struct Ask<'t> {
    tracer: &'t mut Tracer,
    out: &'t mut Shape,
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

impl Tracer {
    fn enter<R>(
        &mut self,
        name: &'static str,
        f: impl FnOnce(&mut Self) -> Result<R, Stop>,
    ) -> Result<R, Stop> {
        let repeating = self.repeating;
        self.repeating = repeating || !self.begun.insert(name);
        self.inside.push(name);
        self.values += 1;
        let result = self.deeper(f);
        self.inside.pop();
        self.repeating = repeating;
        result
    }

    fn deeper<R>(&mut self, f: impl FnOnce(&mut Self) -> Result<R, Stop>) -> Result<R, Stop> {
        if self.depth == DEEPEST {
            return Err(Stop::TooDeep);
        }
        self.depth += 1;
        let result = f(self);
        self.depth -= 1;
        result
    }

    /// The variant of the enum `name` to ask for now.
    fn choose(&mut self, name: &'static str) -> usize {
        let wanted = if self.repeating { None } else { self.wanted(name) };
        wanted.unwrap_or_else(|| self.smallest(name))
    }

    /// One that was not asked for yet, or that leads to what was not.
    fn wanted(&self, name: &str) -> Option<usize> {
        let Some(Named { def: Def::Enum(Variants { bodies, .. }), .. }) = self.types.get(name) else {
            return None;
        };
        let leads = |body: &Option<Body>| {
            // what this pass has begun, it does not ask for in full again
            body.as_ref().is_some_and(|body| self.body_leads_on(body, &mut self.begun.clone()))
        };
        bodies.iter().position(Option::is_none).or_else(|| bodies.iter().position(leads))
    }

    fn smallest(&mut self, name: &str) -> usize {
        let Some(Named { def: Def::Enum(variants), .. }) = self.types.get_mut(name) else {
            return 0;
        };
        if let Some(Smallest { variant, .. }) = variants.smallest {
            return variant;
        }
        self.tried_more |= variants.tried < variants.names.len();
        variants.tried += 1;
        (variants.tried - 1) % variants.names.len().max(1)
    }

    /// A value of `variant` was made, with so many values inside it.
    fn record(&mut self, name: &'static str, variant: usize, body: Body, values: usize) {
        let Some(Named { def: Def::Enum(variants), .. }) = self.types.get_mut(name) else {
            return;
        };
        if variants.smallest.is_none_or(|smallest| values < smallest.values) {
            variants.smallest = Some(Smallest { variant, values });
        }
        if let Some(known) = variants.bodies.get_mut(variant).filter(|_| !self.repeating) {
            self.found_more |= known.is_none();
            *known = Some(body);
        }
    }
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
