//! What compiles, what does not, and the messages for users.
//!
//! `TRYBUILD=overwrite cargo test -p ui-tests` writes the `.stderr` files. Read them before you commit them.

use std::env;
use std::io::{self, Write};
use std::process::Command;

/// The compiler that the `.stderr` files were written with; another words its messages differently.
const COMPILER: &str = "rustc 1.95.";

#[test]
fn ui() {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = Command::new(rustc).arg("--version").output().unwrap();
    let version = String::from_utf8(version.stdout).unwrap();
    if !version.starts_with(COMPILER) {
        // not by `eprintln!`, which the test runner captures
        let skipped = format!("ui tests skipped: they need {COMPILER}x, found {version}");
        io::stderr().write_all(skipped.as_bytes()).unwrap();
        return;
    }
    // in a process of their own, for the variable: debug information costs a third of the build
    let mut cases = Command::new(env::current_exe().unwrap());
    cases.args(["--ignored", "--nocapture", "--test-threads=1"]);
    cases.args(env::args().filter(|arg| arg.starts_with("trybuild=")));
    let ran = cases.env("CARGO_PROFILE_DEV_DEBUG", "0").output().unwrap();
    let output =
        [ran.stdout, ran.stderr].map(|output| String::from_utf8_lossy(&output).into_owned()).concat();
    println!("{output}");
    assert!(ran.status.success(), "{}", ran.status);
    assert!(output.contains("2 passed"), "no case ran");
}

// Apart, because trybuild checks the cases that fail in one run of cargo unless a case that passes is among them.

#[test]
#[ignore = "`ui` runs it in another process"]
fn fail() {
    trybuild::TestCases::new().compile_fail("fail/*/*.rs");
}

#[test]
#[ignore = "`ui` runs it in another process"]
fn pass() {
    trybuild::TestCases::new().pass("pass/*.rs");
}
