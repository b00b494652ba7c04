//! Values made up by number: the same number gives the same value.

use std::collections::BTreeMap;

use conformance::{
    Anything, Choice, Figure, Handles, Level, Marker, Metres, Node, Order, Pair, Point, Record,
};
use hostfn::Resource;
use hostfn::abi::codec;

/// Numbers that look random (splitmix64).
pub struct Numbers(pub u64);

impl Numbers {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// Mostly few, at times more than one byte counts.
    fn len(&mut self) -> usize {
        let most = [0, 1, 3, 3, 3, 17, 40][usize::try_from(self.below(7)).unwrap()];
        usize::try_from(self.below(most + 1)).unwrap()
    }
}

pub trait Made: Sized {
    /// A value, with at most so many levels of itself inside.
    fn made(n: &mut Numbers, levels: u8) -> Self;
}

macro_rules! integers {
    ($($ty:ty)*) => {$(
        impl Made for $ty {
            #[allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap, clippy::cast_lossless)]
            fn made(n: &mut Numbers, _: u8) -> Self {
                // every width, and both edges of each
                let bits = n.below(65) as u32;
                let number = n.next().checked_shr(bits).unwrap_or(0);
                match n.below(8) {
                    0 => <$ty>::MAX,
                    1 => <$ty>::MIN,
                    2 => (1_u64.checked_shl(bits).unwrap_or(0)) as $ty,
                    3 => (1_u64.checked_shl(bits).unwrap_or(0)).wrapping_neg() as $ty,
                    4 => (number as $ty).wrapping_neg(),
                    _ => number as $ty,
                }
            }
        }
    )*};
}

integers!(u8 u16 u32 u64 i8 i16 i32 i64);

impl Made for bool {
    fn made(n: &mut Numbers, _: u8) -> Self {
        n.below(2) == 1
    }
}

impl Made for f32 {
    fn made(n: &mut Numbers, levels: u8) -> Self {
        let x = f32::from_bits(u32::made(n, levels));
        if x.is_nan() { 0.5 } else { x }
    }
}

impl Made for f64 {
    fn made(n: &mut Numbers, levels: u8) -> Self {
        let x = f64::from_bits(u64::made(n, levels));
        if x.is_nan() { 0.5 } else { x }
    }
}

impl Made for char {
    fn made(n: &mut Numbers, _: u8) -> Self {
        const SOME: [char; 8] = ['a', 'Z', '\0', '\u{7f}', 'é', '\u{ffff}', '漢', '🦀'];
        let bits = n.below(22);
        let any = u32::try_from(n.next() & ((1 << bits) - 1)).unwrap();
        char::from_u32(any).unwrap_or(SOME[usize::try_from(n.below(8)).unwrap()])
    }
}

impl Made for String {
    fn made(n: &mut Numbers, levels: u8) -> Self {
        (0..n.len()).map(|_| char::made(n, levels)).collect()
    }
}

impl<T: Made> Made for Option<T> {
    fn made(n: &mut Numbers, levels: u8) -> Self {
        bool::made(n, levels).then(|| T::made(n, levels))
    }
}

impl<T: Made> Made for Box<T> {
    fn made(n: &mut Numbers, levels: u8) -> Self {
        Box::new(T::made(n, levels))
    }
}

impl<T: Made> Made for Vec<T> {
    fn made(n: &mut Numbers, levels: u8) -> Self {
        (0..n.len()).map(|_| T::made(n, levels)).collect()
    }
}

impl<K: Made + Ord, V: Made> Made for BTreeMap<K, V> {
    fn made(n: &mut Numbers, levels: u8) -> Self {
        (0..n.len()).map(|_| (K::made(n, levels), V::made(n, levels))).collect()
    }
}

impl<A: Made, B: Made> Made for (A, B) {
    fn made(n: &mut Numbers, levels: u8) -> Self {
        (A::made(n, levels), B::made(n, levels))
    }
}

impl<A: Made, B: Made, C: Made> Made for (A, B, C) {
    fn made(n: &mut Numbers, levels: u8) -> Self {
        (A::made(n, levels), B::made(n, levels), C::made(n, levels))
    }
}

impl<T: Made> Made for [T; 3] {
    fn made(n: &mut Numbers, levels: u8) -> Self {
        [T::made(n, levels), T::made(n, levels), T::made(n, levels)]
    }
}

macro_rules! structs {
    ($($name:ident { $($field:ident),* })*) => {$(
        impl Made for $name {
            fn made(n: &mut Numbers, levels: u8) -> Self {
                $name { $($field: Made::made(n, levels)),* }
            }
        }
    )*};
}

structs! {
    Point { x, y }
    Record { id, name }
    Order { id, kind, register, at, notes, tags, payload, price, marker, how_far }
}

impl Made for Marker {
    fn made(_: &mut Numbers, _: u8) -> Self {
        Marker
    }
}

impl Made for Metres {
    fn made(n: &mut Numbers, levels: u8) -> Self {
        Metres(Made::made(n, levels))
    }
}

impl Made for Pair {
    fn made(n: &mut Numbers, levels: u8) -> Self {
        Pair(Made::made(n, levels), Made::made(n, levels))
    }
}

impl Made for Level {
    fn made(n: &mut Numbers, levels: u8) -> Self {
        if bool::made(n, levels) { Level::Low } else { Level::VeryHigh }
    }
}

impl Made for Choice {
    fn made(n: &mut Numbers, levels: u8) -> Self {
        match n.below(3) {
            0 => Choice::A,
            1 => Choice::B(Made::made(n, levels)),
            _ => Choice::C { x: Made::made(n, levels) },
        }
    }
}

impl Made for Figure {
    fn made(n: &mut Numbers, levels: u8) -> Self {
        match n.below(if levels == 0 { 3 } else { 5 }) {
            0 => Figure::Nothing,
            1 => Figure::Dot(Made::made(n, levels)),
            2 => Figure::Line(Made::made(n, levels), Made::made(n, levels)),
            _ => Figure::Group {
                name: Made::made(n, levels),
                members: (0..n.below(4)).map(|_| Figure::made(n, levels - 1)).collect(),
                colors: Made::made(n, levels),
            },
        }
    }
}

impl Made for Node {
    fn made(n: &mut Numbers, levels: u8) -> Self {
        let next = (levels > 0 && n.below(8) > 0).then(|| Box::new(Node::made(n, levels - 1)));
        Node { value: Made::made(n, levels), next }
    }
}

impl<T> Made for Resource<T> {
    fn made(n: &mut Numbers, levels: u8) -> Self {
        codec::decode(&codec::to_vec(&u64::made(n, levels)).unwrap()).unwrap()
    }
}

impl Made for Handles {
    fn made(n: &mut Numbers, levels: u8) -> Self {
        Handles {
            store: Made::made(n, levels),
            statement: Made::made(n, levels),
            stores: Made::made(n, levels),
        }
    }
}

impl Made for Anything {
    fn made(n: &mut Numbers, levels: u8) -> Self {
        match n.below(if levels == 0 { 2 } else { 3 }) {
            0 => Anything::Number(Made::made(n, levels)),
            1 => Anything::Text(Made::made(n, levels)),
            _ => Anything::List((0..n.below(4)).map(|_| Anything::made(n, levels - 1)).collect()),
        }
    }
}
