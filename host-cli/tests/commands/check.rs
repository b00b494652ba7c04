use std::io::{self, Write};
use std::path::Path;

use expect_test::{expect, expect_file};
use hostfn_cli::Exit;
use serde_json::Value;

use crate::library::{first, second};
use crate::{Files, Ran, hostfn};

/// A lock of the first release, held to the second.
fn check(args: &[&str]) -> Ran {
    let files = Files::new();
    let (lock, now) = (files.write("hostfn.lock", first().to_lock()), files.listing("now.json", &second()));
    let args: Vec<&dyn AsRef<Path>> = args.iter().map(|arg| arg as _).collect();
    let mut ran = hostfn(&[&[&"check" as _, &now as _, &"--lock" as _, &lock as _], &*args].concat());
    ran.out = files.relative(&ran.out);
    ran
}

#[test]
fn every_difference_is_denied_unless_said_otherwise() {
    let all = check(&[]);
    assert_eq!((all.exit, all.err.as_str()), (Exit::Denied, ""));
    expect_file!["../snapshots/check.txt"].assert_eq(&all.out);
    assert_eq!(check(&["--deny", "widens"]).exit, Exit::Denied);
}

#[test]
fn what_is_as_reviewed_passes_in_whatever_form_it_was() {
    let files = Files::new();
    let lock = files.write("hostfn.lock", first().to_lock());
    let lock_in_json = files.listing("reviewed.json", &first());
    let now = files.listing("now.json", &first());
    for reviewed in [lock, lock_in_json] {
        let ran = hostfn(&[&"check", &now, &"--lock", &reviewed]);
        assert_eq!((ran.exit, ran.out.as_str(), ran.err.as_str()), (Exit::Success, "no difference\n", ""));
    }
}

/// As `head` is, once it has what it wants.
struct Closed;

impl Write for Closed {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Err(io::ErrorKind::BrokenPipe.into())
    }
}

#[test]
fn what_is_denied_is_denied_when_nobody_reads_it_to_the_end() {
    let files = Files::new();
    let (lock, now) = (files.write("hostfn.lock", first().to_lock()), files.listing("now.json", &second()));
    for (lock, exit) in [(&lock, Exit::Denied), (&now, Exit::Success)] {
        let mut complaint = Vec::new();
        let args =
            ["hostfn".as_ref(), "check".as_ref(), now.as_os_str(), "--lock".as_ref(), lock.as_os_str()];
        assert_eq!(hostfn_cli::run(args, &mut Closed, &mut complaint), exit);
        assert_eq!(complaint, b"");
    }
}

#[test]
fn usage_error_that_nobody_reads_fails() {
    let wrong: [&[&str]; 4] =
        [&["check", "--denny"], &["check"], &["inspect", "p.wasm", "--grants", "g.toml"], &["chek"]];
    for args in wrong {
        let args = ["hostfn"].into_iter().chain(args.iter().copied());
        assert_eq!(hostfn_cli::run(args, &mut Vec::new(), &mut Closed), Exit::Failure);
    }
    for wanted in ["--help", "--version"] {
        assert_eq!(hostfn_cli::run(["hostfn", wanted], &mut Closed, &mut Closed), Exit::Success);
    }
}

#[test]
fn a_class_that_is_not_denied_does_not_fail() {
    let files = Files::new();
    let mut narrower = first();
    narrower.functions.iter_mut().for_each(|row| row.quota = Some(1));
    let (lock, now) = (files.write("hostfn.lock", first().to_lock()), files.listing("now.json", &narrower));
    let run = |deny: &str| hostfn(&[&"check", &now, &"--lock", &lock, &"--deny", &deny]).exit;
    assert_eq!(run("widens"), Exit::Success);
    assert_eq!(run("widens,breaks,docs"), Exit::Success);
    assert_eq!(run("narrows"), Exit::Denied);
}

