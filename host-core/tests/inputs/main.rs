//! Everything that is read of a plugin or of an operator takes time in proportion to its size, whatever it holds.
//!
//! Each case is a hostile input of any size. It is read at one size and at twice the size, in a child process whose
//! processor time and memory have hard limits.

mod modules;
mod texts;

use std::process::Command;
use std::time::Duration;

use hostfn_core::{Capability, Problems, ScopeKind};
use test_support::processor_time;

static GREET: Capability = Capability::new("greet", "Greet people by name.");
static FS_READ: Capability = Capability::new("fs.read", "Read files.").scoped(ScopeKind::Path);
static NET: Capability = Capability::new("net", "Fetch.").scoped(ScopeKind::Host);
static KV: Capability = Capability::new("kv.read", "Read stores.").scoped(ScopeKind::Name);

/// Returns what is known; no input is read faster or slower because of its kind.
fn known() -> [&'static Capability; 4] {
    [&GREET, &FS_READ, &NET, &KV]
}

/// A name, an input of about so many bytes, and what reads it.
struct Case<'c> {
    name: &'static str,
    input: &'c dyn Fn(usize) -> Vec<u8>,
}

/// In bytes. Quadratic work takes four times as long for twice as many, from far fewer on.
const SIZE: usize = 128 << 10;

/// For the child: which test it is to run by itself.
const CHILD: &str = "HOSTFN_TEST_CHILD";

/// Seconds of processor time and KiB of address space of a child. A debug build reads a case in a second or two.
const LIMITS: &str = "ulimit -t 120; ulimit -v 8000000";

/// Runs a test in a child process that cannot take more than its limits.
fn in_child(name: &str, run: impl FnOnce()) {
    if std::env::var_os(CHILD).is_some() {
        return run();
    }
    let program = std::env::current_exe().unwrap();
    let child = Command::new("sh")
        .args(["-c", &format!("{LIMITS}; exec \"$0\" --exact {name} --nocapture")])
        .arg(program)
        .env(CHILD, "1")
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(
        child.status.success(),
        "{name} ended with {}\n{}\n{}",
        child.status,
        text(&child.stdout),
        text(&child.stderr)
    );
}

/// Twice the input takes about twice the time: at most three times, where it can be measured.
fn check_linear(cases: &[Case<'_>], read: &dyn Fn(&[u8])) {
    for case in cases {
        let time = |size: usize| {
            let input = (case.input)(size);
            assert!(input.len() >= size / 2 && input.len() <= size * 3 / 2, "{}: {}", case.name, input.len());
            (0..2).map(|_| processor_time(|| read(&input))).min().unwrap()
        };
        let (once, twice) = (time(SIZE), time(2 * SIZE));
        println!("{:<40} {once:>12.1?} {twice:>12.1?}", case.name);
        let limit = once * 3 + Duration::from_millis(100);
        assert!(twice < limit, "{}: {once:?} for {SIZE} bytes, and {twice:?} for twice as many", case.name);
    }
}

/// The problems of a hostile input: some, and not more than are kept.
fn check_problems(result: Result<(), Problems>) {
    let problems = result.expect_err("a hostile input is refused");
    assert!((1..=Problems::MOST).contains(&problems.iter().len()));
    let text = problems.to_string();
    assert!(text.len() < 200_000, "{} bytes of text", text.len());
}
