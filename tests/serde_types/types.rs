//! Each of serde's forms around each leaf.

use std::collections::BTreeMap;
use std::net::IpAddr;

use hostfn_core::reply_shape;
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use crate::Case;
use crate::leaves::{Any, Inner, Mixed, NewtypeBytes, Source, TupleStruct, UnitStruct, Word};

/// Declares types with values: `types! { #[attributes] kind Name { ... } => |source| value; }`.
macro_rules! types {
    ($($(#[$attr:meta])* {$($item:tt)+} $name:ident => |$source:ident| $value:expr;)+) => {
        $(
            #[derive(Debug, PartialEq, Serialize, Deserialize)]
            $(#[$attr])*
            $($item)+

            impl Any for $name {
                fn any($source: &mut Source) -> Self {
                    $value
                }
            }
        )+

        fn add(leaf: &str, cases: &mut Vec<Case>) {
            $({
                let name = format!("{} of {leaf}", stringify!($name));
                cases.push(Case::new::<$name>(cases.len(), name, reply_shape!($name)));
            })+
        }
    };
}

/// The forms around each leaf, in a module of its own.
macro_rules! forms {
    ($($module:ident: $leaf:ty;)+) => {
        $(mod $module {
            #[allow(unused_imports, reason = "each leaf needs its own")]
            use super::*;

            type Leaf = $leaf;

            fn leaf(source: &mut Source) -> Leaf {
                Leaf::any(source)
            }

            types! {
                { struct Struct { a: Leaf, b: u8 } } Struct => |s| Struct { a: leaf(s), b: u8::any(s) };
                { struct Wrapped(Leaf); } Wrapped => |s| Wrapped(leaf(s));
                #[serde(transparent)]
                { struct Transparent { it: Leaf } } Transparent => |s| Transparent { it: leaf(s) };
                { struct Tuple(Leaf, bool); } Tuple => |s| Tuple(leaf(s), bool::any(s));
                { struct Optional { it: Option<Leaf> } } Optional => |s| Optional { it: Option::any(s) };
                { struct Many { list: Vec<Leaf>, map: BTreeMap<String, Leaf> } } Many => |s| Many { list: Vec::any(s), map: BTreeMap::any(s) };
                #[serde(rename_all = "camelCase")]
                { struct Renamed { #[serde(alias = "A", alias = "z")] first_name: Leaf, #[serde(rename = "type")] kind: u8, #[serde(skip)] _none: u8 } }
                Renamed => |s| Renamed { first_name: leaf(s), kind: u8::any(s), _none: 0 };
                #[serde(default)]
                { #[derive(Default)] struct Defaults { #[serde(skip_serializing_if = "Option::is_none")] it: Option<Leaf>, #[serde(skip_serializing_if = "Vec::is_empty")] list: Vec<Leaf> } }
                Defaults => |s| Defaults { it: Option::any(s), list: Vec::any(s) };
                { enum External { Unit, New(Leaf), Tuple(Leaf, u8), Struct { it: Leaf } } }
                External => |s| match s.below(4) {
                    0 => External::Unit,
                    1 => External::New(leaf(s)),
                    2 => External::Tuple(leaf(s), u8::any(s)),
                    _ => External::Struct { it: leaf(s) },
                };
                #[serde(rename_all = "snake_case")]
                { enum Aliased { #[serde(alias = "Aaa")] FirstOne, #[serde(alias = "Bbb", alias = "zzz")] SecondOne(Leaf), Third { it: Leaf } } }
                Aliased => |s| match s.below(3) {
                    0 => Aliased::FirstOne,
                    1 => Aliased::SecondOne(leaf(s)),
                    _ => Aliased::Third { it: leaf(s) },
                };
                #[serde(tag = "t")]
                { enum Internal { Unit, Struct { it: Leaf, n: u8 }, New(Struct) } }
                Internal => |s| match s.below(3) {
                    0 => Internal::Unit,
                    1 => Internal::Struct { it: leaf(s), n: u8::any(s) },
                    _ => Internal::New(Struct::any(s)),
                };
                #[serde(tag = "t", content = "c")]
                { enum Adjacent { Unit, New(Leaf), Tuple(Leaf, u8), Struct { it: Leaf } } }
                Adjacent => |s| match s.below(4) {
                    0 => Adjacent::Unit,
                    1 => Adjacent::New(leaf(s)),
                    2 => Adjacent::Tuple(leaf(s), u8::any(s)),
                    _ => Adjacent::Struct { it: leaf(s) },
                };
                #[serde(untagged)]
                { enum Untagged { Pair(Leaf, u8), Struct { it: Leaf, n: u8 }, Nothing } }
                Untagged => |s| match s.below(3) {
                    0 => Untagged::Struct { it: leaf(s), n: u8::any(s) },
                    1 => Untagged::Pair(leaf(s), u8::any(s)),
                    _ => Untagged::Nothing,
                };
                { struct Flat { id: u8, #[serde(flatten)] rest: Struct } } Flat => |s| Flat { id: u8::any(s), rest: Struct::any(s) };
                { struct FlatTag { id: u8, #[serde(flatten)] rest: Internal } } FlatTag => |s| FlatTag { id: u8::any(s), rest: Internal::any(s) };
                { struct InAField { before: u8, it: Untagged } } InAField => |s| InAField { before: 1, it: Untagged::any(s) };
            }

            pub(super) fn all(cases: &mut Vec<Case>) {
                add(stringify!($leaf), cases);
            }
        })+

        pub fn all() -> Vec<Case> {
            let mut cases = Vec::new();
            $($module::all(&mut cases);)+
            cases
        }
    };
}

forms! {
    unit: ();
    byte: u8;
    float: f64;
    character: char;
    text: String;
    bytes: Vec<u8>;
    buffer: ByteBuf;
    array: [u16; 2];
    option: Option<u16>;
    option_of_bytes: Option<Vec<u8>>;
    unit_struct: UnitStruct;
    newtype_of_bytes: NewtypeBytes;
    tuple_struct: TupleStruct;
    inner: Inner;
    word: Word;
    mixed: Mixed;
    address: IpAddr;
    by_text: BTreeMap<String, u8>;
    by_number: BTreeMap<u32, bool>;
    by_boolean: BTreeMap<bool, u8>;
    by_character: BTreeMap<char, Vec<u8>>;
    by_word: BTreeMap<Word, u8>;
    by_option: BTreeMap<Option<u8>, u8>;
    by_bytes: BTreeMap<Vec<u8>, u8>;
}
