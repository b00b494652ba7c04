//! What is generated: the same every time, formatted, and of everything that there is.
//!
//! `UPDATE_EXPECT=1 cargo test -p host-bindgen` writes the snapshots anew.

mod common;

use std::path::Path;
use std::process::Command;

use common::{echo, listing, odd, odd_for, types};
use expect_test::expect_file;
use host_bindgen::{Language, fingerprint, generate};
use host_core::{Body, Shape, TypeDef};

fn snapshots() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots")
}

/// Whether the program is there; where it is not, a line says that the test is skipped.
fn is_there(program: &str) -> bool {
    let found = Command::new(program).arg("--version").output().is_ok();
    if !found {
        eprintln!("no {program} here: skipped");
    }
    found
}

#[test]
fn rust() {
    expect_file!["snapshots/odd.rs"].assert_eq(&generate(&odd(), Language::Rust).unwrap());
}

#[test]
fn c() {
    // the runtime is the same for every listing
    let header = generate(&odd(), Language::C).unwrap();
    let (head, types) = header.split_once("/* ---- types ---- */").unwrap();
    let head = head.split_once("#include").unwrap().0;
    expect_file!["snapshots/odd.h.txt"].assert_eq(&format!("{head}...\n\n/* ---- types ---- */{types}"));
}

#[test]
fn assemblyscript() {
    // the runtime is the same for every listing
    let module = generate(&odd_for(Language::AssemblyScript), Language::AssemblyScript).unwrap();
    let (head, types) = module.split_once("// ---- types ----").unwrap();
    let head = head.split_once("@external").unwrap().0;
    expect_file!["snapshots/odd.ts.txt"].assert_eq(&format!("{head}...\n\n// ---- types ----{types}"));
}

#[test]
fn it_is_the_same_every_time_and_begins_with_the_fingerprint() {
    for language in Language::ALL {
        let odd = odd_for(*language);
        let text = generate(&odd, *language).unwrap();
        assert_eq!(text, generate(&odd, *language).unwrap());
        assert!(text.lines().next().unwrap().contains(&fingerprint(&odd)), "{language:?}");
        for row in &odd.functions {
            assert!(text.contains(&row.fingerprint), "{language:?} lacks {}", row.full_name());
        }
        assert!(text.lines().all(|line| line.trim_end() == line), "{language:?}: a line ends in white space");
        assert_eq!(Language::from_name(language.name()), Some(*language));
    }
}

#[test]
fn nothing_is_generated_of_nothing() {
    for language in Language::ALL {
        let text = generate(&listing(vec![], vec![]), *language).unwrap();
        assert!(text.contains(&fingerprint(&listing(vec![], vec![]))));
    }
}

#[test]
fn the_fingerprint_is_over_what_a_guest_relies_on() {
    let before = fingerprint(&odd());
    let mut documented = odd();
    documented.functions[0].summary = "Something else.".to_owned();
    documented.functions[0].line = 99;
    assert_eq!(fingerprint(&documented), before);
    let mut changed = odd();
    changed.functions[0].fingerprint = "0".repeat(16);
    assert_ne!(fingerprint(&changed), before);
    let mut restricted = odd();
    restricted.functions[0].capability = Some("a.right".to_owned());
    assert_ne!(fingerprint(&restricted), before);
    let mut entered = odd();
    entered.contracts[0].methods[0].fingerprint = "0".repeat(16);
    assert_ne!(fingerprint(&entered), before);
}

#[test]
fn rustfmt_has_nothing_to_change() {
    if !is_there("rustfmt") {
        return;
    }
    let dir = std::env::temp_dir().join(format!("host-bindgen-rustfmt-{}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    std::fs::write(dir.join("rustfmt.toml"), "").unwrap();
    let conformance = Path::new(env!("CARGO_MANIFEST_DIR")).join("../conformance/guests/rust/src/host.rs");
    for source in [snapshots().join("odd.rs"), conformance] {
        let copy = dir.join("host.rs");
        std::fs::copy(&source, &copy).unwrap();
        let run = Command::new("rustfmt").args(["--check", "--edition", "2024"]).arg(&copy).output().unwrap();
        assert!(run.status.success(), "{source:?}: {}", String::from_utf8_lossy(&run.stdout));
    }
    std::fs::remove_dir_all(&dir).unwrap();
}

#[test]
fn clang_has_nothing_to_warn_of() {
    if !is_there("clang-14") {
        return;
    }
    let dir = std::env::temp_dir().join(format!("host-bindgen-clang-{}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    std::fs::write(dir.join("host.h"), generate(&odd(), Language::C).unwrap()).unwrap();
    let main = "#define HOSTFN_IMPLEMENTATION\n#define HOSTFN_EXPORT_DEMO_V1\n#include \"host.h\"\n";
    std::fs::write(dir.join("main.c"), main).unwrap();
    let flags =
        ["--target=wasm32", "-std=c99", "-ffreestanding", "-Wall", "-Wextra", "-Wpedantic", "-Werror"];
    let run =
        Command::new("clang-14").current_dir(&dir).args(flags).args(["-fsyntax-only", "main.c"]).output();
    let run = run.unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    std::fs::remove_dir_all(&dir).unwrap();
}

#[test]
fn types_of_one_name_and_one_meaning_are_one() {
    let metres = || types([("Metres", TypeDef::Struct(Body::Newtype(Shape::F64)))]);
    let both = listing(
        vec![echo("a", common::named("Metres"), metres()), echo("b", common::named("Metres"), metres())],
        vec![],
    );
    let rust = generate(&both, Language::Rust).unwrap();
    assert_eq!(rust.matches("pub struct Metres(pub f64);").count(), 1);
}
