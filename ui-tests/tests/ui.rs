//! Code that compiles, code that does not, and the messages for users.
//!
//! `TRYBUILD=overwrite cargo test -p ui-tests` writes the `.stderr` files. Read them before you commit them.

use std::io::{self, Write};
use std::path::Path;
use std::process::Command;
use std::{env, fs};

/// The compiler that the `.stderr` files were written with; another words its messages differently.
const COMPILER: &str = "rustc 1.95.";

#[test]
fn fail() {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = Command::new(rustc).arg("--version").output().unwrap();
    let version = String::from_utf8(version.stdout).unwrap();
    if !version.starts_with(COMPILER) {
        // not by `eprintln!`, which the test runner captures
        let skipped = format!("ui tests skipped: they need {COMPILER}x, found {version}");
        io::stderr().write_all(skipped.as_bytes()).unwrap();
        return;
    }
    // in a process of their own, for the variable: no case needs debug information
    let mut cases = Command::new(env::current_exe().unwrap());
    cases.args(["--exact", "fail_cases", "--ignored", "--nocapture"]);
    cases.args(env::args().filter(|arg| arg.starts_with("trybuild=")));
    let ran = cases.env("CARGO_PROFILE_DEV_DEBUG", "0").output().unwrap();
    let output =
        [ran.stdout, ran.stderr].map(|output| String::from_utf8_lossy(&output).into_owned()).concat();
    println!("{output}");
    assert!(ran.status.success(), "{}", ran.status);
    assert!(output.contains("1 passed"), "no case ran");
}

#[test]
#[ignore = "`fail` runs it in another process"]
fn fail_cases() {
    trybuild::TestCases::new().compile_fail("fail/*/*.rs");
}

/// cargo built the programs, and would not have run this test if one of them did not compile.
#[test]
fn pass() {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let manifest = fs::read_to_string(package.join("Cargo.toml")).unwrap();
    let programs = Path::new(env!("CARGO_BIN_EXE_minimal")).parent().unwrap();
    let mut cases = 0;
    for case in fs::read_dir(package.join("pass")).unwrap() {
        let case = case.unwrap().path();
        let name = case.file_stem().unwrap().to_str().unwrap();
        let target = format!("name = \"{name}\"\npath = \"pass/{name}.rs\"\n");
        assert!(manifest.contains(&target), "{name} is not built; add a `[[bin]]` to ui-tests/Cargo.toml");
        let ran = Command::new(programs.join(name)).output().unwrap();
        assert!(ran.status.success(), "{name}: {}\n{}", ran.status, String::from_utf8_lossy(&ran.stderr));
        cases += 1;
    }
    assert!(cases > 30, "only {cases} cases");
}
