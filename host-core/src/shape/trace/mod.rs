//! Finds a type's shape by having its own `Deserialize` ask for a value, over and over, until every
//! variant of every enum in it was asked for.
//!
//! The idea is that of the `serde-reflection` crate, whose tracer misses the variants of an enum that
//! stands behind an option or a sequence in a struct, and recurses without end where an enum's first
//! variant holds the enum itself. A listing must miss nothing and must not bring the host down.

mod ask;

use std::any::TypeId;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::de::{self, Deserialize};

use self::ask::Ask;
use super::{Body, Shape, TypeDef, TypeShape, Variant, opaque};

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
