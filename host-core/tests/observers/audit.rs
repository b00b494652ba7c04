use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use hostfn_core::{AuditFile, AuditOptions};
use serde_json::Value;
use tempfile::{TempDir, tempdir};

use super::{deny, log};

fn dir() -> TempDir {
    tempdir().unwrap()
}

fn lines(path: &Path) -> Vec<Value> {
    parsed(&fs::read_to_string(path).unwrap())
}

fn parsed(text: &str) -> Vec<Value> {
    assert!(text.is_empty() || text.ends_with('\n'), "{text:?}");
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line:?}"))).collect()
}

fn seqs(lines: &[Value]) -> Vec<u64> {
    lines.iter().map(|line| line["seq"].as_u64().unwrap()).collect()
}

fn total(lines: &[Value], key: &str) -> u64 {
    lines.iter().filter_map(|line| line[key].as_u64()).sum()
}

fn how_many(lines: &[Value], key: &str) -> u64 {
    lines.iter().filter(|line| line.get(key).is_some()).count() as u64
}

fn until(mut done: impl FnMut() -> bool) {
    let since = Instant::now();
    while !done() {
        assert!(since.elapsed() < Duration::from_secs(20), "it takes too long");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn each_record_is_a_line_with_its_number_and_its_time() {
    let dir = dir();
    let path = dir.path().join("audit.jsonl");
    let audit = AuditFile::create(&path).unwrap();
    log(&audit, "ready");
    deny(&audit, "plugin");
    audit.close().unwrap();
    let lines = lines(&path);
    assert_eq!(seqs(&lines), [0, 1]);
    assert_eq!((&lines[0]["text"], &lines[1]["decision"]), (&"ready".into(), &"not_granted".into()));
    let time = lines[0]["time"].as_str().unwrap();
    assert!(time.len() == 27 && time.ends_with('Z') && &time[10..11] == "T" && time > "2024", "{time}");
    assert!(fs::read_to_string(&path).unwrap().starts_with(r#"{"seq":0,"time":""#));
}

#[test]
fn a_denial_is_written_at_once() {
    let dir = dir();
    let path = dir.path().join("audit.jsonl");
    let audit = AuditFile::create(&path).unwrap();
    deny(&audit, "plugin");
    until(|| lines(&path).len() == 1);
    log(&audit, "and the rest soon");
    until(|| lines(&path).len() == 2);
}

#[test]
fn closing_and_dropping_write_what_is_left() {
    let dir = dir();
    let path = dir.path().join("audit.jsonl");
    let audit = AuditFile::create(&path).unwrap();
    let other = audit.clone();
    (0..100).for_each(|_| log(&other, "a"));
    drop(audit);
    drop(other);
    assert_eq!(lines(&path).len(), 100);
    let audit = AuditFile::create(&path).unwrap();
    log(&audit, "b");
    audit.close().unwrap();
    log(&audit, "too late");
    audit.close().unwrap();
    assert_eq!(lines(&path).len(), 101);
}

#[test]
fn it_goes_on_where_another_run_ended() {
    let dir = dir();
    let path = dir.path().join("audit.jsonl");
    for text in ["a", "b"] {
        let audit = AuditFile::create(&path).unwrap();
        log(&audit, text);
        audit.close().unwrap();
    }
    assert_eq!(seqs(&lines(&path)), [0, 1]);
}

#[test]
fn a_line_that_was_torn_is_kept_as_one_of_its_own() {
    let dir = dir();
    let path = dir.path().join("audit.jsonl");
    for torn in [&b"{\"seq\":1,\"ti"[..], b"\xff\0\0"] {
        let mut left = b"{\"seq\":41}\n".to_vec();
        left.extend_from_slice(torn);
        fs::write(&path, &left).unwrap();
        let audit = AuditFile::create(&path).unwrap();
        log(&audit, "after");
        audit.close().unwrap();
        let lines = lines(&path);
        assert_eq!(seqs(&lines), [41, 42, 43]);
        assert_eq!(lines[1]["torn"], String::from_utf8_lossy(torn).as_ref());
        assert_eq!(lines[2]["text"], "after");
    }
    fs::write(&path, b"{\"seq").unwrap();
    AuditFile::create(&path).unwrap().close().unwrap();
    assert_eq!(lines(&path)[0]["torn"], "{\"seq");
}

#[test]
fn a_file_of_another_kind_is_left_alone() {
    let dir = dir();
    let path = dir.path().join("disk.img");
    fs::write(&path, vec![0; 3 << 20]).unwrap();
    assert_eq!(AuditFile::create(&path).unwrap_err().kind(), std::io::ErrorKind::InvalidData);
    assert_eq!(fs::metadata(&path).unwrap().len(), 3 << 20);
    assert!(AuditFile::create(dir.path().join("missing/audit.jsonl")).is_err());
}

#[test]
fn another_file_begins_when_one_is_full() {
    let dir = dir();
    let path = dir.path().join("audit.jsonl");
    let at = |n: u32| dir.path().join(format!("audit.jsonl.{n}"));
    let audit = AuditOptions::new().rotate_at(1000).keep(2).create(&path).unwrap();
    (0..60).for_each(|n| log(&audit, &format!("{n}")));
    log(&audit, &"long".repeat(500));
    log(&audit, "last");
    audit.close().unwrap();
    assert!(!at(3).exists());
    assert_eq!(seqs(&lines(&path)), [61]);
    assert_eq!(lines(&at(1)).len(), 1, "a line that is longer than a file has one of its own");
    let older = lines(&at(2));
    assert!(older.len() > 5 && fs::metadata(at(2)).unwrap().len() <= 1000);
    assert_eq!(seqs(&older).last(), Some(&59));

    // what is left when the process dies between two files
    fs::rename(&path, at(1)).unwrap();
    let audit = AuditOptions::new().rotate_at(1).keep(0).create(&path).unwrap();
    log(&audit, "a");
    log(&audit, "b");
    audit.close().unwrap();
    assert_eq!(seqs(&lines(&path)), [63], "no older file is kept");
    assert_eq!(seqs(&lines(&at(1))), [61], "one that is not its own stays");
}

#[test]
fn when_a_file_cannot_be_put_aside_it_grows() {
    let dir = dir();
    let path = dir.path().join("audit.jsonl");
    fs::create_dir_all(dir.path().join("audit.jsonl.1/in the way")).unwrap();
    let audit = AuditOptions::new().rotate_at(200).keep(1).create(&path).unwrap();
    (0..10).for_each(|_| log(&audit, "a"));
    assert!(audit.close().is_err());
    assert_eq!(lines(&path).len(), 10);
}

#[test]
fn no_text_of_a_guest_makes_a_terminal_lie() {
    let dir = dir();
    let path = dir.path().join("audit.jsonl");
    let hostile = "\"\n{\"seq\":9}\r\x1b[2J\u{7f}\u{9b}2J\u{202e}\u{2066}é\\";
    let audit = AuditFile::create(&path).unwrap();
    log(&audit, hostile);
    audit.close().unwrap();
    let text = fs::read_to_string(&path).unwrap();
    assert!(
        !text.trim_end_matches('\n').contains(|c: char| c.is_control() || "\u{202e}\u{2066}".contains(c))
    );
    assert_eq!(lines(&path)[0]["text"], hostile);
}

/// A flood of calls that are granted, and of denials of so many plugins.
fn flood(audit: &AuditFile, plugins: usize) {
    let text = "x".repeat(1000);
    for n in 0..20_000 {
        log(audit, &text);
        if n % 4 == 0 {
            deny(audit, &format!("plugin {}", n / 4 % plugins));
        }
    }
}

fn check_flood(lines: &[Value], plugins: u64) {
    let logged = how_many(lines, "text");
    assert_eq!(logged + total(lines, "lost"), 20_000);
    assert!(total(lines, "lost") > 0, "there was room for all");
    let repeated = total(lines, "repeated");
    let written =
        lines.iter().filter(|line| line["decision"] == "not_granted" && line.get("repeated").is_none());
    assert_eq!(written.count() as u64 + repeated, 5000, "a denial was lost");
    assert!(repeated > 0, "there was room for all denials");
    let named = lines.iter().filter(|line| line.get("repeated").is_some() && line.get("plugin").is_some());
    assert!(named.clone().all(|line| line["function"] == "greet" && line["decision"] == "not_granted"));
    let unnamed = lines.iter().filter(|line| line["decision"] == "denied").count();
    assert!(plugins > 1024 || unnamed == 0, "there was room to count them by plugin");
    assert!(seqs(lines).iter().copied().eq(0..lines.len() as u64));
}

#[test]
fn what_there_is_no_room_for_is_counted() {
    for plugins in [3, 4000] {
        let dir = dir();
        let path = dir.path().join("audit.jsonl");
        let audit = AuditOptions::new().queue(4).create(&path).unwrap();
        flood(&audit, plugins);
        audit.close().unwrap();
        check_flood(&lines(&path), plugins as u64);
    }
}

/// A pipe that nobody reads is a disk that does not answer.
#[cfg(target_os = "linux")]
#[test]
fn a_call_does_not_wait_for_the_disk() {
    use std::io::Read;

    let dir = dir();
    let path = dir.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
    let audit = AuditOptions::new().queue(64).create(&path).unwrap();
    let mut pipe = fs::File::open(&path).unwrap();
    flood(&audit, 2000);
    let reader = std::thread::spawn(move || {
        let mut text = String::new();
        pipe.read_to_string(&mut text).unwrap();
        text
    });
    // a pipe cannot be synced
    let _ = audit.close();
    let lines = parsed(&reader.join().unwrap());
    check_flood(&lines, 2000);
    assert!(lines.iter().any(|line| line["decision"] == "denied"), "more plugins than are told apart");
}

#[cfg(target_os = "linux")]
#[test]
fn a_write_that_fails_changes_nothing_and_is_told_when_the_file_is_closed() {
    let audit = AuditFile::create("/dev/full").unwrap();
    flood(&audit, 3);
    let error = audit.close().unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::StorageFull);
}

#[cfg(unix)]
#[test]
fn audit_files_are_the_owners_alone() {
    use std::os::unix::fs::PermissionsExt;

    let dir = dir();
    let path = dir.path().join("audit.jsonl");
    let mode = |name: &str| fs::metadata(dir.path().join(name)).unwrap().permissions().mode() & 0o7777;
    let audit = AuditFile::create(&path).unwrap();
    log(&audit, "ready");
    audit.close().unwrap();
    assert_eq!(mode("audit.jsonl"), 0o600);
    // the mode that an operator gave it goes on to the files after it
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    let audit = AuditOptions::new().rotate_at(200).keep(2).create(&path).unwrap();
    for _ in 0..5 {
        log(&audit, "a line that is long enough for a file of its own, beside its number and its time");
    }
    audit.close().unwrap();
    assert_eq!(["audit.jsonl", "audit.jsonl.1", "audit.jsonl.2"].map(mode), [0o640; 3]);
}
