//! Tests that run in a process of their own.

use std::env;
use std::process::Command;

/// Returns a command that runs this test program again with one test alone, `path::of::test`.
pub fn alone(test: &str) -> Command {
    let mut program = Command::new(env::current_exe().expect("this program has a path"));
    program.args(["--exact", test, "--include-ignored", "--nocapture", "--test-threads=1"]);
    program
}

/// Returns the path of a test as its program names it, from `module_path!()` and the name of its function.
pub fn test_path(module: &str, function: &str) -> String {
    // the program's own name comes first
    let mut segments: Vec<&str> = module.split("::").skip(1).collect();
    segments.push(function);
    segments.join("::")
}