#[test]
fn a_lock_that_is_not_there_or_no_lock_is_a_failure_and_no_finding() {
    let files = Files::new();
    let now = files.listing("now.json", &second());
    let missing = hostfn(&[&"check", &now, &"--lock", &"nowhere/hostfn.lock"]);
    assert_eq!(missing.exit, Exit::Failure);
    expect![[r#"
        error: H0606 nowhere/hostfn.lock: there is no lock yet; write it with `hostfn list now.json --format lock > nowhere/hostfn.lock`, read it, and commit it; or name it with `--lock`
    "#]].assert_eq(&files.relative(&missing.err));
    let broken = files.write("hostfn.lock", first().to_lock().replace("abi = 1", "abi = 1\nreviewed = true"));
    let broken = hostfn(&[&"check", &now, &"--lock", &broken]);
    assert_eq!(broken.exit, Exit::Failure);
    expect![[r#"
        error: H0603 hostfn.lock line 5: unknown field `reviewed`, expected one of `lock`, `abi`, `capability`, `function`, `contract`, `unregistered`; write it again with `HOSTFN_BLESS=1 cargo test`, and review what changed
    "#]].assert_eq(&files.relative(&broken.err));
}

#[test]
fn sarif_says_what_and_where_for_a_code_host() {
    let ran = check(&["--format", "sarif", "--deny", "widens"]);
    assert_eq!(ran.exit, Exit::Denied);
    expect_file!["../snapshots/check.sarif"]
        .assert_eq(&ran.out.replace(env!("CARGO_PKG_VERSION"), "VERSION"));

    let log: Value = serde_json::from_str(&ran.out).unwrap();
    let run = &log["runs"][0];
    let rules: Vec<&Value> = run["tool"]["driver"]["rules"].as_array().unwrap().iter().collect();
    for result in run["results"].as_array().unwrap() {
        let rule = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[rule]["id"], result["ruleId"]);
        let level = if result["ruleId"] == "widens" { "error" } else { "note" };
        assert_eq!(result["level"], level);
        let place = &result["locations"][0]["physicalLocation"];
        let file = place["artifactLocation"]["uri"].as_str().unwrap();
        assert!(file == "src/files.rs" || file == "hostfn.lock", "{file}");
        assert!(place["region"]["startLine"].as_u64().unwrap() > 0);
    }
}

#[test]
fn a_finding_is_at_its_line_or_where_it_was_reviewed() {
    let files = Files::new();
    let mut now = first();
    now.functions[0].capability = None;
    now.functions[1].capability = None;
    (now.functions[1].outside, now.functions[1].file) =
        (Some("1.2.3".to_owned()), "dep-1.2.3/src/a b.rs".to_owned());
    now.functions[2].quota = Some(1);
    now.functions[2].file = "src/a b#ü.rs".into();
    let (old, now) = (files.listing("old listing.json", &first()), files.listing("now.json", &now));
    let ran = hostfn(&[&"diff", &old, &now, &"--format", &"sarif"]);
    let log: Value = serde_json::from_str(&ran.out).unwrap();
    let places: Vec<String> = log["runs"][0]["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|result| {
            let place = &result["locations"][0]["physicalLocation"];
            let (file, line) =
                (place["artifactLocation"]["uri"].as_str().unwrap(), &place["region"]["startLine"]);
            format!(
                "{}:{line} {}\n",
                file.rsplit_once("/old").map_or(file.to_owned(), |(_, name)| format!("old{name}")),
                result["message"]["text"].as_str().unwrap()
            )
        })
        .collect();
    expect![[r#"
        src/files.rs:30 function host.fs_list: capability dropped: fs.read on path -> always
        old%20listing.json:1 function host.fs_read: capability dropped: fs.read on path -> always
        old%20listing.json:1 function host.fs_read: provided from outside the workspace now: app -> app 1.2.3
        src/a%20b%23%C3%BC.rs:40 function host.labels: quota added: no limit -> 1 calls
    "#]]
    .assert_eq(&places.concat());
}

#[test]
fn sarif_place_never_names_a_server() {
    let files = Files::new();
    let old = files.listing("old.json", &first());
    for file in [
        "//host.example/a.rs",
        "\\\\host.example\\a.rs",
        ".///host.example/a.rs",
        "https://host.example/a.rs",
    ] {
        let mut now = first();
        now.functions[2].quota = Some(1);
        now.functions[2].file = file.into();
        let now = files.listing("now.json", &now);
        let ran = hostfn(&[&"diff", &old, &now, &"--format", &"sarif"]);
        let log: Value = serde_json::from_str(&ran.out).unwrap();
        let place = &log["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
        let uri = place["artifactLocation"]["uri"].as_str().unwrap();
        assert!(uri.ends_with("host.example/a.rs"), "{uri}");
        assert!(!uri.starts_with("//") && !uri.contains(':'), "{uri}");
    }
}
