//! Definitions of named types, and why some have none.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use hostfn_core::{ReplyShape, Shape, Value, reply_shape};
use serde::{Deserialize, Deserializer, Serialize};

use super::{printed, reason, shape};

macro_rules! types {
    ($($item:item)+) => { $(#[derive(Deserialize)] #[allow(dead_code, reason = "only its type matters")] $item)+ };
}

types! {
    struct Unit;
    struct Newtype(u8);
    struct Pair(u8, String);
    struct Empty {}
    struct Point { x: i32, #[serde(rename = "Y")] y: i32 }
    struct Bytes { #[serde(with = "serde_bytes")] whole: Vec<u8>, #[serde(skip)] no: u8, #[serde(default)] list: [u8; 2] }
    enum Every { Unit, Newtype(Point), Tuple(u8, Unit), Struct { at: Point, times: Option<u8> }, #[serde(skip)] Never }

    struct Hides { option: Option<Hidden>, list: Vec<Listed>, map: BTreeMap<Key, Hidden> }
    enum Hidden { A, B(u8), C }
    enum Listed { A, B { hidden: Hidden }, C(Vec<Deeper>) }
    enum Deeper { A, B }
    #[derive(PartialEq, Eq, PartialOrd, Ord)]
    enum Key { A, B }

    struct List { first: u8, rest: Option<Box<List>> }
    enum Tree { Node(Box<Tree>, Box<Tree>), Leaf(u8) }
    enum Many { A(Box<Many>), B(Box<Many>), C(Box<Many>), D(Box<Many>), E(Box<Many>, Box<Many>), Z }
    struct Chicken { egg: Box<Egg> }
    enum Egg { Hatched(Chicken), Raw, Boiled { minutes: u8 } }
    enum Ping { Pong(Box<Pong>), Stop }
    enum Pong { Ping(Box<Ping>) }
    enum Front { Back(Box<Back>), Left(Left) }
    enum Back { Front(Box<Front>), Right(Right) }
    enum Left { A, B }
    enum Right { A, B }

    struct Loop { again: Box<Loop> }
    enum NoEnd { Again(Box<NoEnd>) }
    enum NoValue {}
    struct Generic<T> { value: T }
    struct Same { a: Generic<u8>, b: Generic<u8> }
    struct Different { a: Generic<u8>, b: Generic<String> }
    #[serde(untagged)]
    enum Untagged { A(u8), B { x: u8 } }
    #[serde(tag = "type")]
    enum Internal { A, B { x: u8 } }
    #[serde(tag = "type", content = "value")]
    enum Adjacent { A, B(u8) }
    struct Flattened { a: u8, #[serde(flatten)] rest: Point }
    struct Holds { a: u8, other: Vec<Untagged> }
    #[serde(try_from = "String")]
    struct Even(String);
}

impl TryFrom<String> for Even {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if text.len() == 2 { Ok(Even(text)) } else { Err("two characters, please") }
    }
}

fn check<T: Deserialize<'static>>(word: &str, types: &[&str]) {
    assert_eq!(printed(&shape::<T>()), (word.to_owned(), types.iter().map(ToString::to_string).collect()));
}

#[test]
fn structs_are_defined_by_what_they_hold() {
    check::<Unit>("Unit", &["Unit = struct"]);
    check::<Newtype>("Newtype", &["Newtype = struct(u8)"]);
    check::<Pair>("Pair", &["Pair = struct(u8, str)"]);
    check::<Empty>("Empty", &["Empty = struct{}"]);
    check::<Point>("Point", &["Point = struct{x: i32, Y: i32}"]);
    check::<Bytes>("Bytes", &["Bytes = struct{whole: bytes, list: [u8; 2]}"]);
    check::<Vec<(Point, Newtype)>>(
        "seq<(Point, Newtype)>",
        &["Newtype = struct(u8)", "Point = struct{x: i32, Y: i32}"],
    );
    check::<Duration>("Duration", &["Duration = struct{secs: u64, nanos: u32}"]);
}

#[test]
fn an_enum_has_every_variant_of_every_kind() {
    check::<Every>(
        "Every",
        &[
            "Every = enum{Unit, Newtype(Point), Tuple(u8, Unit), Struct{at: Point, times: option<u8>}}",
            "Point = struct{x: i32, Y: i32}",
            "Unit = struct",
        ],
    );
    check::<IpAddr>("IpAddr", &["IpAddr = enum{V4([u8; 4]), V6([u8; 16])}"]);
    check::<Result<u8, String>>("Result", &["Result = enum{Ok(u8), Err(str)}"]);
}

#[test]
fn variants_behind_options_lists_and_maps_are_all_found() {
    check::<Hides>(
        "Hides",
        &[
            "Deeper = enum{A, B}",
            "Hidden = enum{A, B(u8), C}",
            "Hides = struct{option: option<Hidden>, list: seq<Listed>, map: map<Key, Hidden>}",
            "Key = enum{A, B}",
            "Listed = enum{A, B{hidden: Hidden}, C(seq<Deeper>)}",
        ],
    );
    check::<Vec<Option<Hidden>>>("seq<option<Hidden>>", &["Hidden = enum{A, B(u8), C}"]);
}

#[test]
fn recursion_that_ends_is_followed_to_its_end() {
    check::<List>("List", &["List = struct{first: u8, rest: option<List>}"]);
    check::<Tree>("Tree", &["Tree = enum{Node(Tree, Tree), Leaf(u8)}"]);
    check::<Many>("Many", &["Many = enum{A(Many), B(Many), C(Many), D(Many), E(Many, Many), Z}"]);
    let poultry = ["Chicken = struct{egg: Egg}", "Egg = enum{Hatched(Chicken), Raw, Boiled{minutes: u8}}"];
    check::<Chicken>("Chicken", &poultry);
    check::<Egg>("Egg", &poultry);
    let pingpong = ["Ping = enum{Pong(Pong), Stop}", "Pong = enum{Ping(Ping)}"];
    check::<Ping>("Ping", &pingpong);
    check::<Pong>("Pong", &pingpong);
    let sides = [
        "Back = enum{Front(Front), Right(Right)}",
        "Front = enum{Back(Back), Left(Left)}",
        "Left = enum{A, B}",
        "Right = enum{A, B}",
    ];
    check::<Front>("Front", &sides);
    check::<Back>("Back", &sides);
}

#[test]
fn recursion_without_an_end_is_opaque() {
    for endless in [shape::<Loop>(), shape::<NoEnd>(), shape::<Option<NoEnd>>()] {
        assert_eq!(reason(&endless), "it holds itself without an end");
    }
    assert_eq!(reason(&shape::<NoValue>()), "it has no values");
}

#[test]
fn one_name_for_two_types_is_opaque() {
    check::<Same>("Same", &["Generic = struct{value: u8}", "Same = struct{a: Generic, b: Generic}"]);
    assert_eq!(reason(&shape::<Different>()), "`Different.b`: two types in it are both called `Generic`");
    assert_eq!(reason(&shape::<(Generic<u8>, Generic<u16>)>()), "two types in it are both called `Generic`");
}

#[test]
fn what_looks_at_the_data_first_is_opaque() {
    let looks = "its `Deserialize` looks at the data first (untagged, flattened or internally tagged)";
    for traced in [
        shape::<Untagged>(),
        shape::<Internal>(),
        shape::<Flattened>(),
        shape::<Option<Untagged>>(),
        shape::<Value>(),
    ] {
        assert_eq!(reason(&traced), looks);
    }
    assert_eq!(reason(&shape::<Holds>()), format!("`Holds.other`: {looks}"));
    assert_eq!(
        reason(&shape::<Adjacent>()),
        "`Adjacent.type`: its `Deserialize` takes a tag first and then what the tag says (adjacently tagged)"
    );
}

#[test]
fn what_refuses_the_tracers_values_is_opaque_and_says_what_it_said() {
    assert_eq!(reason(&shape::<Even>()), "its `Deserialize` refuses made-up values: two characters, please");
}

#[test]
fn an_opaque_type_is_named() {
    let Shape::Opaque { rust, .. } = shape::<Vec<Untagged>>().shape else { panic!("it is untagged") };
    assert_eq!(rust, "alloc::vec::Vec<surface::shape::types::Untagged>");
}

#[derive(Serialize)]
struct OnlyWritten;

#[test]
fn a_reply_that_cannot_be_read_back_is_opaque() {
    let untraced = "it does not implement `Deserialize`, by which shapes are traced";
    let opaque = |reply: ReplyShape| reason(&reply.shape()).to_owned();
    assert_eq!(opaque(reply_shape!(OnlyWritten)), untraced);
    assert_eq!(opaque(reply_shape!(Result<OnlyWritten, std::convert::Infallible>)), untraced);
    assert_eq!(opaque(reply_shape!(Vec<OnlyWritten>)), untraced);
}

/// One that counts how often it is asked for.
struct Leaf;

impl<'de> Deserialize<'de> for Leaf {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        thread_local! {
            static ASKED: Cell<u32> = const { Cell::new(0) };
        }
        ASKED.set(ASKED.get() + 1);
        assert!(ASKED.get() < 10_000, "this would not end today");
        bool::deserialize(deserializer).map(|_| Leaf)
    }
}

macro_rules! mesh {
    ($($name:ident)+) => { mesh!(@ [$($name)+] $($name)+); };
    (@ $all:tt $($name:ident)+) => { $(mesh!(= $name $all);)+ };
    (= $name:ident [$($other:ident)+]) => {
        #[derive(Deserialize)]
        #[expect(non_snake_case, dead_code, reason = "only its type matters")]
        struct $name { leaf: Leaf, $($other: Option<Box<$other>>),+ }
    };
}
mesh!(A B C D E F G H I J K L M N O P Q R S T U V W X);

/// Along every way from one of them to all others it would be 24! values.
#[test]
fn types_that_all_lead_to_all_others_are_asked_for_once_each() {
    let traced = shape::<A>();
    assert_eq!(traced.types.len(), 24);
    let (_, types) = printed(&traced);
    assert!(types.iter().all(|def| def.contains("{leaf: bool, A: option<A>, B: option<B>, ")), "{types:?}");
}

macro_rules! wide {
    ($($variant:ident)+) => {
        #[derive(Deserialize)]
        #[expect(dead_code, reason = "only its type matters")]
        enum Wide { $($variant(Box<Wide>),)+ End }
    };
}
wide! {
    A0 A1 A2 A3 A4 A5 A6 A7 A8 A9 B0 B1 B2 B3 B4 B5 B6 B7 B8 B9 C0 C1 C2 C3 C4 C5 C6 C7 C8 C9 D0 D1 D2 D3 D4
    D5 D6 D7 D8 D9 E0 E1 E2 E3 E4 E5 E6 E7 E8 E9 F0 F1 F2 F3 F4 F5 F6 F7 F8 F9 G0 G1 G2 G3 G4 G5 G6 G7 G8 G9
}

#[test]
fn an_end_behind_more_variants_than_values_may_nest_is_found() {
    let (_, types) = printed(&shape::<Wide>());
    let [wide] = &*types else { panic!("it is opaque") };
    assert!(
        wide.starts_with("Wide = enum{A0(Wide), A1(Wide), ") && wide.ends_with(", G9(Wide), End}"),
        "{wide}"
    );
}
