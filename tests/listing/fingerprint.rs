//! The fingerprint of a function changes with what crosses the boundary, and with nothing else.

use hostfn::spec::{ErrorKind, Param, SourceLocation, reply_shape};
use hostfn::{Capability, HostError, HostFnSpec, Status};

use crate::listing;

static CAP: Capability = Capability::new("cap", "Do it.");

/// The fingerprint of a function of this name and type, with more said about it.
macro_rules! fingerprint {
    ($name:literal ($($param:ident: $type:ty),*) -> $reply:ty) => {
        fingerprint!($name ($($param: $type),*) -> $reply, always_available())
    };
    ($name:literal ($($param:ident: $type:ty),*) -> $reply:ty, $($step:ident($($arg:expr),*)).+) => {{
        static SPEC: HostFnSpec = HostFnSpec::new("host", $name, |call| call.authorize()?.reply(&()))
            .$($step($($arg),*)).+
            .with_params(&[$(Param::new::<$type>(stringify!($param))),*])
            .with_reply(reply_shape!($reply));
        listing([&SPEC]).functions[0].fingerprint.clone()
    }};
}

/// Types that are alike but for one thing, each called `Point` or `Figure` on the wire.
macro_rules! variations {
    ($($module:ident { $($item:item)+ })+) => {
        $(mod $module {
            $(
                #[derive(serde::Deserialize)]
                #[expect(dead_code, reason = "only its type matters")]
                $item
            )+
        })+
    };
}

variations! {
    base {
        pub struct Point { pub x: i32, pub y: i32 }
        pub enum Figure { Dot(Point), Line { from: Point, to: Option<Point> } }
    }
    field_name {
        pub struct Point { pub x: i32, pub z: i32 }
        pub enum Figure { Dot(Point), Line { from: Point, to: Option<Point> } }
    }
    field_type {
        pub struct Point { pub x: i32, pub y: i64 }
        pub enum Figure { Dot(Point), Line { from: Point, to: Option<Point> } }
    }
    field_order {
        pub struct Point { pub y: i32, pub x: i32 }
        pub enum Figure { Dot(Point), Line { from: Point, to: Option<Point> } }
    }
    variant_name {
        pub struct Point { pub x: i32, pub y: i32 }
        pub enum Figure { Spot(Point), Line { from: Point, to: Option<Point> } }
    }
    variant_more {
        pub struct Point { pub x: i32, pub y: i32 }
        pub enum Figure { Dot(Point), Line { from: Point, to: Option<Point> }, Nothing }
    }
    variant_kind {
        pub struct Point { pub x: i32, pub y: i32 }
        pub enum Figure { Dot(Point), Line(Point, Option<Point>) }
    }
    // the same on the wire, whatever it is called in Rust
    in_rust {
        pub struct Point { #[serde(rename = "x")] pub across: i32, #[serde(rename = "y")] pub down: i32 }
        #[serde(rename = "Figure")]
        pub enum Shape { Dot(Box<Point>), Line { from: Point, to: Option<Box<Point>> } }
    }
}

fn base() -> String {
    fingerprint!("draw" (layer: &str, figure: base::Figure) -> base::Point)
}

#[derive(Debug, thiserror::Error)]
#[error("no")]
struct No;

#[derive(Debug, thiserror::Error)]
#[error("never")]
struct Never;

impl HostError for No {
    const KINDS: &'static [ErrorKind] = &[ErrorKind { code: "no", status: Status::FAILED, docs: "No." }];

    fn code(&self) -> &'static str {
        "no"
    }
}

impl HostError for Never {
    const KINDS: &'static [ErrorKind] = &[ErrorKind { code: "never", status: Status::FAILED, docs: "No." }];

    fn code(&self) -> &'static str {
        "never"
    }
}

#[test]
fn it_changes_with_everything_that_crosses() {
    let changed = [
        ("nothing", base()),
        (
            "a field's name",
            fingerprint!("draw" (layer: &str, figure: field_name::Figure) -> field_name::Point),
        ),
        (
            "the same deeper",
            fingerprint!("draw" (layer: &str, figure: Vec<field_name::Figure>) -> field_name::Point),
        ),
        (
            "a field's type",
            fingerprint!("draw" (layer: &str, figure: field_type::Figure) -> field_type::Point),
        ),
        (
            "the fields' order",
            fingerprint!("draw" (layer: &str, figure: field_order::Figure) -> field_order::Point),
        ),
        ("a variant's name", fingerprint!("draw" (layer: &str, figure: variant_name::Figure) -> base::Point)),
        ("a variant more", fingerprint!("draw" (layer: &str, figure: variant_more::Figure) -> base::Point)),
        ("a variant's kind", fingerprint!("draw" (layer: &str, figure: variant_kind::Figure) -> base::Point)),
        ("a parameter's name", fingerprint!("draw" (tier: &str, figure: base::Figure) -> base::Point)),
        ("a parameter's type", fingerprint!("draw" (layer: u8, figure: base::Figure) -> base::Point)),
        ("the parameters' order", fingerprint!("draw" (figure: base::Figure, layer: &str) -> base::Point)),
        ("a parameter less", fingerprint!("draw" (figure: base::Figure) -> base::Point)),
        ("the reply", fingerprint!("draw" (layer: &str, figure: base::Figure) -> Option<base::Point>)),
        ("an error", fingerprint!("draw" (layer: &str, figure: base::Figure) -> Result<base::Point, No>)),
        (
            "the error's code",
            fingerprint!("draw" (layer: &str, figure: base::Figure) -> Result<base::Point, Never>),
        ),
        ("the name", fingerprint!("paint" (layer: &str, figure: base::Figure) -> base::Point)),
    ];
    for (i, (what, fingerprint)) in changed.iter().enumerate() {
        assert!(
            fingerprint.len() == 16 && fingerprint.bytes().all(|b| b.is_ascii_hexdigit()),
            "{fingerprint}"
        );
        for (other, same) in &changed[..i] {
            assert_ne!(fingerprint, same, "{what} against {other}");
        }
    }
}

#[test]
fn it_does_not_change_with_anything_else() {
    const PLACE: SourceLocation =
        SourceLocation::new(Some("painter"), Some("1.0.0"), "painter", "src/lib.rs", 7);
    for (what, same) in [
        (
            "docs",
            fingerprint!("draw" (layer: &str, figure: base::Figure) -> base::Point, always_available().with_docs("Draw.")),
        ),
        (
            "place",
            fingerprint!("draw" (layer: &str, figure: base::Figure) -> base::Point, always_available().declared_at(PLACE)),
        ),
        (
            "capability",
            fingerprint!("draw" (layer: &str, figure: base::Figure) -> base::Point, requires(&CAP)),
        ),
        ("Rust's names", fingerprint!("draw" (layer: String, figure: in_rust::Shape) -> in_rust::Point)),
    ] {
        assert_eq!(same, base(), "{what}");
    }
}
