//! `kv`: what a store may cost others.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, UNIX_EPOCH};

use hostfn::{Limits, Status};
use hostfn_modules::kv::{self, Stores};
use serde_bytes::Bytes;
use test_support::relay::{Guest, limited};

const ALL: &str = "\"kv.read\" = true\n\"kv.write\" = true";

/// As many values of so many bytes as a JSON store takes.
fn full(stores: &Stores, value: &[u8]) -> usize {
    let notes = stores.get("notes").unwrap();
    let mut count = 0;
    while notes.set(&format!("{count}"), value, None).is_ok() {
        count += 1;
    }
    count
}

#[test]
fn json_store_is_small_and_so_is_its_file() {
    let dir = tempfile::tempdir().unwrap();
    for (name, byte) in [("controls", 1), ("quotes", b'"'), ("bytes", 0xff), ("text", b'a')] {
        let path = dir.path().join(name);
        let stores = kv::module().json("notes", &path).open().unwrap();
        let count = full(&stores, &vec![byte; 1 << 20]);
        assert_eq!(count, 3, "of 4 MiB, with what keeps them");
        let before = Instant::now();
        stores.get("notes").unwrap().set("small", b"x", None).unwrap();
        assert!(before.elapsed() < Duration::from_secs(10), "{name}: {:?}", before.elapsed());
        let bytes = fs::metadata(&path).unwrap().len();
        assert!(bytes < 5 << 20, "{name}: {bytes}");
        // and it is read back
        drop(stores);
        let stores = kv::module().json("notes", &path).open().unwrap();
        assert_eq!(stores.get("notes").unwrap().get("2").unwrap().unwrap(), vec![byte; 1 << 20]);
    }
}

#[test]
fn rewriting_a_json_store_is_charged_to_its_writer() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("notes");
    let entries: Vec<String> = (0..40_000).map(|n| format!("\"{n}\": {{ \"text\": \"x\" }}")).collect();
    let text =
        format!("{{ \"format\": \"hostfn-kv\", \"version\": 1, \"entries\": {{ {} }} }}", entries.join(","));
    fs::write(&path, text).unwrap();
    let stores = kv::module().json("notes", &path).open().unwrap();
    let write = |memory: usize| {
        let mut limits = Limits::default();
        (limits.memory, limits.reply, limits.args) = (memory, 64 << 10, 64 << 10);
        let mut guest = Guest::in_host(&limited([stores.clone().into()], limits), ALL);
        let store: u64 = guest.call("kv_open", ("notes",)).unwrap();
        guest.call::<()>("kv_set", (store, "key", Bytes::new(b"x"), None::<u64>))
    };
    let refused = write(1 << 20).unwrap_err();
    assert_eq!((refused.status, &*refused.code), (Status::QUOTA_EXCEEDED, "out_of_memory"));
    write(4 << 20).unwrap();
}

#[test]
fn expired_entries_are_dropped_a_few_at_a_time() {
    let dir = tempfile::tempdir().unwrap();
    let now = Arc::new(AtomicU64::new(1));
    for kind in ["memory", "json", "redb"] {
        let clock = Arc::clone(&now);
        let module =
            kv::module().clock(move || UNIX_EPOCH + Duration::from_millis(clock.load(Ordering::SeqCst)));
        let module = match kind {
            "memory" => module.memory("notes"),
            "json" => module.json("notes", dir.path().join("a.json")),
            _ => module.redb("notes", dir.path().join("a.redb")),
        };
        now.store(1, Ordering::SeqCst);
        let stores = module.open().unwrap();
        let notes = stores.get("notes").unwrap();
        let entries = if kind == "memory" { 2_500 } else { 20 };
        for n in 0..entries {
            notes.set(&format!("key-{n:05}"), b"x", Some(10)).unwrap();
        }
        notes.set("stays", b"x", None).unwrap();
        now.store(100, Ordering::SeqCst);
        // none of them is there, whether it was dropped or not
        for _ in 0..4 {
            let mut keys = Vec::new();
            let mut visit = |key: &str| {
                keys.push(key.to_owned());
                std::ops::ControlFlow::Continue(())
            };
            notes.keys("", None, &mut visit).unwrap();
            assert_eq!(keys, ["stays"], "{kind}");
            assert_eq!(notes.count().unwrap(), 1, "{kind}");
            let last = format!("key-{:05}", entries - 1);
            assert_eq!(notes.get(&last).unwrap(), None, "{kind}");
            assert!(!notes.delete(&last).unwrap(), "{kind}");
            assert!(notes.compare_and_set(&last, None, b"again", Some(1)).unwrap(), "{kind}");
            now.fetch_add(100, Ordering::SeqCst);
        }
        assert_eq!(notes.increment("key-00000", 1).unwrap(), 1, "{kind}");
    }
}
