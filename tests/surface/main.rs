//! One line in a test fails when what plugins can reach has changed, and says what changed.

#![allow(clippy::needless_raw_string_hashes, reason = "expect-test writes them")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use expect_test::expect;
use hostfn::testing::{assert_listing, assert_listing_of};
use hostfn::{HostFn, Listing, Registry, capabilities, host_fn};

capabilities! {
    /// Greet people by name.
    GREET = "greet";
}

/// Build a greeting.
#[host_fn(capability = GREET, quota = 10)]
fn greet(name: &str) -> String {
    format!("Hello, {name}!")
}

/// Add two numbers.
#[host_fn(capability = none)]
fn add(a: u64, b: u64) -> u64 {
    a.wrapping_add(b)
}

/// Nobody gets this who did not ask for it.
#[host_fn(capability = none, collect = false)]
fn hidden() {}

/// The test that a user writes. The tests below run it in folders of their own.
#[test]
#[ignore = "its lock is in the folder that it is run in"]
fn what_plugins_can_reach_was_reviewed() {
    assert_listing("hostfn.lock");
}

fn run_in(folder: &Path, bless: Option<&str>) -> Output {
    let mut test = Command::new(std::env::current_exe().unwrap());
    test.args(["--exact", "what_plugins_can_reach_was_reviewed", "--ignored", "--nocapture"]);
    test.current_dir(folder).env_remove("HOSTFN_BLESS").env("RUST_BACKTRACE", "0");
    bless.map(|value| test.env("HOSTFN_BLESS", value));
    test.output().unwrap()
}

/// Returns what a failed test says behind the line that names the place.
fn said(output: &Output) -> String {
    assert!(!output.status.success());
    let text = String::from_utf8(output.stderr.clone()).unwrap();
    let text = text.split_once(".rs:").unwrap().1.split_once(":\n").unwrap().1;
    text.split_once("\nnote: ").unwrap().0.to_owned() + "\n"
}

#[test]
fn a_lock_is_asked_for_then_written_then_held_to() {
    let folder = tempfile::tempdir().unwrap();
    let missing = run_in(folder.path(), None);
    expect![[r#"
        H0606 hostfn.lock: there is no lock yet; write it with `HOSTFN_BLESS=1 cargo test`, read it, and commit it
    "#]].assert_eq(&said(&missing));

    assert!(run_in(folder.path(), Some("1")).status.success());
    let lock = fs::read_to_string(folder.path().join("hostfn.lock")).unwrap();
    assert_eq!(lock, Registry::collect().unwrap().listing().to_lock());
    assert!(run_in(folder.path(), None).status.success());
}

#[test]
fn what_changed_is_said_and_what_widened_is_on_top() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hostfn.lock");
    let mut reviewed = Registry::collect().unwrap().listing();
    reviewed.functions.remove(0);
    reviewed.functions[0].quota = Some(3);
    reviewed.functions[0].summary = "Other words.".into();
    fs::write(&path, reviewed.to_lock()).unwrap();

    // none of these asks to write it again
    let [unset, empty, zero] = [None, Some(""), Some("0")].map(|bless| said(&run_in(folder.path(), bless)));
    let lines: Vec<&str> = unset.lines().map(|line| line.split(" (tests").next().unwrap()).collect();
    expect![[r#"
        H0605 hostfn.lock: what plugins can reach is not what it says; if that is meant, write it again with `HOSTFN_BLESS=1 cargo test`, and commit it with the change

        widens: plugins can reach more
          function host.add
            new function: (a: u64, b: u64) -> u64, always available
          function host.greet
            quota raised: 3 calls -> 10 calls

        docs: what people read changed
          function host.greet
            documentation: Other words. -> Build a greeting.

        2 widen, 1 docs

    "#]].assert_eq(&(lines.join("\n") + "\n"));
    assert_eq!((&unset, &unset), (&empty, &zero));
    assert_eq!(fs::read_to_string(&path).unwrap(), reviewed.to_lock());
    assert!(run_in(folder.path(), Some("1")).status.success());
    assert!(run_in(folder.path(), None).status.success());
}

#[test]
fn a_lock_that_cannot_be_read_or_says_it_otherwise_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hostfn.lock");
    let lock = Registry::collect().unwrap().listing().to_lock();

    fs::write(&path, lock.replace("abi = 1", "abi = 1\nmore = true")).unwrap();
    let text = said(&run_in(folder.path(), None));
    assert!(text.starts_with("H0603 hostfn.lock line 5: unknown field `more`"), "{text}");

    fs::write(&path, lock.replace("abi = 1\n", "abi = 1\n# reviewed\n")).unwrap();
    let text = said(&run_in(folder.path(), None));
    assert!(text.starts_with("H0605 hostfn.lock: it says the same in another form"), "{text}");

    // as git checks it out on Windows
    fs::write(&path, lock.replace('\n', "\r\n")).unwrap();
    assert!(run_in(folder.path(), None).status.success());
}

#[test]
fn what_is_linked_and_not_registered_stands_out() {
    let listing = Registry::builder().add(add::SPEC).add(hidden::SPEC).build().unwrap().listing();
    let names: Vec<String> =
        listing.unregistered.iter().map(hostfn::audit::UnregisteredRow::full_name).collect();
    assert_eq!(names, ["host.greet"]);
    let text = listing.to_text();
    assert!(text.contains("Linked and not registered: no plugin can call these"), "{text}");
    assert!(
        text.ends_with("\n2 functions, 0 capabilities, 2 always available, 1 linked and not registered\n"),
        "{text}"
    );
    assert!(listing.to_markdown().contains("\n## Linked and not registered\n"), "{}", listing.to_markdown());
    assert!(
        listing
            .to_lock()
            .ends_with("[[unregistered]]\nmodule = \"host\"\nname = \"greet\"\ncrate = \"hostfn\"\n")
    );

    // what is not collected waits to be asked for, and is no oversight
    let collected = Registry::collect().unwrap().listing();
    assert!(collected.unregistered.is_empty() && !collected.to_text().contains("linked and not registered"));
    let all = Listing::from_json(&listing.to_json()).unwrap();
    assert_eq!(all, listing);
}

#[test]
fn a_listing_of_ones_own_is_held_to_its_own_lock() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("other.lock");
    let listing = Registry::builder().add(hidden::SPEC).build().unwrap().listing();
    fs::write(&path, listing.to_lock()).unwrap();
    assert_listing_of(&listing, &path);
    let collected = Registry::collect().unwrap().listing();
    assert!(std::panic::catch_unwind(|| assert_listing_of(&collected, &path)).is_err());
}
