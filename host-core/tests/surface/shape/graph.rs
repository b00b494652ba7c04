//! Types of any form, made up: a graph of structs and enums is deserialized as derived code would do
//! it, and must be traced to the very same graph.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use hostfn_core::{Body, Field, Shape, TypeDef, Variant};
use proptest::collection::vec;
use proptest::prelude::*;
use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, EnumAccess, MapAccess, SeqAccess, VariantAccess, Visitor,
};

use super::{reason, shape};

const TYPES: [&str; 7] = ["A", "B", "C", "D", "E", "F", "G"];
/// Names of fields and variants.
const PARTS: [&str; 4] = ["p", "q", "r", "s"];

type Graph = BTreeMap<String, TypeDef>;

thread_local! {
    static GRAPH: RefCell<Graph> = const { RefCell::new(Graph::new()) };
}

/// The type `A` of the thread's graph.
struct Root;

impl<'de> Deserialize<'de> for Root {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ask(&Shape::Named("A".to_owned())).deserialize(deserializer).map(|()| Root)
    }
}

/// Asks for a value of this shape.
struct Ask<'s>(&'s Shape);

impl<'de> DeserializeSeed<'de> for Ask<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, de: D) -> Result<(), D::Error> {
        match self.0 {
            Shape::Bool => bool::deserialize(de).map(|_| ()),
            Shape::Option(inner) => de.deserialize_option(Items(std::slice::from_ref(inner))),
            Shape::Seq(item) => de.deserialize_seq(Items(std::slice::from_ref(item))),
            Shape::Map(key, value) => de.deserialize_map(Entries(key, value)),
            Shape::Tuple(items) => de.deserialize_tuple(items.len(), Items(items)),
            Shape::Named(name) => ask_named(name, de),
            other => unreachable!("{other} is not among them"),
        }
    }
}

fn ask_named<'de, D: Deserializer<'de>>(name: &str, de: D) -> Result<(), D::Error> {
    let def = GRAPH.with_borrow(|graph| graph[name].clone());
    let name = TYPES.into_iter().find(|known| *known == name).expect("a type of the graph");
    match def {
        TypeDef::Struct(Body::Unit) => de.deserialize_unit_struct(name, Items(&[])),
        TypeDef::Struct(Body::Newtype(inner)) => de.deserialize_newtype_struct(name, Items(&[inner])),
        TypeDef::Struct(Body::Tuple(items)) => de.deserialize_tuple_struct(name, items.len(), Items(&items)),
        TypeDef::Struct(Body::Fields(fields)) => {
            de.deserialize_struct(name, &PARTS[..fields.len()], Fields(&fields))
        }
        TypeDef::Enum(variants) => de.deserialize_enum(name, &PARTS[..variants.len()], Variants(&variants)),
    }
}

/// Takes values of these shapes, one after the other.
struct Items<'s>(&'s [Shape]);

impl<'de> Visitor<'de> for Items<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("items")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_none<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        Ask(&self.0[0]).deserialize(deserializer)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        Ask(&self.0[0]).deserialize(deserializer)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        for shape in self.0 {
            seq.next_element_seed(Ask(shape))?;
        }
        Ok(())
    }
}

/// Takes the entries of a map.
struct Entries<'s>(&'s Shape, &'s Shape);

impl<'de> Visitor<'de> for Entries<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while map.next_entry_seed(Ask(self.0), Ask(self.1))?.is_some() {}
        Ok(())
    }
}

/// Takes the fields of a struct.
struct Fields<'s>(&'s [Field]);

impl<'de> Visitor<'de> for Fields<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a struct")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            let field = self.0.iter().find(|field| field.name == key).expect("a field that there is");
            map.next_value_seed(Ask(&field.shape))?;
        }
        Ok(())
    }
}

/// Takes a variant.
struct Variants<'s>(&'s [Variant]);

impl<'de> Visitor<'de> for Variants<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an enum")
    }

    fn visit_enum<A: EnumAccess<'de>>(self, data: A) -> Result<(), A::Error> {
        let (name, access) = data.variant::<String>()?;
        let variant = self.0.iter().find(|variant| variant.name == name).expect("a variant that there is");
        match &variant.body {
            Body::Unit => access.unit_variant(),
            Body::Newtype(inner) => access.newtype_variant_seed(Ask(inner)),
            Body::Tuple(items) => access.tuple_variant(items.len(), Items(items)),
            Body::Fields(fields) => access.struct_variant(&PARTS[..fields.len()], Fields(fields)),
        }
    }
}

