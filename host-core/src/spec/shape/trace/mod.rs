//! Finds a type's shape by having its own `Deserialize` ask for a value, over and over, until every
//! variant of every enum in it was asked for.
//!
//! The idea is that of the `serde-reflection` crate, whose tracer misses the variants of an enum that
//! stands behind an option or a sequence in a struct, and recurses without end where an enum's first
//! variant holds the enum itself. A listing must miss nothing and must not bring the host down.

mod access;
mod ask;

use std::any::TypeId;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::de::{self, Deserialize};

use self::ask::Ask;
use super::nil::{self, NilOption};
use super::{Body, Shape, TypeDef, TypeShape, Variant, opaque, unless_panics};

/// Nesting beyond this is recursion that no choice of variants has ended.
const DEEPEST: usize = 64;

/// The shape of `T` as serde really encodes it; opaque, with the reason, where it cannot be traced.
pub(crate) fn of<T: Deserialize<'static>>() -> TypeShape {
    unless_panics(|| traced::<T>(&mut |_| {}).0).unwrap_or_else(opaque::<T>)
}

/// The shape of `T`, `each` of the values that it took to find it, and how deep structs and enums are nested.
pub(super) fn traced<T: Deserialize<'static>>(each: &mut impl FnMut(T)) -> (TypeShape, usize) {
    let mut tracer = Tracer::default();
    match tracer.passes(each) {
        Ok(shape) => {
            let deepest = tracer.deepest;
            (tracer.finish::<T>(shape), deepest)
        }
        Err(stop) => (stop.opaque::<T>(), 0),
    }
}

/// Values of `T` in which the fields of the structs that are nested `level` deep are empty: zero, none, no items.
pub(super) fn emptied<T: Deserialize<'static>>(level: usize, each: &mut impl FnMut(T)) {
    // a type that refuses an empty value is traced by others
    let _ = unless_panics(|| Tracer { empty_at: Some(level), ..Tracer::default() }.passes(each));
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
    /// The number of values directly inside an option that were given a nil, for they look at the data first.
    nils: usize,
    /// The number of values of named types that were begun.
    values: usize,
    /// Names that a field is read by beside its own.
    aliases: BTreeSet<(FieldOwner, &'static str)>,
    /// The greatest nesting of named types.
    deepest: usize,
    /// The nesting of structs whose fields are to be empty.
    empty_at: Option<usize>,
}

/// An owner of fields: a struct, or a variant of an enum.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct FieldOwner {
    name: &'static str,
    variant: Option<&'static str>,
}

impl fmt::Display for FieldOwner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.variant {
            Some(variant) => write!(f, "{}::{variant}", self.name),
            None => f.write_str(self.name),
        }
    }
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
    /// The tags of the variants: two names of one tag are one variant and its alias.
    tags: Vec<Option<u64>>,
    /// Of the variants that a value was made of, the one that took the fewest values inside it.
    smallest: Option<Smallest>,
    /// The number that were tried where no value had been made yet. Each time it is another one, so that no
    /// recursion that has an end misses it.
    tried: usize,
}

impl Variants {
    fn new(names: &'static [&'static str]) -> Self {
        let (bodies, tags) = (vec![None; names.len()], vec![None; names.len()]);
        Variants { names, bodies, tags, smallest: None, tried: 0 }
    }

    /// The first of the names of this one's variant.
    fn first(&self, at: usize) -> usize {
        let same = |tag: &Option<u64>| tag.is_some() && *tag == self.tags[at];
        self.tags.iter().position(same).unwrap_or(at)
    }

    /// The variants, each by the first of its names, and for each that has several all of them.
    fn finish(self) -> Option<(Vec<Variant>, Vec<BTreeSet<String>>)> {
        let firsts: Vec<usize> = (0..self.names.len()).map(|at| self.first(at)).collect();
        let (mut variants, mut aliased) = (Vec::new(), Vec::new());
        for (at, body) in self.bodies.into_iter().enumerate() {
            let body = body?;
            if firsts[at] != at {
                continue;
            }
            let names = self.names.iter().zip(&firsts).filter(|(_, first)| **first == at);
            let names: BTreeSet<String> = names.map(|(name, _)| (*name).to_owned()).collect();
            if names.len() > 1 {
                aliased.push(names);
            }
            variants.push(Variant { name: self.names[at].to_owned(), body });
        }
        Some((variants, aliased))
    }
}

#[derive(Clone, Copy)]
struct Smallest {
    variant: usize,
    values: usize,
}

