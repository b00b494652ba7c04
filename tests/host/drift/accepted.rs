//! Additions, and changes that do not cross the wire, are accepted.

use hostfn::abi::codec;
use hostfn::spec::ErrorKind;
use hostfn::{HostError, Status};

use super::drift;

mod here {
    pub struct Store;
}

mod there {
    pub struct Store;
}

versions! {
    opens_a_store { (store: hostfn::Resource<here::Store>) -> Vec<hostfn::Resource<here::Store>> }
    opens_a_store_elsewhere { (store: hostfn::Resource<there::Store>) -> Vec<hostfn::Resource<there::Store>> }

    then {
        [pub struct Point { pub x: i32, pub y: i32 }]
        [pub enum Figure { Dot(Point), Line { from: Point, to: Option<Point> } }]
        [pub struct Drawn { pub figures: Vec<Figure>, pub size: u32 }]
        (figure: Figure, name: String) -> Drawn
    }
    reply_with_a_new_field {
        [pub struct Point { pub x: i32, pub y: i32 }]
        [pub enum Figure { Dot(Point), Line { from: Point, to: Option<Point> } }]
        [pub struct Drawn { pub figures: Vec<Figure>, pub size: u32, pub colour: u8 }]
        (figure: Figure, name: String) -> Drawn
    }
    argument_with_a_new_field_that_is_optional {
        [pub struct Point { pub x: i32, pub y: i32, pub z: Option<i32> }]
        [pub enum Figure { Dot(Point), Line { from: Point, to: Option<Point> } }]
        [pub struct Drawn { pub figures: Vec<Figure>, pub size: u32 }]
        (figure: Figure, name: String) -> Drawn
    }
    fields_in_another_order {
        [pub struct Point { pub y: i32, pub x: i32 }]
        [pub enum Figure { Line { to: Option<Point>, from: Point }, Dot(Point) }]
        [pub struct Drawn { pub size: u32, pub figures: Vec<Figure> }]
        (figure: Figure, name: String) -> Drawn
    }
    types_of_other_names {
        [pub struct Place { pub x: i32, pub y: i32 }]
        [pub enum Shape { Dot(Place), Line { from: Place, to: Option<Place> } }]
        [pub struct Picture { pub figures: Vec<Shape>, pub size: u32 }]
        (figure: Shape, name: String) -> Picture
    }
    more_docs {
        [pub struct Point { pub x: i32, pub y: i32 }]
        [pub enum Figure { Dot(Point), Line { from: Point, to: Option<Point> } }]
        [pub struct Drawn { pub figures: Vec<Figure>, pub size: u32 }]
        (figure: Figure, name: &str) -> Drawn
    }

    takes_a_few { [pub enum Colour { Red, Mixed(u8) }] (c: Colour) -> () }
    takes_more { [pub enum Colour { Blue, Red, Mixed(u8) }] (c: Colour) -> () }
    replies_few { [pub enum Colour { Red, Mixed(u8) }] () -> Colour }
    replies_fewer { [pub enum Colour { Red }] () -> Colour }

    never_fails { () -> u32 }
    may_fail { () -> Result<u32, Failure> }
    may_fail_twice { () -> Result<u32, TwoFailures> }
}

#[test]
fn nothing_has_changed() {
    assert_eq!(drift(&then::SPEC, &then::SPEC), [""; 0]);
    assert_eq!(drift(&then::SPEC, &more_docs::SPEC), [""; 0]);
}

#[test]
fn what_is_added_where_the_plugin_need_not_know_it() {
    assert_eq!(drift(&then::SPEC, &reply_with_a_new_field::SPEC), [""; 0]);
    assert_eq!(drift(&then::SPEC, &argument_with_a_new_field_that_is_optional::SPEC), [""; 0]);
    assert_eq!(drift(&takes_a_few::SPEC, &takes_more::SPEC), [""; 0]);
    assert_eq!(drift(&replies_few::SPEC, &replies_fewer::SPEC), [""; 0]);
}

/// That these do no harm is what the codec says.
#[test]
fn what_was_passed_and_replied_is_understood_still() {
    let then = then::Figure::Dot(then::Point { x: 1, y: 2 });
    let passed = codec::to_vec(&(then, "dot")).unwrap();
    let (figure, _): (argument_with_a_new_field_that_is_optional::Figure, String) =
        codec::decode_args(&passed).unwrap();
    let argument_with_a_new_field_that_is_optional::Figure::Dot(point) = figure else {
        panic!("another variant")
    };
    assert_eq!((point.x, point.y, point.z), (1, 2, None));

    let now = reply_with_a_new_field::Drawn { figures: Vec::new(), size: 3, colour: 4 };
    let replied: then::Drawn = codec::decode(&codec::to_vec(&now).unwrap()).unwrap();
    assert_eq!(replied.size, 3);

    let swapped = fields_in_another_order::Point { x: 5, y: 6 };
    let swapped: then::Point = codec::decode(&codec::to_vec(&swapped).unwrap()).unwrap();
    assert_eq!((swapped.x, swapped.y), (5, 6));
}

#[test]
fn what_does_not_cross_the_wire() {
    assert_eq!(drift(&then::SPEC, &fields_in_another_order::SPEC), [""; 0]);
    assert_eq!(drift(&then::SPEC, &types_of_other_names::SPEC), [""; 0]);
    assert_eq!(drift(&opens_a_store::SPEC, &opens_a_store_elsewhere::SPEC), [""; 0]);
}

#[test]
fn further_errors() {
    assert_eq!(drift(&never_fails::SPEC, &may_fail::SPEC), [""; 0]);
    assert_eq!(drift(&may_fail::SPEC, &may_fail_twice::SPEC), [""; 0]);
    assert_eq!(drift(&may_fail_twice::SPEC, &may_fail::SPEC), [""; 0]);
}

macro_rules! failure {
    ($name:ident: $($code:literal),+) => {
        #[derive(Debug, thiserror::Error)]
        #[error("it failed")]
        pub struct $name;

        impl HostError for $name {
            const KINDS: &'static [ErrorKind] =
                &[$(ErrorKind { code: $code, status: Status::FAILED, docs: "" }),+];

            fn code(&self) -> &'static str {
                "failed"
            }
        }
    };
}
failure!(Failure: "failed");
failure!(TwoFailures: "failed", "tired");
