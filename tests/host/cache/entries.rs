//! Entries: used when they are what this cache wrote for this module, and replaced when not.

use std::fs::{self, File};
use std::time::{Duration, SystemTime};

use hostfn::{HostFn, Limits};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use test_support::probe::registry;

use super::{assert_runs, entries, host, load, only_entry, twice, wasm};

#[test]
fn what_was_loaded_before_is_not_compiled_again() {
    let dir = tempfile::tempdir().unwrap();
    assert!(!load(&host(dir.path()), "a"));
    assert!(load(&host(dir.path()), "a"));
    let same = host(dir.path());
    assert!(!load(&same, "b"));
    assert!(load(&same, "b"));
    assert_eq!(entries(dir.path()).len(), 2);
}

#[test]
fn without_a_cache_everything_is_compiled() {
    let host = test_support::probe::host(&[twice::SPEC]);
    assert!(!load(&host, "a"));
    assert!(!load(&host, "a"));
}

#[test]
fn limits_are_not_compiled_in() {
    let dir = tempfile::tempdir().unwrap();
    assert!(!load(&host(dir.path()), "a"));
    let mut limits = Limits::default();
    (limits.memory, limits.stack) = (32 << 20, 64 << 10);
    let host = hostfn::Host::builder(registry(&[twice::SPEC])).limits(limits).cache(dir.path());
    assert!(load(&host.build().unwrap(), "a"));
}

#[test]
fn what_cannot_be_compiled_leaves_no_entry() {
    let dir = tempfile::tempdir().unwrap();
    let host = host(dir.path());
    let whole = wasm("a");
    for wasm in [&b""[..], b"\0asm", &whole[..whole.len() - 1]] {
        assert_eq!(host.load("probe", wasm).unwrap_err().code(), hostfn::error::Code::NotAModule);
    }
    assert_eq!(entries(dir.path()), <[std::path::PathBuf; 0]>::default());
}

#[test]
fn an_entry_is_no_plugin() {
    let dir = tempfile::tempdir().unwrap();
    let host = host(dir.path());
    load(&host, "a");
    let entry = fs::read(only_entry(dir.path())).unwrap();
    let refused = |bytes: &[u8]| host.load("probe", bytes).unwrap_err().code();
    assert_eq!(refused(&entry), hostfn::error::Code::NotAModule);
    assert_eq!(refused(&entry[40..]), hostfn::error::Code::WrongTarget, "it is native code");
}

/// Puts `damaged` where the entry was: it is compiled again, runs, and is there again as it was.
#[track_caller]
fn assert_recompiled(dir: &std::path::Path, host: &hostfn::Host, damaged: &[u8]) {
    let entry = only_entry(dir);
    fs::write(&entry, damaged).unwrap();
    assert!(!load(host, "a"));
    assert_eq!(only_entry(dir), entry);
    assert!(load(host, "a"));
}

#[test]
fn a_truncated_entry_is_compiled_anew() {
    let dir = tempfile::tempdir().unwrap();
    let host = host(dir.path());
    load(&host, "a");
    let entry = fs::read(only_entry(dir.path())).unwrap();
    let last = entry.len() - 1;
    for len in (0..64).chain((64..last).step_by(last / 64)).chain([last]) {
        assert_recompiled(dir.path(), &host, &entry[..len]);
    }
}

#[test]
fn an_entry_that_goes_on_is_compiled_anew() {
    let dir = tempfile::tempdir().unwrap();
    let host = host(dir.path());
    load(&host, "a");
    let entry = fs::read(only_entry(dir.path())).unwrap();
    assert_recompiled(dir.path(), &host, &[&entry[..], &[0]].concat());
    assert_recompiled(dir.path(), &host, &[&entry[..], &entry].concat());
}

#[test]
fn an_entry_with_any_byte_changed_is_compiled_anew() {
    let dir = tempfile::tempdir().unwrap();
    let host = host(dir.path());
    load(&host, "a");
    let entry = fs::read(only_entry(dir.path())).unwrap();
    let changed = |at: usize, by: u8| {
        let mut entry = entry.clone();
        entry[at] ^= by;
        assert_recompiled(dir.path(), &host, &entry);
    };
    (0..64).for_each(|at| changed(at, 1));
    let mut runner = TestRunner::new(ProptestConfig::with_cases(256));
    runner
        .run(&(0..entry.len(), 1..=u8::MAX), |(at, by)| {
            changed(at, by);
            Ok(())
        })
        .unwrap();
}

