//! The answers to what is inside a value: items, entries, fields and variants.

use std::any::{TypeId, type_name};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::mem;

use serde::de::value::StrDeserializer;
use serde::de::{self, DeserializeSeed, Visitor};

use super::ask::Ask;
use super::{FieldOwner, Stop, Tracer, self_describing};
use crate::spec::{Body, Field, Shape};

pub(super) fn ask_tuple<V: Visitor<'static>>(
    tracer: &mut Tracer,
    owner: FieldOwner,
    len: usize,
    visitor: V,
    body: &mut Body,
) -> Result<V::Value, Stop> {
    let mut items = vec![Shape::Unit; len];
    let value = visitor.visit_seq(Items {
        tracer,
        owner: Some(owner),
        len,
        outs: items.iter_mut(),
        of_u8: &mut false,
    })?;
    *body = Body::Tuple(items);
    Ok(value)
}

/// `names` has the aliases of each field beside its name. A field that is given twice is refused by the name that
/// it goes by, which tells the aliases apart; then the pass begins again without them.
pub(super) fn ask_fields<V: Visitor<'static>>(
    tracer: &mut Tracer,
    owner: FieldOwner,
    names: &'static [&'static str],
    visitor: V,
    body: &mut Body,
) -> Result<V::Value, Stop> {
    let names: Vec<&str> =
        names.iter().copied().filter(|name| !tracer.aliases.contains(&(owner, *name))).collect();
    let mut fields: Vec<Field> =
        names.iter().map(|name| Field { name: (*name).to_owned(), shape: Shape::Unit }).collect();
    let empty = tracer.empty_at == Some(tracer.inside.len());
    let mut given = 0;
    let access = Fields { tracer, owner, names: &names, given: &mut given, outs: fields.iter_mut(), empty };
    match visitor.visit_map(access) {
        Ok(value) => {
            *body = Body::Fields(fields);
            Ok(value)
        }
        Err(Stop::Duplicate(name)) => {
            let [.., before, last] = names[..given] else { return Err(self_describing()) };
            let alias = if last == name { before } else { last };
            tracer.aliases.insert((owner, alias));
            Err(Stop::Again)
        }
        Err(stop) => Err(stop),
    }
}

pub(super) struct Items<'t> {
    pub(super) tracer: &'t mut Tracer,
    /// The type that the items are fields of.
    pub(super) owner: Option<FieldOwner>,
    pub(super) len: usize,
    pub(super) outs: std::slice::IterMut<'t, Shape>,
    /// True if what is asked for is `u8` itself.
    pub(super) of_u8: &'t mut bool,
}

impl de::SeqAccess<'static> for Items<'_> {
    type Error = Stop;

    fn next_element_seed<S: DeserializeSeed<'static>>(&mut self, seed: S) -> Result<Option<S::Value>, Stop> {
        *self.of_u8 = typeid::of::<S::Value>() == TypeId::of::<u8>();
        let Some(out) = self.outs.next() else {
            return Ok(None);
        };
        let value = seed.deserialize(Ask::new(self.tracer, out));
        value.map(Some).map_err(|stop| match self.owner {
            Some(owner) => stop.in_field(owner, &(self.len - 1 - self.outs.len()).to_string()),
            None => stop,
        })
    }
}

pub(super) struct Entry<'t> {
    pub(super) tracer: &'t mut Tracer,
    pub(super) outs: Option<&'t mut (Shape, Shape)>,
    pub(super) value: Option<&'t mut Shape>,
}

impl de::MapAccess<'static> for Entry<'_> {
    type Error = Stop;

    fn next_key_seed<S: DeserializeSeed<'static>>(&mut self, seed: S) -> Result<Option<S::Value>, Stop> {
        let Some((key, value)) = self.outs.take() else {
            return Ok(None);
        };
        self.value = Some(value);
        seed.deserialize(Ask::new(self.tracer, key)).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'static>>(&mut self, seed: S) -> Result<S::Value, Stop> {
        let out = self.value.take().ok_or_else(self_describing)?;
        seed.deserialize(Ask::new(self.tracer, out))
    }
}

struct Fields<'t> {
    tracer: &'t mut Tracer,
    owner: FieldOwner,
    names: &'t [&'static str],
    /// The number of names that were given.
    given: &'t mut usize,
    outs: std::slice::IterMut<'t, Field>,
    /// True if the fields are to be empty.
    empty: bool,
}

impl de::MapAccess<'static> for Fields<'_> {
    type Error = Stop;

    fn next_key_seed<S: DeserializeSeed<'static>>(&mut self, seed: S) -> Result<Option<S::Value>, Stop> {
        let Some(name) = self.names.get(*self.given) else {
            return Ok(None);
        };
        *self.given += 1;
        seed.deserialize(StrDeserializer::new(name)).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'static>>(&mut self, seed: S) -> Result<S::Value, Stop> {
        let field = self.outs.next().ok_or_else(self_describing)?;
        let value = seed.deserialize(Ask::emptied(self.tracer, &mut field.shape, self.empty));
        value.map_err(|stop| stop.in_field(self.owner, &field.name))
    }
}

pub(super) struct Chosen<'t> {
    pub(super) tracer: &'t mut Tracer,
    pub(super) of: &'static str,
    pub(super) chosen: usize,
    pub(super) variant: &'static str,
    pub(super) body: &'t mut Body,
}

impl Chosen<'_> {
    fn owner(&self) -> FieldOwner {
        FieldOwner { name: self.of, variant: Some(self.variant) }
    }
}

/// Returns what tells the variants of a derived enum apart, whichever of its names one was chosen by.
fn tag_of<T>(tag: &T) -> Option<u64> {
    // a tag of another kind, such as a `String`, has no discriminant that means anything
    if !type_name::<T>().ends_with("::__Field") {
        return None;
    }
    let mut hasher = DefaultHasher::new();
    mem::discriminant(tag).hash(&mut hasher);
    Some(hasher.finish())
}

impl<'t> de::EnumAccess<'static> for Chosen<'t> {
    type Error = Stop;
    type Variant = Chosen<'t>;

    fn variant_seed<S: DeserializeSeed<'static>>(self, seed: S) -> Result<(S::Value, Self), Stop> {
        let tag = seed.deserialize(StrDeserializer::new(self.variant))?;
        self.tracer.tag(self.of, self.chosen, tag_of(&tag));
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
        let owner = self.owner();
        let value =
            seed.deserialize(Ask::new(self.tracer, &mut inner)).map_err(|stop| stop.in_variant(owner))?;
        *self.body = Body::Newtype(inner);
        Ok(value)
    }

    fn tuple_variant<V: Visitor<'static>>(self, len: usize, visitor: V) -> Result<V::Value, Stop> {
        let owner = self.owner();
        ask_tuple(self.tracer, owner, len, visitor, self.body)
    }

    fn struct_variant<V: Visitor<'static>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Stop> {
        let owner = self.owner();
        ask_fields(self.tracer, owner, fields, visitor, self.body)
    }
}
