//! Each promise of `SECURITY.md` and of the threat model names a test, and each test that a page names exists. Each
//! package carries the license texts.

use std::path::Path;

use crate::read;

/// The pages that name tests, as `path/to/file.rs::test_name` in backticks; `path/to/file.rs::*` is a whole test program.
const PAGES: [&str; 3] = ["README.md", "SECURITY.md", "docs/threat-model.md"];

/// The tests that a text names.
fn named(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let quoted = text.split('`').skip(1).step_by(2);
    quoted.filter_map(|quoted| quoted.split_once(".rs::"))
}

/// Returns whether a source file has a test function of this name: with a test attribute, or called by the `main` that the test
/// program has of its own.
fn has_test(source: &str, has_main: bool, test: &str) -> bool {
    if test == "*" {
        return source.contains("fn main()") || source.contains("#[test]") || source.contains("\nmod ");
    }
    let lines: Vec<&str> = source.lines().map(str::trim).collect();
    lines.iter().enumerate().any(|(at, line)| {
        let line = line.strip_prefix("async ").unwrap_or(line);
        let is_it = line.strip_prefix("fn ").is_some_and(|rest| rest.starts_with(&format!("{test}(")));
        let mut above =
            lines[..at].iter().rev().take_while(|line| line.starts_with("#[") || line.starts_with("//"));
        is_it && (has_main || above.any(|line| line.starts_with("#[test]") || line.contains("::test")))
    })
}

#[test]
fn pages_name_tests_that_exist() {
    let mut missing = Vec::new();
    for page in PAGES {
        let text = read(page);
        for (file, test) in named(&text) {
            let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("{file}.rs"));
            let has_main =
                |path: &Path| std::fs::read_to_string(path).is_ok_and(|text| text.contains("\nfn main()"));
            let has_main = has_main(&file) || has_main(&file.with_file_name("main.rs"));
            let found = std::fs::read_to_string(&file).is_ok_and(|source| has_test(&source, has_main, test));
            if !found {
                missing.push(format!("{page}: {}::{test}", file.display()));
            }
        }
    }
    assert!(missing.is_empty(), "no such test:\n{}", missing.join("\n"));
}

#[test]
fn promises_each_name_a_test() {
    let mut promises = 0;
    for page in ["SECURITY.md", "docs/threat-model.md"] {
        let text = read(page);
        let mut in_table = false;
        for line in text.lines() {
            if line.starts_with("| Promise |") {
                in_table = true;
            } else if !line.starts_with('|') {
                in_table = false;
            } else if in_table && !line.starts_with("|---") {
                promises += 1;
                assert!(named(line).next().is_some(), "{page}: this promise names no test:\n{line}");
            }
        }
    }
    assert!(promises >= 30, "only {promises} promises were found: has the heading of the tables changed?");
}

#[test]
fn test_names_are_found_only_behind_an_attribute() {
    let source = "#[test]\nfn real() {}\n\nfn helper() {}\n";
    assert!(has_test(source, false, "real") && has_test(source, false, "*"));
    assert!(!has_test(source, false, "helper") && !has_test(source, false, "gone"));
    assert!(has_test(source, true, "helper"));
}

/// The folders of the packages that are published, beside the root.
const PACKAGES: [&str; 8] = [
    "host-abi",
    "host-bindgen",
    "host-cli",
    "host-core",
    "host-guest",
    "host-macros",
    "host-macros-core",
    "host-modules",
];

#[test]
fn packages_carry_the_license_texts() {
    for package in PACKAGES {
        for license in ["LICENSE-APACHE", "LICENSE-MIT"] {
            let copy = format!("{package}/{license}");
            assert!(read(&copy) == read(license), "{copy} differs from {license}; copy the file of the root");
        }
        let manifest = read(&format!("{package}/Cargo.toml"));
        assert!(
            manifest.contains("\"/LICENSE-*\""),
            "{package}/Cargo.toml does not include its license texts"
        );
    }
}