#[test]
fn an_entry_of_another_cache_is_compiled_anew() {
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let host_here = host(here.path());
    load(&host_here, "a");
    load(&host(there.path()), "a");
    let (entry, foreign) = (only_entry(here.path()), only_entry(there.path()));
    assert_eq!(entry.file_name(), foreign.file_name());
    assert_recompiled(here.path(), &host_here, &fs::read(foreign).unwrap());
}

#[test]
fn an_entry_under_the_name_of_another_is_compiled_anew() {
    let dir = tempfile::tempdir().unwrap();
    let host = host(dir.path());
    load(&host, "a");
    let a = only_entry(dir.path());
    load(&host, "b");
    let b = entries(dir.path()).into_iter().find(|path| *path != a).unwrap();
    fs::rename(&b, &a).unwrap();
    assert!(!load(&host, "a"));
    assert!(load(&host, "a"));
}

#[test]
fn a_directory_in_an_entrys_place_costs_the_time_of_compiling() {
    let dir = tempfile::tempdir().unwrap();
    let host = host(dir.path());
    load(&host, "a");
    let entry = only_entry(dir.path());
    fs::remove_file(&entry).unwrap();
    fs::create_dir(&entry).unwrap();
    assert!(!load(&host, "a"));
    assert!(!load(&host, "a"));
    assert_eq!(only_entry(dir.path()), entry);
}

#[cfg(unix)]
#[test]
fn a_link_in_an_entrys_place_is_not_followed() {
    let (dir, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let host = host(dir.path());
    load(&host, "a");
    let (entry, target) = (only_entry(dir.path()), elsewhere.path().join("target"));
    fs::rename(&entry, &target).unwrap();
    std::os::unix::fs::symlink(&target, &entry).unwrap();
    let before = fs::read(&target).unwrap();
    assert!(!load(&host, "a"));
    assert!(fs::symlink_metadata(&entry).unwrap().is_file());
    assert_eq!(fs::read(&target).unwrap(), before);
    assert!(load(&host, "a"));
}

#[cfg(unix)]
#[test]
fn a_pipe_in_an_entrys_place_is_not_waited_for() {
    let dir = tempfile::tempdir().unwrap();
    let host = host(dir.path());
    load(&host, "a");
    let entry = only_entry(dir.path());
    fs::remove_file(&entry).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(&entry).status().unwrap().success());
    assert!(!load(&host, "a"));
    assert!(load(&host, "a"));
}

/// A file of this length that takes up no room, last changed so many hours ago.
fn sparse(path: &std::path::Path, len: u64, hours: u64) {
    let file = File::create(path).unwrap();
    file.set_len(len).unwrap();
    file.set_modified(SystemTime::now() - Duration::from_secs(hours * 3600)).unwrap();
}

#[test]
fn an_entry_that_no_module_comes_to_is_not_read() {
    let dir = tempfile::tempdir().unwrap();
    let host = host(dir.path());
    load(&host, "a");
    let entry = only_entry(dir.path());
    sparse(&entry, (1 << 30) + 1, 0);
    assert!(!load(&host, "a"));
    assert!(load(&host, "a"));
}

#[test]
fn the_oldest_entries_go_when_there_is_a_gigabyte_of_them() {
    let dir = tempfile::tempdir().unwrap();
    let host = host(dir.path());
    load(&host, "a");
    let used = only_entry(dir.path());
    let (oldest, newer) = (dir.path().join("0".repeat(64)), dir.path().join("1".repeat(64)));
    let (unfinished, not_ours) = (dir.path().join(".unfinished-x"), dir.path().join("notes"));
    for (path, hours) in [(&oldest, 4), (&newer, 1), (&unfinished, 3), (&not_ours, 9)] {
        sparse(path, 600 << 20, hours);
    }
    File::open(&used).unwrap().set_modified(SystemTime::UNIX_EPOCH).unwrap();
    assert!(load(&host, "a"));
    assert!(!load(&host, "b"));
    let left = entries(dir.path());
    assert!(!left.contains(&oldest) && !left.contains(&unfinished));
    assert!(left.contains(&newer) && left.contains(&not_ours) && left.contains(&used));
    assert_eq!(left.len(), 4);
}

#[test]
fn plugins_outlive_their_entries() {
    let dir = tempfile::tempdir().unwrap();
    let host = host(dir.path());
    load(&host, "a");
    let plugin = host.load("probe", &wasm("a")).unwrap();
    assert!(plugin.from_cache());
    fs::write(only_entry(dir.path()), vec![0xcc; 64 << 10]).unwrap();
    fs::remove_dir_all(dir.path()).unwrap();
    assert_runs(&plugin, "a");
}
