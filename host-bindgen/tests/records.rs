//! Guests carry records that a host can read, whatever the listing holds.

mod common;

use std::path::Path;
use std::process::Command;

use common::{Types, echo, errors, listing, named, odd_for, params, types};
use hostfn_bindgen::{Language, generate};
use hostfn_core::{Body, Field, FunctionRecord, FunctionRow, Listing, Shape, TypeDef};

/// Texts that are something else to a compiler, and a record that is longer than a literal may be.
fn awkward() -> Listing {
    let field = |i: usize| Field { name: format!("field_{i:02}_\\\"\u{1f600}"), shape: Shape::U8 };
    let long = types([("Long", TypeDef::Struct(Body::Fields((0..60).map(field).collect())))]);
    let lists =
        (0..60).map(|i| (format!("list_{i:02}"), Shape::Seq(Box::new(named("Long"))))).collect::<Vec<_>>();
    let lists: Vec<_> = lists.iter().map(|(name, shape)| (name.as_str(), shape.clone())).collect();
    let codes = errors("Odd", &[("??(\"#\"##", -6), ("caf\u{e9}\u{202e}\n%s\\", -5), ("*/ /* //", -1024)]);
    listing(
        vec![
            FunctionRow { error: Some(codes), ..echo("odd", Shape::Str, Types::new()) },
            FunctionRow { params: params(&lists), ..echo("long", named("Long"), long) },
        ],
        vec![],
    )
}

fn expected(listing: &Listing) -> Vec<FunctionRecord> {
    listing.functions.iter().map(FunctionRecord::from_row).collect()
}

#[test]
fn in_rust() {
    let listing = awkward();
    let rust = generate(&listing, Language::Rust).unwrap();
    let (_, carried) = rust.split_once("function_records!(br###\"").unwrap();
    let (carried, _) = carried.split_once("\"###").unwrap();
    assert!(carried.is_ascii());
    assert_eq!(FunctionRecord::read_all(carried.as_bytes()).unwrap(), expected(&listing));
}

#[test]
fn in_assemblyscript() {
    for listing in [awkward(), odd_for(Language::AssemblyScript)] {
        let module = generate(&listing, Language::AssemblyScript).unwrap();
        let (_, carried) =
            module.split_once("export const hostfn_functions: usize = memory.data<u8>([").unwrap();
        let (carried, _) = carried.split_once("]);").unwrap();
        let numbers =
            carried.lines().filter(|line| !line.contains("/*")).flat_map(|line| line.trim().split(','));
        let bytes: Vec<u8> =
            numbers.filter(|number| !number.is_empty()).map(|number| number.parse().unwrap()).collect();
        let text = bytes.strip_suffix(&[0]).unwrap();
        assert_eq!(FunctionRecord::read_all(text).unwrap(), expected(&listing));
    }
}

#[test]
fn in_c() {
    if Command::new("clang-14").arg("--version").output().is_err() {
        eprintln!("no clang-14 here: skipped");
        return;
    }
    let dir = std::env::temp_dir().join(format!("host-bindgen-records-{}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    for listing in [awkward(), odd_for(Language::C)] {
        let (records, problems) = FunctionRecord::carried_by("c", &compiled(&dir, &listing));
        assert_eq!((records, problems), (expected(&listing), vec![]));
    }
    std::fs::remove_dir_all(&dir).unwrap();
}

/// An object file is a module too.
fn compiled(dir: &Path, listing: &Listing) -> Vec<u8> {
    std::fs::write(dir.join("host.h"), generate(listing, Language::C).unwrap()).unwrap();
    std::fs::write(dir.join("main.c"), "#define HOSTFN_IMPLEMENTATION\n#include \"host.h\"\n").unwrap();
    let flags = [
        "--target=wasm32",
        "-mbulk-memory",
        "-std=c99",
        "-ffreestanding",
        "-Wall",
        "-Wextra",
        "-Wpedantic",
        "-Werror",
    ];
    let run =
        Command::new("clang-14").current_dir(dir).args(flags).args(["-c", "main.c", "-o", "main.o"]).output();
    let run = run.unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    std::fs::read(dir.join("main.o")).unwrap()
}