impl Tracer {
    /// Asks for values until there is nothing more to find.
    fn passes<T: Deserialize<'static>>(&mut self, each: &mut impl FnMut(T)) -> Result<Shape, Stop> {
        loop {
            let mut shape = Shape::Unit;
            self.begin();
            match T::deserialize(Ask::new(self, &mut shape)) {
                Ok(value) => {
                    each(value);
                    if !self.found_more {
                        return Ok(shape);
                    }
                }
                Err(Stop::TooDeep) if self.tried_more => {}
                Err(Stop::Again) => {}
                Err(stop) => return Err(stop),
            }
        }
    }

    fn begin(&mut self) {
        self.inside.clear();
        self.depth = 0;
        self.begun.clear();
        self.repeating = false;
        self.found_more = false;
        self.tried_more = false;
        self.nils = 0;
    }

    fn finish<T>(self, shape: Shape) -> TypeShape {
        let (mut types, mut aliases) = (BTreeMap::new(), BTreeMap::new());
        for (name, named) in self.types {
            let def = match named.def {
                Def::Struct(body) => body.map(TypeDef::Struct),
                Def::Enum(variants) => variants.finish().map(|(variants, aliased)| {
                    if !aliased.is_empty() {
                        aliases.insert(name.to_owned(), aliased);
                    }
                    TypeDef::Enum(variants)
                }),
            };
            match def {
                Some(def) => types.insert(name.to_owned(), def),
                None => return opaque::<T>(format!("no value reaches all of `{name}`")),
            };
        }
        let nil_option = nil::option_of_nil(&shape, &types);
        TypeShape { shape, types, aliases, nil_option }
    }

    fn tag(&mut self, name: &str, at: usize, tag: Option<u64>) {
        if let Some(Named { def: Def::Enum(variants), .. }) = self.types.get_mut(name)
            && let Some(known) = variants.tags.get_mut(at)
        {
            *known = tag;
        }
    }

    /// Returns whether `shape` leads to an enum with a variant that was not asked for yet, past the types that
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
    Untraceable {
        reason: String,
        /// The innermost field that it is about.
        field: Option<String>,
        /// It is an option of what can be nil.
        nil_option: bool,
    },
    TooDeep,
    /// The field of this name was given before, by another.
    Duplicate(&'static str),
    /// Something was learned that the pass has to begin with.
    Again,
}

impl Stop {
    fn because(reason: impl Into<String>) -> Self {
        Stop::Untraceable { reason: reason.into(), field: None, nil_option: false }
    }

    #[cold]
    fn at(mut self, place: impl FnOnce() -> String) -> Self {
        if let Stop::Untraceable { field, .. } = &mut self {
            field.get_or_insert_with(place);
        }
        self
    }

    fn in_field(self, owner: FieldOwner, name: &str) -> Self {
        self.at(|| format!("{owner}.{name}"))
    }

    fn in_variant(self, owner: FieldOwner) -> Self {
        self.at(|| owner.to_string())
    }

    fn opaque<T>(self) -> TypeShape {
        let nil_option = match &self {
            Stop::Untraceable { field, nil_option: true, .. } => {
                Some(NilOption { place: field.clone(), shape: "option<any>".to_owned() })
            }
            _ => None,
        };
        TypeShape { nil_option, ..opaque::<T>(self.to_string()) }
    }
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Stop::Untraceable { reason, field: Some(field), .. } => write!(f, "`{field}`: {reason}"),
            Stop::Untraceable { reason, field: None, .. } => f.write_str(reason),
            Stop::TooDeep => f.write_str("it holds itself without an end"),
            Stop::Duplicate(field) => write!(f, "its `Deserialize` is given `{field}` twice"),
            Stop::Again => f.write_str("the pass has to begin again"),
        }
    }
}

impl std::error::Error for Stop {}

impl de::Error for Stop {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Stop::because(format!("its `Deserialize` refuses made-up values: {message}"))
    }

    fn duplicate_field(field: &'static str) -> Self {
        Stop::Duplicate(field)
    }
}

const LOOKS: &str = "its `Deserialize` looks at the data first (untagged, flattened or internally tagged)";

fn self_describing() -> Stop {
    Stop::because(LOOKS)
}

fn nil_in_option() -> Stop {
    Stop::Untraceable { reason: LOOKS.to_owned(), field: None, nil_option: true }
}

fn adjacently_tagged() -> Stop {
    Stop::because("its `Deserialize` takes a tag first and then what the tag says (adjacently tagged)")
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
        self.deepest = self.deepest.max(self.inside.len());
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
