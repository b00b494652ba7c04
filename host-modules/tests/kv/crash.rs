//! `kv`: what was acknowledged survives the death of the host, 200 times over.

use std::env;
use std::hint;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use hostfn_modules::kv::{self, Options};
use serde_bytes::Bytes;
use test_support::relay::Guest;
use test_support::{alone, test_path};

/// The target of the child process, as `KIND:PATH`.
const TASK: &str = "HOSTFN_KV_CRASH";

const KILLS: u32 = 100;

fn options(kind: &str, path: impl Into<PathBuf>) -> Options {
    match kind {
        "json" => kv::module().json("notes", path),
        _ => kv::module().redb("notes", path),
    }
}

/// Longer than a page of `redb` once in a while.
fn value(n: u64) -> Vec<u8> {
    let times = if n.is_multiple_of(7) { 900 } else { 9 };
    format!("{n:06}").repeat(times).into_bytes()
}

#[test]
fn json_survives_kill_9() {
    survives("json");
}

#[test]
fn redb_survives_kill_9() {
    survives("redb");
}

fn survives(kind: &str) {
    let (mut dir, mut acknowledged, mut in_all) = (tempfile::tempdir().unwrap(), 0, 0);
    for kill in 0..KILLS {
        // a store that grew, and from time to time one that is just being made
        if kill % 8 == 0 {
            (dir, acknowledged) = (tempfile::tempdir().unwrap(), 0);
        }
        let path = dir.path().join("notes");
        let before = acknowledged;
        acknowledged = acknowledged.max(killed(kind, &path, kill));
        in_all += acknowledged - before;

        let stores = options(kind, &path).open().unwrap_or_else(|error| panic!("kill {kill}: {error}"));
        let notes = stores.get("notes").unwrap();
        for n in 1..=acknowledged {
            assert_eq!(notes.get(&n.to_string()).unwrap(), Some(value(n)), "kill {kill}, write {n}");
        }
        let there = notes.count().unwrap();
        assert!((acknowledged..=acknowledged + 1).contains(&there), "kill {kill}: {there} of {acknowledged}");
        // what was under way when it ended may be there, and then it is whole
        if there > acknowledged {
            assert_eq!(notes.get(&there.to_string()).unwrap(), Some(value(there)), "kill {kill}");
            acknowledged = there;
        }
    }
    assert!(in_all > u64::from(KILLS), "{in_all} writes");
}

/// The last number that a child acknowledged before it was killed: after so many acknowledgements, and a little later.
fn killed(kind: &str, path: &Path, kill: u32) -> u64 {
    let mut child = alone(&test_path(module_path!(), "writer"))
        .env(TASK, format!("{kind}:{}", path.display()))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap())
        .lines()
        .map_while(Result::ok)
        .filter_map(|line| line.strip_prefix("acknowledged ")?.parse::<u64>().ok());
    let mut last = 0;
    // the first line says that the store is about to be opened
    for _ in 0..=kill % 8 {
        last = lines.next().expect("the child goes on until it is killed");
    }
    let (at, later) = (Instant::now(), Duration::from_micros(u64::from(kill) * 397 % 4_000));
    while at.elapsed() < later {
        hint::spin_loop();
    }
    child.kill().unwrap();
    let last = lines.last().unwrap_or(last);
    assert_eq!(child.wait().unwrap().signal(), Some(9));
    last
}

#[test]
#[ignore = "the child process of the tests above, which writes until it is killed"]
fn writer() {
    let Ok(task) = env::var(TASK) else { return };
    let (kind, path) = task.split_once(':').unwrap();
    let acknowledge = |n: u64| writeln!(std::io::stdout(), "\nacknowledged {n}").unwrap();
    acknowledge(0);
    let stores = options(kind, path).open().unwrap();
    let mut guest = Guest::new(stores, "\"kv.read\" = true\n\"kv.write\" = true");
    let store: u64 = guest.call("kv_open", ("notes",)).unwrap();
    for n in guest.call::<u64>("kv_count", (store,)).unwrap() + 1.. {
        guest.call::<()>("kv_set", (store, n.to_string(), Bytes::new(&value(n)), None::<u64>)).unwrap();
        acknowledge(n);
    }
}
