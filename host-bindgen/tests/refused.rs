//! Listings that there are no bindings for: every problem at once, with its place.

#![allow(clippy::needless_raw_string_hashes, reason = "expect-test writes them")]

mod common;

use common::{Types, contract, echo, fields, function, listing, map, method, named, seq, types, variant};
use expect_test::{Expect, expect};
use hostfn_bindgen::{Language, generate};
use hostfn_core::{Body, Code, FunctionRow, Shape, TypeDef};

fn refuses(language: Language, functions: Vec<FunctionRow>, expected: &Expect) {
    let problems = generate(&listing(functions, vec![]), language).unwrap_err();
    expected.assert_eq(&problems.to_string());
    assert_eq!(problems.iter().count(), problems.to_string().lines().count());
}

#[test]
fn what_the_listing_does_not_define() {
    let unknown = echo("a", seq(named("Lost")), Types::new());
    let inside = types([("Found", TypeDef::Struct(fields(&[("x", named("Lost"))])))]);
    refuses(
        Language::C,
        vec![unknown, echo("b", named("Found"), inside)],
        &expect![[r#"
        H0803 host.a, parameter `value`: the listing does not define the type `Lost`; write the listing again with the host
        H0803 host.a, reply: the listing does not define the type `Lost`; write the listing again with the host
        H0803 host.b, type `Found`: the listing does not define the type `Lost`; write the listing again with the host"#]],
    );
}

#[test]
fn names_that_become_the_same() {
    for language in Language::ALL {
        let functions =
            vec![function("host", "draw-figure"), function("host", "drawFigure"), function("host", "ok")];
        let problems = generate(&listing(functions, vec![]), *language).unwrap_err();
        let problem = problems.iter().next().unwrap();
        assert_eq!(
            (problem.code(), problem.location()),
            (Code::BindingName, "host.drawFigure"),
            "{language:?}"
        );
        assert!(problem.to_string().ends_with("; rename one of the two"), "{problem}");
    }
}

#[test]
fn an_enum_without_variants() {
    for language in Language::ALL {
        let never = types([("Never", TypeDef::Enum(vec![]))]);
        let problems =
            generate(&listing(vec![echo("a", named("Never"), never)], vec![]), *language).unwrap_err();
        let said = "H0802 type `Never`: an enum without variants has no values; give it a variant";
        assert_eq!(problems.to_string(), said, "{language:?}");
    }
}

#[test]
fn what_rust_has_no_type_for() {
    let of_floats = types([("Point", TypeDef::Enum(vec![variant("At", Body::Newtype(Shape::F32))]))]);
    let long = (0..13).map(|i| if i == 0 { Shape::Str } else { Shape::Bool }).collect();
    refuses(
        Language::Rust,
        vec![
            echo("a", map(Shape::F64, Shape::U8), Types::new()),
            echo("b", map(named("Point"), Shape::U8), of_floats),
            echo("c", Shape::Tuple(vec![Shape::U8; 33]), Types::new()),
            echo("d", Shape::Tuple(long), Types::new()),
            echo("e", seq(Shape::U8), Types::new()),
        ],
        &expect![[r#"
            H0802 host.a, parameter `value`: the keys of the map have no order; give it a type of its own, or another one
            H0802 host.a, reply: the keys of the map have no order; give it a type of its own, or another one
            H0802 host.b, parameter `value`: the keys of the map have no order; give it a type of its own, or another one
            H0802 host.b, reply: the keys of the map have no order; give it a type of its own, or another one
            H0802 host.c, parameter `value`: serde has no array of 33 elements, 32 are the most; give it a type of its own, or another one
            H0802 host.c, reply: serde has no array of 33 elements, 32 are the most; give it a type of its own, or another one
            H0802 host.d, parameter `value`: Rust compares no tuple of 13 elements, 12 are the most; give it a type of its own, or another one
            H0802 host.d, reply: Rust compares no tuple of 13 elements, 12 are the most; give it a type of its own, or another one
            H0802 host.e, parameter `value`: a sequence of `u8` that is not bytes cannot be told from bytes; give it a type of its own, or another one
            H0802 host.e, reply: a sequence of `u8` that is not bytes cannot be told from bytes; give it a type of its own, or another one"#]],
    );
}

#[test]
fn what_assemblyscript_has_no_way_to_say() {
    refuses(
        Language::AssemblyScript,
        common::odd().functions,
        &expect![[r#"
        H0802 host.deep, parameter `value`: AssemblyScript's maps tell keys apart that are numbers, booleans or strings; make it a sequence of pairs
        H0802 host.deep, reply: AssemblyScript's maps tell keys apart that are numbers, booleans or strings; make it a sequence of pairs"#]],
    );
    let entry = contract("demo.v1", vec![method("go-on", "demo.v1/go on")]);
    let problems = generate(&listing(vec![], vec![entry]), Language::AssemblyScript).unwrap_err();
    expect!["H0801 demo.v1.go-on: AssemblyScript cannot export the name `demo.v1/go on`; give it an entry symbol of letters, digits and underscores"].assert_eq(&problems.to_string());
}

#[test]
fn what_no_host_would_read() {
    let body = |n: usize| {
        let field = |i| hostfn_core::Field {
            name: format!("a_rather_long_name_of_a_field_{i:04}"),
            shape: Shape::U8,
        };
        types([("Long", TypeDef::Struct(Body::Fields((0..n).map(field).collect())))])
    };
    let (long, short) = (echo("a", named("Long"), body(2_000)), echo("b", named("Long"), body(10)));
    refuses(
        Language::Rust,
        vec![long, short],
        &expect![
            "H0804 host.a: a host would not read what a plugin carries of it: it is 118207 bytes, and a record has at most 65536; let it take and reply types that say less of themselves"
        ],
    );
    let many = (0..400).map(|i| echo(&format!("f{i}"), named("Long"), body(60))).collect::<Vec<_>>();
    for language in Language::ALL {
        let problems = generate(&listing(many.clone(), vec![]), *language).unwrap_err();
        assert_eq!(problems.first().code(), Code::BindingRecord, "{language:?}");
    }
    refuses(
        Language::C,
        many,
        &expect![
            "H0804 the listing: a host would not read what a plugin carries of it: they are more than 1048576 bytes; make bindings of the functions alone that a plugin uses, with `--only`"
        ],
    );
}

#[test]
fn assemblyscript_refuses_names_of_generated_functions() {
    let functions = vec![function("host", "read")];
    let entries = vec![method("one", "read"), method("two", "fail"), method("three", "demo_three")];
    let listing = listing(functions, vec![contract("demo", entries)]);
    let problems = generate(&listing, Language::AssemblyScript).unwrap_err();
    expect![[r#"
        H0801 demo.one: the generated AssemblyScript already has the name `read`; give it another entry symbol
        H0801 demo.two: the generated AssemblyScript already has the name `fail`; give it another entry symbol"#]]
    .assert_eq(&problems.to_string());
    assert!(generate(&listing, Language::Zig).is_ok());
}
