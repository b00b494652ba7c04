//! Parts of types, and random values of them.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

/// Numbers from a seed (xorshift).
pub struct Source(u64);

impl Source {
    pub fn new(seed: u64) -> Self {
        Source(seed | 1)
    }

    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub fn below(&mut self, n: u64) -> u64 {
        (self.next() >> 8) % n
    }
}

/// A type that has random values.
pub trait Any: Sized {
    fn any(source: &mut Source) -> Self;
}

macro_rules! any {
    ($($type:ty = |$source:ident| $value:expr;)+) => {
        $(impl Any for $type { fn any($source: &mut Source) -> Self { $value } })+
    };
}

any! {
    () = |_s| ();
    bool = |s| s.below(2) == 1;
    u8 = |s| s.next().to_le_bytes()[1];
    u16 = |s| { let [a, b, ..] = s.next().to_le_bytes(); u16::from_le_bytes([a, b]) };
    u32 = |s| u32::try_from(s.next() >> 32).unwrap() >> s.below(32);
    f64 = |s| f64::from(u32::any(s)) / -8.0;
    char = |s| ['a', '0', 'é', '\u{10ffff}', '\0'][usize::try_from(s.below(5)).unwrap()];
    String = |s| (0..s.below(5)).map(|_| char::any(s)).collect();
    ByteBuf = |s| ByteBuf::from(Vec::<u8>::any(s));
    IpAddr = |s| IpAddr::V4(Ipv4Addr::from(u32::any(s)));
    UnitStruct = |_s| UnitStruct;
    NewtypeBytes = |s| NewtypeBytes(Vec::any(s));
    TupleStruct = |s| TupleStruct(u8::any(s), String::any(s));
    Inner = |s| Inner { text: String::any(s), data: Vec::any(s), maybe: Option::any(s) };
    Word = |s| [Word::First, Word::SecondOne, Word::Third][usize::try_from(s.below(3)).unwrap()];
    Mixed = |s| match s.below(4) {
        0 => Mixed::Unit,
        1 => Mixed::New(Vec::any(s)),
        2 => Mixed::Pair(u8::any(s), bool::any(s)),
        _ => Mixed::Named { of: Word::any(s) },
    };
}

impl<T: Any> Any for Option<T> {
    fn any(source: &mut Source) -> Self {
        (source.below(3) > 0).then(|| T::any(source))
    }
}

impl<T: Any> Any for Vec<T> {
    fn any(source: &mut Source) -> Self {
        (0..source.below(4)).map(|_| T::any(source)).collect()
    }
}

impl<K: Any + Ord, V: Any> Any for BTreeMap<K, V> {
    fn any(source: &mut Source) -> Self {
        (0..source.below(4)).map(|_| (K::any(source), V::any(source))).collect()
    }
}

impl<T: Any> Any for [T; 2] {
    fn any(source: &mut Source) -> Self {
        [T::any(source), T::any(source)]
    }
}

macro_rules! leaves {
    ($($item:item)+) => {
        $(#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)] $item)+
    };
}

leaves! {
    pub struct UnitStruct;
    pub struct NewtypeBytes(pub Vec<u8>);
    pub struct TupleStruct(pub u8, pub String);
    pub struct Inner { pub text: String, #[serde(with = "serde_bytes")] pub data: Vec<u8>, #[serde(default)] pub maybe: Option<u8> }
    #[derive(Copy)]
    #[serde(rename_all = "kebab-case")]
    pub enum Word { First, #[serde(alias = "2nd", alias = "Second")] SecondOne, Third }
    pub enum Mixed { Unit, New(Vec<u8>), Pair(u8, bool), Named { of: Word } }
}
