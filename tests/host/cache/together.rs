//! Hosts, threads and processes that use one directory at once.

use std::fs;
use std::path::Path;
use std::process::Child;
use std::thread;

use test_support::{alone, test_path};

use super::{entries, host, load, only_entry};

const ROUNDS: usize = 50;

/// The place where the child process finds the directory.
const DIR: &str = "HOSTFN_TEST_CACHE";

/// Every load works. From the second on there is an entry, which is whole and of the key that all share.
fn load_over_and_over(dir: &Path) {
    let first = host(dir);
    load(&first, "a");
    for round in 1..ROUNDS {
        let again = if round % 2 == 0 { first.clone() } else { host(dir) };
        assert!(load(&again, "a"), "round {round}");
    }
}

#[test]
fn hosts_in_many_threads_share_a_directory() {
    let dir = tempfile::tempdir().unwrap();
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| load_over_and_over(dir.path()));
        }
    });
    only_entry(dir.path());
}

#[test]
fn processes_share_a_directory() {
    let dir = tempfile::tempdir().unwrap();
    let spawn =
        |_| alone(&test_path(module_path!(), "as_a_child_process")).env(DIR, dir.path()).spawn().unwrap();
    let children: Vec<Child> = (0..3).map(spawn).collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    only_entry(dir.path());
    assert!(load(&host(dir.path()), "a"));
}

#[test]
fn as_a_child_process() {
    if let Some(dir) = std::env::var_os(DIR) {
        load_over_and_over(dir.as_ref());
    }
}

#[test]
fn loads_work_while_entries_are_damaged_and_taken_away() {
    let dir = tempfile::tempdir().unwrap();
    let host = host(dir.path());
    thread::scope(|scope| {
        let loads = scope.spawn(|| {
            for round in 0..4 * ROUNDS {
                load(&host, ["a", "b"][round % 2]);
            }
        });
        for round in 0_u64.. {
            for entry in entries(dir.path()) {
                // it may be gone already
                let _ = match round % 3 {
                    0 => fs::write(entry, [7; 99]),
                    1 => fs::OpenOptions::new().write(true).open(entry).and_then(|file| file.set_len(round)),
                    _ => fs::remove_file(entry),
                };
            }
            if loads.is_finished() {
                break;
            }
        }
    });
}
