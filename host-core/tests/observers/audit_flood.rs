//! An audit file under a flood of denials, and in a process without free files.

use std::fs::{self, File};
use std::path::Path;
use std::time::{Duration, Instant};

use hostfn_core::{AuditFile, AuditOptions};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde_json::Value;
use test_support::{alone, test_path};

use super::{deny_value, log};

fn lines(path: &Path) -> Vec<Value> {
    fs::read_to_string(path).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// With the defaults, 576 MiB of denials are kept: at this rate for two days.
#[test]
fn large_denials_leave_room_for_those_of_others() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("audit.jsonl");
    let audit = AuditOptions::new().rotate_at(8 << 20).keep(1).create(&path).unwrap();
    deny_value(&audit, "modest", "first");
    let values: Vec<_> = (0..256).map(|n| format!("{n:03}{}", "\u{1}".repeat(4_000))).collect();
    let (begin, mut made) = (Instant::now(), 0);
    // counts are written after a second
    while begin.elapsed() < Duration::from_millis(2_500) {
        for value in &values {
            deny_value(&audit, "greedy", value);
        }
        made += 256;
    }
    deny_value(&audit, "modest", "second");
    audit.close().unwrap();
    let path = dir.path().join("audit.jsonl.denials");
    let size = fs::metadata(&path).unwrap().len();
    assert!(size < 5 << 19, "{size} bytes of one plugin");
    let lines = lines(&path);
    let of = |plugin: &'static str| lines.iter().filter(move |line| line["plugin"] == plugin);
    let counted: u64 = of("greedy").map(|line| line["repeated"].as_u64().unwrap_or(1)).sum();
    assert_eq!(counted, made);
    assert!(of("modest").map(|line| &line["scope_value"]).eq(["first", "second"]));
}

#[test]
fn rotation_without_a_file_to_open_loses_nothing() {
    const DIRECTORY: &str = "AUDIT_FLOOD_DIRECTORY";
    let Some(dir) = std::env::var_os(DIRECTORY) else {
        let dir = tempfile::tempdir().unwrap();
        let this = test_path(module_path!(), "rotation_without_a_file_to_open_loses_nothing");
        let status = alone(&this).env(DIRECTORY, dir.path()).status().unwrap();
        assert!(status.success());
        let path = dir.path().join("audit.jsonl");
        let at = |n: u32| path.with_extension(format!("jsonl.{n}"));
        let mut all: Vec<_> = (1..=64).map(at).filter(|path| path.exists()).collect();
        assert!(all.len() > 1, "it was rotated later");
        all.insert(0, path.clone());
        let seqs: Vec<_> =
            all.iter().rev().flat_map(|path| lines(path)).map(|line| line["seq"].as_u64().unwrap()).collect();
        assert!(seqs.iter().copied().eq(0..100), "{seqs:?}");
        return;
    };
    // a process of its own, because it has no file left
    let path = Path::new(&dir).join("audit.jsonl");
    let audit: AuditFile = AuditOptions::new().rotate_at(1_000).keep(64).create(&path).unwrap();
    setrlimit(Resource::Nofile, Rlimit { current: Some(64), ..getrlimit(Resource::Nofile) }).unwrap();
    let held: Vec<_> = std::iter::from_fn(|| File::open("/dev/null").ok()).collect();
    (0..50).for_each(|n| log(&audit, &format!("{n}")));
    let written = || -> u64 {
        let files = fs::metadata(&path).into_iter();
        let older = (1..=64).filter_map(|n| fs::metadata(path.with_extension(format!("jsonl.{n}"))).ok());
        files.chain(older).map(|found| found.len()).sum()
    };
    let begin = Instant::now();
    while written() < 4_500 {
        assert!(begin.elapsed() < Duration::from_secs(20), "{} bytes are written", written());
        std::thread::yield_now();
    }
    drop(held);
    // more than the file may grow by before rotation is tried again
    (50..100).for_each(|n| log(&audit, &format!("{n}")));
    assert!(audit.close().is_err(), "the failed rotation is reported");
}