/// The named types in a shape: all of them, or those that each value of it holds.
fn named<'s>(shape: &'s Shape, only_held: bool, found: &mut Vec<&'s str>) {
    match shape {
        Shape::Option(inner) | Shape::Seq(inner) if !only_held => named(inner, only_held, found),
        Shape::Map(key, value) if !only_held => {
            named(key, only_held, found);
            named(value, only_held, found);
        }
        Shape::Tuple(items) => items.iter().for_each(|item| named(item, only_held, found)),
        Shape::Named(name) => found.push(name),
        _ => {}
    }
}

fn named_in(body: &Body, only_held: bool) -> Vec<&str> {
    let mut found = Vec::new();
    match body {
        Body::Unit => {}
        Body::Newtype(inner) => named(inner, only_held, &mut found),
        Body::Tuple(items) => items.iter().for_each(|item| named(item, only_held, &mut found)),
        Body::Fields(fields) => fields.iter().for_each(|field| named(&field.shape, only_held, &mut found)),
    }
    found
}

fn bodies(def: &TypeDef) -> Vec<&Body> {
    match def {
        TypeDef::Struct(body) => vec![body],
        TypeDef::Enum(variants) => variants.iter().map(|variant| &variant.body).collect(),
    }
}

/// The part of the graph that `A` leads to.
fn reachable(graph: &Graph) -> Graph {
    let mut reached = Graph::new();
    let mut next = vec!["A"];
    while let Some(name) = next.pop() {
        if reached.insert(name.to_owned(), graph[name].clone()).is_none() {
            next.extend(bodies(&graph[name]).iter().flat_map(|body| named_in(body, false)));
        }
    }
    reached
}

/// Returns whether each of the types has a value that ends.
fn all_end(graph: &Graph) -> bool {
    let mut ending = BTreeSet::new();
    loop {
        let ends = |def: &TypeDef| {
            bodies(def).iter().any(|body| named_in(body, true).iter().all(|name| ending.contains(*name)))
        };
        let more: BTreeSet<_> =
            graph.iter().filter(|(_, def)| ends(def)).map(|(name, _)| name.clone()).collect();
        if more.len() == ending.len() {
            return more.len() == graph.len();
        }
        ending = more;
    }
}

fn any_shape() -> impl Strategy<Value = Shape> {
    let leaf = prop_oneof![
        1 => Just(Shape::Bool),
        3 => prop::sample::select(&TYPES).prop_map(|name| Shape::Named(name.to_owned())),
    ];
    leaf.prop_recursive(2, 6, 2, |inner| {
        prop_oneof![
            inner.clone().prop_map(|inner| Shape::Option(Box::new(inner))),
            inner.clone().prop_map(|item| Shape::Seq(Box::new(item))),
            inner.clone().prop_map(|value| Shape::Map(Box::new(Shape::Bool), Box::new(value))),
            vec(inner, 2..=2).prop_map(Shape::Tuple),
        ]
    })
}

fn any_body() -> impl Strategy<Value = Body> {
    let field = |(name, shape): (&str, Shape)| Field { name: name.to_owned(), shape };
    prop_oneof![
        Just(Body::Unit),
        any_shape().prop_map(Body::Newtype),
        vec(any_shape(), 2..=3).prop_map(Body::Tuple),
        vec(any_shape(), 0..=4)
            .prop_map(move |shapes| Body::Fields(PARTS.into_iter().zip(shapes).map(field).collect())),
    ]
}

fn any_def() -> impl Strategy<Value = TypeDef> {
    let variant = |(name, body): (&str, Body)| Variant { name: name.to_owned(), body };
    prop_oneof![
        1 => any_body().prop_map(TypeDef::Struct),
        2 => vec(any_body(), 1..=4)
            .prop_map(move |bodies| TypeDef::Enum(PARTS.into_iter().zip(bodies).map(variant).collect())),
    ]
}

fn any_graph() -> impl Strategy<Value = Graph> {
    vec(any_def(), TYPES.len()).prop_map(|defs| TYPES.map(str::to_owned).into_iter().zip(defs).collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn any_graph_of_types_is_traced_whole(graph in any_graph()) {
        let expected = reachable(&graph);
        GRAPH.set(graph);
        let traced = shape::<Root>();
        if all_end(&expected) {
            prop_assert_eq!((traced.shape, traced.types), (Shape::Named("A".to_owned()), expected));
        } else {
            prop_assert_eq!(reason(&traced), "it holds itself without an end");
        }
    }
}
