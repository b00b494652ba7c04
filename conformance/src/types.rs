//! Types of every wire shape.

use std::collections::BTreeMap;

use hostfn::Resource;
use serde::{Deserialize, Serialize};

/// A struct.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// To the right.
    pub x: i32,
    /// Down.
    pub y: i32,
}

/// An enum with payloads, which holds itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Figure {
    /// No payload.
    Nothing,
    /// One value.
    Dot(Point),
    /// Several values.
    Line(Point, Point),
    /// Named fields.
    Group {
        /// An option.
        name: Option<String>,
        /// Itself.
        members: Vec<Figure>,
        /// A map to tuples.
        colors: BTreeMap<String, (u8, u8, u8)>,
    },
}

/// An enum without payloads; it is the key of a map too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// `low`.
    Low,
    /// `very-high`.
    VeryHigh,
}

/// A struct that holds itself by value, but for a box.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Node {
    /// A value.
    pub value: i64,
    /// The rest.
    pub next: Option<Box<Node>>,
}

/// A newtype.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Metres(pub f64);

/// A tuple struct.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pair(pub String, pub u32);

/// A unit struct.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Marker;

/// Everything nested, with names that are keywords somewhere.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Order {
    /// Above 2^53.
    pub id: u64,
    /// A keyword of Rust.
    #[serde(rename = "type")]
    pub kind: Level,
    /// A keyword of C.
    pub register: bool,
    /// A struct in a struct.
    pub at: Point,
    /// Options in a sequence.
    pub notes: Vec<Option<String>>,
    /// An enum as a key.
    pub tags: BTreeMap<Level, u8>,
    /// Bytes.
    pub payload: Vec<u8>,
    /// A tuple of two types.
    pub price: (u64, char),
    /// A unit inside another value.
    pub marker: Marker,
    /// A newtype.
    #[serde(rename = "how-far")]
    pub how_far: Metres,
}

/// The struct of the ABI's vectors.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The identifier.
    pub id: u64,
    /// The name.
    pub name: String,
}

/// The enum of the ABI's vectors.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Choice {
    /// No payload.
    A,
    /// One value.
    B(u32),
    /// A named field.
    C {
        /// A value.
        x: i16,
    },
}

/// A resource of a host.
#[derive(Debug)]
pub struct Store;

/// Another resource, of which a handle is not one of a [`Store`].
#[derive(Debug)]
pub struct Statement;

/// Handles inside other values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Handles {
    /// One.
    pub store: Resource<Store>,
    /// One or none, of another resource.
    pub statement: Option<Resource<Statement>>,
    /// Several.
    pub stores: Vec<Resource<Store>>,
}

/// Looks at the data first, so the listing cannot tell its shape.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Anything {
    /// A number.
    Number(u64),
    /// Text.
    Text(String),
    /// Several.
    List(Vec<Anything>),
}
