//! Lists and tables that grow with their items: what each item takes up is charged before it is decoded.
//!
//! One byte of input can become hundreds of memory: an empty map makes a struct of defaults, and a tree of one entry
//! has room for eleven. What an item takes up is known by its type alone, where it is asked for.

use alloc::vec::Vec;
use core::any::TypeId;

use serde::de::{DeserializeSeed, MapAccess, SeqAccess};

use super::decode::Decoder;
use super::error::Error;

/// The first item allocates for more: a `BTreeMap` for 11 and its node.
const FIRST: usize = 12;
/// A `Vec` that grows holds up to twice its items.
const LISTED: usize = 2;
/// A node of a `BTreeMap` may be half full, and a table that grows holds its old entries too.
const ENTERED: usize = 3;
/// The least block of a heap, which an item may have one of.
const BLOCK: usize = 32;

/// An array or map whose items go to the heap.
pub(super) struct Grown<I> {
    items: I,
    /// Factor by which an item's size is charged.
    times: usize,
}

/// The rest of an array or map.
pub(super) trait Left<'de> {
    fn is_empty(&self) -> bool;
    fn decoder(&mut self) -> &mut Decoder<'de>;
    fn finish(&self, len: usize) -> Result<(), Error>;
}

impl<I> Grown<I> {
    #[inline]
    pub(super) fn new(items: I) -> Self {
        Self { items, times: FIRST }
    }

    #[inline]
    pub(super) fn finish<'de>(&self, len: usize) -> Result<(), Error>
    where
        I: Left<'de>,
    {
        self.items.finish(len)
    }

    #[inline]
    fn charge<'de, T>(&mut self) -> Result<(), Error>
    where
        I: Left<'de>,
    {
        if size_of::<T>() == 0 {
            return Ok(());
        }
        self.items.decoder().charge(self.times * size_of::<T>() + BLOCK)
    }
}

impl<'de, I: SeqAccess<'de, Error = Error> + Left<'de>> SeqAccess<'de> for Grown<I> {
    type Error = Error;

    #[inline]
    fn next_element_seed<T>(&mut self, seed: T) -> Result<Option<T::Value>, Error>
    where
        T: DeserializeSeed<'de>,
    {
        if !self.items.is_empty() {
            self.charge::<T::Value>()?;
            self.times = LISTED;
        }
        self.items.next_element_seed(seed)
    }

    #[inline]
    fn size_hint(&self) -> Option<usize> {
        SeqAccess::size_hint(&self.items)
    }
}

impl<'de, I: MapAccess<'de, Error = Error> + Left<'de>> MapAccess<'de> for Grown<I> {
    type Error = Error;

    #[inline]
    fn next_key_seed<K>(&mut self, seed: K) -> Result<Option<K::Value>, Error>
    where
        K: DeserializeSeed<'de>,
    {
        if !self.items.is_empty() {
            self.charge::<K::Value>()?;
        }
        self.items.next_key_seed(seed)
    }

    #[inline]
    fn next_value_seed<V>(&mut self, seed: V) -> Result<V::Value, Error>
    where
        V: DeserializeSeed<'de>,
    {
        self.charge::<V::Value>()?;
        self.times = ENTERED;
        self.items.next_value_seed(seed)
    }

    #[inline]
    fn size_hint(&self) -> Option<usize> {
        MapAccess::size_hint(&self.items)
    }
}

/// The size of an item of `List`, where that is a `Vec` of scalars: it is charged as a whole, so that no item is slower.
#[inline]
pub(super) fn size_of_scalar<List>() -> Option<usize> {
    let list = typeid::of::<List>();
    let is = |vec: TypeId| list == vec;
    match () {
        () if is(typeid::of::<Vec<()>>()) => Some(0),
        () if is(typeid::of::<Vec<u8>>()) || is(typeid::of::<Vec<i8>>()) => Some(1),
        () if is(typeid::of::<Vec<bool>>()) => Some(1),
        () if is(typeid::of::<Vec<u16>>()) || is(typeid::of::<Vec<i16>>()) => Some(2),
        () if is(typeid::of::<Vec<u32>>()) || is(typeid::of::<Vec<i32>>()) => Some(4),
        () if is(typeid::of::<Vec<f32>>()) || is(typeid::of::<Vec<char>>()) => Some(4),
        () if is(typeid::of::<Vec<u64>>()) || is(typeid::of::<Vec<i64>>()) => Some(8),
        () if is(typeid::of::<Vec<f64>>()) => Some(8),
        () => None,
    }
}
