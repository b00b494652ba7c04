//! Types that serde's attributes make differ from what they look like.

use std::collections::BTreeMap;

use hostfn_core::{HostFnSpec, NilOption, Param, Registry, Shape, TypeShape, Value, passed, reply_shape};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::{printed, reason, shape};

macro_rules! types {
    ($($item:item)+) => {
        $(#[derive(Serialize, Deserialize)] #[allow(dead_code, reason = "only its type matters")] $item)+
    };
}

types! {
    struct Color { #[serde(alias = "A", alias = "z")] name: u8, #[serde(rename = "b", alias = "a")] other: bool }
    enum Kind { #[serde(alias = "Alias", alias = "zz")] Plain, #[serde(alias = "A")] Holds(Color), C { #[serde(alias = "y")] x: u8 } }
    #[serde(rename_all = "snake_case")]
    enum Renamed { #[serde(alias = "ASecondName")] FirstName, Other }
    struct Outer { kinds: Vec<Kind>, more: BTreeMap<Kind2, u8> }
    #[derive(PartialEq, Eq, PartialOrd, Ord)]
    enum Kind2 { #[serde(alias = "A")] B, C }

    #[expect(clippy::option_option, reason = "what is refused")]
    struct Note { text: Option<Option<String>> }
    struct Unit;
    struct Wrapped(Option<u8>);
    struct Newtype(Json);
    struct Dynamic { id: u8, value: Option<Json> }
    struct DynamicNewtype { value: Option<Newtype> }
    enum Choice { A(Option<Unit>), B { wrapped: Option<Wrapped> } }
    struct Ends { pair: (u8, Option<()>) }
    #[serde(untagged)]
    enum Never { A(u8), B(String) }
    #[serde(untagged)]
    enum Nothing { A(u8), Unit }
    struct OfNever { value: Option<Never> }
    struct OfNothing { value: Option<Nothing> }
    struct Nested { list: Vec<Option<u8>>, map: Option<BTreeMap<String, Option<u8>>>, pair: Option<(Option<u8>,)> }

    struct LeftOut { id: u8, #[serde(skip_serializing_if = "Vec::is_empty")] list: Vec<u8> }
    struct LeftOutOption { #[serde(skip_serializing_if = "Option::is_none")] note: Option<String> }
    struct Defaulted { #[serde(default, skip_serializing_if = "is_zero")] count: u32 }
    struct Deeper { items: Vec<Middle> }
    struct Middle { inner: Option<LeftOut> }
    struct OnlyWritten { id: u8, #[serde(skip_deserializing)] more: u8 }
    struct OnlyRead { id: u8, #[serde(skip_serializing)] more: u8 }
    struct TwoNames { #[serde(rename(serialize = "out", deserialize = "in"))] name: u8 }
    enum TwoVariants { #[serde(rename(serialize = "Out", deserialize = "In"))] Name }
    struct With { #[serde(with = "as_text")] number: u8 }
    struct Good { id: u8, #[serde(skip)] no: u8, #[serde(default)] list: Vec<String>, kind: Renamed }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(count: &u32) -> bool {
    *count == 0
}

mod as_text {
    use serde::{Deserialize, Deserializer, Serializer};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
    pub fn serialize<S: Serializer>(number: &u8, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(number)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u8, D::Error> {
        u8::deserialize(deserializer)
    }
}

fn types_of(traced: &TypeShape) -> Vec<String> {
    let (shape, types) = printed(traced);
    assert_ne!(shape, "opaque", "{}", reason(traced));
    types
}

#[test]
fn alias_of_a_field_is_not_listed() {
    assert_eq!(types_of(&shape::<Color>()), ["Color = struct{name: u8, b: bool}"]);
}

#[test]
fn alias_of_a_variant_is_not_listed() {
    let color = "Color = struct{name: u8, b: bool}".to_owned();
    // what is only read goes by the first of its names
    assert_eq!(
        types_of(&shape::<Kind>()),
        [color.clone(), "Kind = enum{Alias, A(Color), C{x: u8}}".to_owned()]
    );
    assert_eq!(
        types_of(&reply_shape!(Kind).shape()),
        [color.clone(), "Kind = enum{Plain, Holds(Color), C{x: u8}}".to_owned()]
    );
    assert_eq!(
        types_of(&reply_shape!(Outer).shape()),
        [
            color,
            "Kind = enum{Plain, Holds(Color), C{x: u8}}".to_owned(),
            "Kind2 = enum{B, C}".to_owned(),
            "Outer = struct{kinds: seq<Kind>, more: map<Kind2, u8>}".to_owned()
        ]
    );
    let renamed = ["Renamed = enum{first_name, other}"];
    assert_eq!(types_of(&reply_shape!(Result<Renamed, std::convert::Infallible>).shape()), renamed);
    assert_eq!(types_of(&passed!("kind", &Renamed).shape().unwrap()), renamed);
    assert_eq!(types_of(&passed!("kind", &[Renamed]).shape().unwrap()), renamed);
}

static ECHO: HostFnSpec = HostFnSpec::new("host", "echo", |call| {
    let mut call = call.authorize()?;
    let (kind,) = call.args::<(Renamed,)>()?;
    call.reply(&kind)
})
.always_available()
.with_params(&[Param::new::<Renamed>("kind")])
.with_reply(reply_shape!(Renamed));

#[test]
fn alias_is_one_type_as_argument_and_reply() {
    let listing = Registry::builder().add(&ECHO).build().unwrap().listing();
    let row = &listing.functions[0];
    assert_eq!(row.signature(), "(kind: Renamed) -> Renamed");
    assert_eq!(row.types["Renamed"].to_string(), "enum{first_name, other}");
}

fn nil<T: Deserialize<'static>>() -> Option<(Option<String>, String)> {
    shape::<T>().nil_option.map(|NilOption { place, shape }| (place, shape))
}

#[test]
fn option_of_nil_is_found_and_named() {
    let at = |place: &str, shape: &str| Some((Some(place.to_owned()), shape.to_owned()));
    assert_eq!(nil::<Option<Option<u8>>>(), Some((None, "option<option<u8>>".to_owned())));
    assert_eq!(nil::<Vec<(u8, Option<()>)>>(), Some((None, "option<unit>".to_owned())));
    assert_eq!(nil::<BTreeMap<Option<Option<u8>>, u8>>(), Some((None, "option<option<u8>>".to_owned())));
    assert_eq!(nil::<Option<Json>>(), Some((None, "option<any>".to_owned())));
    assert_eq!(nil::<Option<Value>>(), Some((None, "option<any>".to_owned())));
    assert_eq!(nil::<Note>(), at("Note.text", "option<option<str>>"));
    assert_eq!(nil::<Vec<Note>>(), at("Note.text", "option<option<str>>"));
    assert_eq!(nil::<Dynamic>(), at("Dynamic.value", "option<any>"));
    assert_eq!(nil::<DynamicNewtype>(), at("DynamicNewtype.value", "option<any>"));
    assert_eq!(nil::<OfNothing>(), at("OfNothing.value", "option<any>"));
    assert_eq!(nil::<Ends>(), at("Ends.pair", "option<unit>"));
    let Some((Some(place), _)) = nil::<Choice>() else { panic!("it has two") };
    assert_eq!(place, "Choice::A");
}

#[test]
fn option_of_what_is_never_nil_is_accepted() {
    assert_eq!(nil::<OfNever>(), None);
    assert_eq!(nil::<Nested>(), None);
    assert_eq!(nil::<Json>(), None);
    assert_eq!(nil::<Vec<Option<Wrapped2>>>(), None);
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only its type matters")]
struct Wrapped2(Vec<Option<u8>>);

static NOTED: HostFnSpec = HostFnSpec::new("host", "note", |call| {
    let mut call = call.authorize()?;
    let (_,) = call.args::<(Note,)>()?;
    call.reply(&None::<Json>)
})
.always_available()
.with_params(&[Param::new::<Note>("note")])
.with_reply(reply_shape!(Option<Json>));

#[test]
fn registry_refuses_an_option_of_nil() {
    let error = Registry::builder().add(&NOTED).build().unwrap_err();
    let problems: Vec<String> = error.problems().iter().map(ToString::to_string).collect();
    let remedy = "remove the outer `Option`, or use an enum with a variant for each case";
    assert_eq!(
        problems,
        [
            format!(
                "H0120 host.note (an unknown place): the parameter `note`, in `Note.text`, has an `option<option<str>>`: \
                 `Some` of nil would arrive as `None`; {remedy}"
            ),
            format!(
                "H0120 host.note (an unknown place): the reply has an `option<any>`: `Some` of nil would arrive as `None`; \
                 {remedy}"
            )
        ]
    );
}

#[test]
fn reply_that_is_written_otherwise_is_opaque() {
    let is = |traced: TypeShape, what: &str| {
        assert_eq!(reason(&traced), format!("it is written otherwise than it is read: {what}"));
    };
    is(reply_shape!(LeftOut).shape(), "in `LeftOut`: the field `list` is missing");
    is(reply_shape!(Defaulted).shape(), "in `Defaulted`: the field `count` is missing");
    is(
        reply_shape!(Deeper).shape(),
        "in `Deeper`: field `items`: element 0: in `Middle`: field `inner`: in `LeftOut`: the field `list` is missing",
    );
    is(reply_shape!(OnlyWritten).shape(), "in `OnlyWritten`: there is no field String(\"more\")");
    is(reply_shape!(OnlyRead).shape(), "in `OnlyRead`: the field `more` is missing");
    is(reply_shape!(TwoNames).shape(), "in `TwoNames`: there is no field String(\"out\")");
    is(reply_shape!(TwoVariants).shape(), "in `TwoVariants`: there is no variant `Out`");
    is(reply_shape!(With).shape(), "in `With`: field `number`: String(\"1\") is not `u8`");
    is(passed!("value", &LeftOut).shape().unwrap(), "in `LeftOut`: the field `list` is missing");
}

#[test]
fn reply_that_leaves_out_an_option_is_traced() {
    assert_eq!(types_of(&reply_shape!(LeftOutOption).shape()), ["LeftOutOption = struct{note: option<str>}"]);
    assert_eq!(
        types_of(&reply_shape!(Good).shape()),
        ["Good = struct{id: u8, list: seq<str>, kind: Renamed}", "Renamed = enum{first_name, other}"]
    );
}

#[test]
fn opaque_type_names_the_field() {
    let looks = "its `Deserialize` looks at the data first (untagged, flattened or internally tagged)";
    assert_eq!(reason(&shape::<OfNever>()), format!("`OfNever.value`: {looks}"));
    assert_eq!(reason(&shape::<Vec<Holder>>()), format!("`Holder::B.1`: {looks}"));
    assert_eq!(reason(&shape::<Never>()), looks);
    assert!(matches!(shape::<Never>().shape, Shape::Opaque { .. }));
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only its type matters")]
enum Holder {
    A,
    B(u8, Never),
}

struct PanicsOut(u8);
struct PanicsIn;
#[derive(Debug, PartialEq)]
struct PanicsEmpty(u8);

impl Serialize for PanicsOut {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        assert_ne!(self.0, 1, "never one");
        serializer.serialize_u8(self.0)
    }
}

impl<'de> Deserialize<'de> for PanicsOut {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        u8::deserialize(deserializer).map(PanicsOut)
    }
}

impl Serialize for PanicsIn {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u8(1)
    }
}

impl<'de> Deserialize<'de> for PanicsIn {
    fn deserialize<D: serde::Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        panic!("never made\nat all")
    }
}

impl Serialize for PanicsEmpty {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u8(self.0)
    }
}

impl<'de> Deserialize<'de> for PanicsEmpty {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = u8::deserialize(deserializer)?;
        assert_ne!(number, 0, "never zero");
        Ok(PanicsEmpty(number))
    }
}

types! {
    struct HasPanicsEmpty { number: PanicsEmpty }
}

#[test]
fn type_that_panics_when_traced_is_opaque() {
    static SPEC: HostFnSpec = HostFnSpec::new("host", "get", |call| {
        let mut call = call.authorize()?;
        let (PanicsIn,) = call.args::<(PanicsIn,)>()?;
        call.reply(&PanicsOut(0))
    })
    .always_available()
    .with_params(&[Param::new::<PanicsIn>("n")])
    .with_reply(reply_shape!(PanicsOut));

    let panics = "its `Serialize` or `Deserialize` panics on a made-up value: ";
    let out = reply_shape!(PanicsOut).shape();
    assert!(
        reason(&out).contains(&format!("{panics}assertion `left != right` failed: never one")),
        "{out:?}"
    );
    assert_eq!(reason(&passed!("value", &PanicsOut).shape().unwrap()), reason(&out));
    assert_eq!(reason(&reply_shape!(PanicsIn).shape()), format!("{panics}never made"));
    assert_eq!(reason(&shape::<PanicsIn>()), format!("{panics}never made"));
    // as one that refuses an empty value with an error
    assert_eq!(types_of(&reply_shape!(HasPanicsEmpty).shape()), ["HasPanicsEmpty = struct{number: u8}"]);
    let listing = Registry::builder().add(&SPEC).build().unwrap().listing();
    assert_eq!(listing.functions.len(), 1);
}
