//! `kv`: what its functions do, in every kind of store.

use std::ops::{Bound, ControlFlow};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, UNIX_EPOCH};

use hostfn::abi::Value;
use hostfn::{Limits, Registry, Status};
use hostfn_modules::kv::{self, Backend, BackendError, Before, Change, KvError, Options, Page};
use serde_bytes::{ByteBuf, Bytes};
use tempfile::TempDir;
use test_support::relay::{Guest, Refused, host, limited};

const ALL: &str = "\"kv.read\" = true\n\"kv.write\" = true";
const NEVER: Option<u64> = None;

/// A store `notes` of every kind.
fn every_kind() -> (TempDir, [Options; 3]) {
    let dir = tempfile::tempdir().unwrap();
    let stores = [
        kv::module().memory("notes"),
        kv::module().json("notes", dir.path().join("notes.json")),
        kv::module().redb("notes", dir.path().join("notes.redb")),
    ];
    (dir, stores)
}

fn opened(guest: &mut Guest) -> u64 {
    guest.call("kv_open", ("notes",)).unwrap()
}

fn get(guest: &mut Guest, store: u64, key: &str) -> Option<Vec<u8>> {
    guest.call::<Option<ByteBuf>>("kv_get", (store, key)).unwrap().map(ByteBuf::into_vec)
}

fn set(guest: &mut Guest, store: u64, key: &str, value: &[u8]) {
    guest.call::<()>("kv_set", (store, key, Bytes::new(value), NEVER)).unwrap();
}

fn swap(guest: &mut Guest, store: u64, key: &str, expected: Option<&[u8]>, value: &[u8]) -> bool {
    let expected = expected.map(Bytes::new);
    guest.call("kv_compare_and_set", (store, key, expected, Bytes::new(value), NEVER)).unwrap()
}

fn list(guest: &mut Guest, store: u64, prefix: &str, after: Option<&str>, most: u32) -> Page {
    guest.call("kv_list", (store, prefix, after, most)).unwrap()
}

fn count(guest: &mut Guest, store: u64) -> u64 {
    guest.call("kv_count", (store,)).unwrap()
}

fn refused(guest: &mut Guest, function: &str, args: impl serde::Serialize) -> (Status, String) {
    let Refused { status, code, .. } = guest.call::<Value>(function, args).unwrap_err();
    (status, code)
}

#[test]
fn what_is_set_is_got_until_it_is_deleted() {
    let (_dir, kinds) = every_kind();
    for kind in kinds {
        let mut guest = Guest::new(kind, ALL);
        let store = opened(&mut guest);
        for (key, value) in
            [("", &b""[..]), ("text", b"h\xc3\xa9llo"), ("raw", b"\0\xff\x80"), ("\u{7f}\n\"", b"\n")]
        {
            assert_eq!(get(&mut guest, store, key), None);
            set(&mut guest, store, key, value);
            assert_eq!(get(&mut guest, store, key).as_deref(), Some(value));
        }
        set(&mut guest, store, "text", b"again");
        assert_eq!(get(&mut guest, store, "text").as_deref(), Some(&b"again"[..]));
        assert_eq!(count(&mut guest, store), 4);
        assert!(guest.call::<bool>("kv_delete", (store, "text")).unwrap());
        assert!(!guest.call::<bool>("kv_delete", (store, "text")).unwrap());
        assert_eq!(get(&mut guest, store, "text"), None);
        assert_eq!(count(&mut guest, store), 3);
    }
}

#[test]
fn a_compare_and_set_sets_what_is_as_expected() {
    let (_dir, kinds) = every_kind();
    for kind in kinds {
        let mut guest = Guest::new(kind, ALL);
        let store = opened(&mut guest);
        assert!(!swap(&mut guest, store, "lock", Some(b""), b"mine"), "nothing is not an empty value");
        assert!(swap(&mut guest, store, "lock", None, b"mine"));
        assert!(!swap(&mut guest, store, "lock", None, b"theirs"));
        assert!(!swap(&mut guest, store, "lock", Some(b"theirs"), b"theirs"));
        assert_eq!(get(&mut guest, store, "lock").as_deref(), Some(&b"mine"[..]));
        assert!(swap(&mut guest, store, "lock", Some(b"mine"), b"yours"));
        assert_eq!(get(&mut guest, store, "lock").as_deref(), Some(&b"yours"[..]));
    }
}

#[test]
fn numbers_are_added_to_and_neither_wrap_nor_grow_out_of_words() {
    let (_dir, kinds) = every_kind();
    for kind in kinds {
        let mut guest = Guest::new(kind, ALL);
        let store = opened(&mut guest);
        let mut add = |key, by| guest.call::<i64>("kv_increment", (store, key, by));
        assert_eq!(add("n", 40), Ok(40));
        assert_eq!(add("n", 2), Ok(42));
        assert_eq!(add("n", -100), Ok(-58));
        assert_eq!(add("max", i64::MAX), Ok(i64::MAX));
        assert_eq!(add("min", i64::MIN), Ok(i64::MIN));
        let overflow = (Status::FAILED, "overflow".to_owned());
        assert_eq!(refused(&mut guest, "kv_increment", (store, "max", 1)), overflow);
        assert_eq!(refused(&mut guest, "kv_increment", (store, "min", -1)), overflow);
        assert_eq!(get(&mut guest, store, "max").unwrap(), i64::MAX.to_string().as_bytes());

        for word in ["", "a", "1.5", " 1", "9223372036854775808", "\u{665}"] {
            set(&mut guest, store, "word", word.as_bytes());
            let refused = refused(&mut guest, "kv_increment", (store, "word", 1));
            assert_eq!(refused, (Status::FAILED, "not_a_number".to_owned()), "{word}");
            assert_eq!(get(&mut guest, store, "word").unwrap(), word.as_bytes());
        }
        set(&mut guest, store, "word", b"\xff");
        assert_eq!(guest.code("kv_increment", (store, "word", 1)), "not_a_number");
        set(&mut guest, store, "word", b"-7");
        assert_eq!(guest.call::<i64>("kv_increment", (store, "word", 1)), Ok(-6));
    }
}

#[test]
fn keys_are_listed_by_prefix_page_by_page() {
    let (_dir, kinds) = every_kind();
    for kind in kinds {
        let mut guest = Guest::new(kind, ALL);
        let store = opened(&mut guest);
        for key in ["b", "a/2", "a", "a/10", "a/1", "a0", "", "\u{e9}"] {
            set(&mut guest, store, key, b"");
        }
        let page = list(&mut guest, store, "a/", None, 2);
        assert_eq!(page, Page { keys: vec!["a/1".into(), "a/10".into()], next: Some("a/10".into()) });
        let page = list(&mut guest, store, "a/", Some("a/10"), 2);
        assert_eq!(page, Page { keys: vec!["a/2".into()], next: None });
        assert_eq!(
            list(&mut guest, store, "", None, 100).keys,
            ["", "a", "a/1", "a/10", "a/2", "a0", "b", "\u{e9}"]
        );
        assert_eq!(list(&mut guest, store, "", Some("a0"), 0).keys, ["b"], "a page has one key at least");
        // a cursor outside the prefix, before and behind it, and one that was deleted meanwhile
        assert_eq!(list(&mut guest, store, "a/", Some("Z"), 9).keys, ["a/1", "a/10", "a/2"]);
        assert_eq!(list(&mut guest, store, "a/", Some("b"), 9), Page { keys: vec![], next: None });
        assert_eq!(list(&mut guest, store, "a/", Some("a/11"), 9).keys, ["a/2"]);
        assert_eq!(list(&mut guest, store, "none", None, 9), Page { keys: vec![], next: None });
    }
}

#[test]
fn a_page_is_capped_whatever_was_asked_for() {
    let stores = kv::module().memory("notes").max_key(64 << 10).open().unwrap();
    let notes = stores.get("notes").unwrap();
    for n in 0..2_500 {
        notes.set(&format!("k{n:04}"), b"", None).unwrap();
    }
    for n in 0..40 {
        notes.set(&format!("long{n:02}{}", "x".repeat(60_000)), b"", None).unwrap();
    }
    let mut guest = Guest::new(stores, ALL);
    let store = opened(&mut guest);
    let (mut after, mut pages) = (None, Vec::new());
    loop {
        let page = list(&mut guest, store, "k", after.as_deref(), u32::MAX);
        pages.push(page.keys.len());
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(pages, [1_000, 1_000, 500]);
    let page = list(&mut guest, store, "long", None, u32::MAX);
    assert_eq!(page.keys.len(), 18, "a page ends beyond a mebibyte");
    assert_eq!(page.next.as_deref(), page.keys.last().map(String::as_str));
}

#[test]
fn replies_count_against_the_instance_s_memory() {
    let stores = kv::module().memory("notes").open().unwrap();
    let notes = stores.get("notes").unwrap();
    notes.set("big", &vec![b'x'; 1_000_000], None).unwrap();
    for n in 0..1_000 {
        notes.set(&format!("{n:04}{}", "x".repeat(1_000)), b"", None).unwrap();
    }
    let mut limits = Limits::default();
    (limits.memory, limits.args, limits.reply) = (1 << 20, 64 << 10, 1 << 20);
    let mut guest = Guest::in_host(&limited([stores.into()], limits), ALL);
    let store = opened(&mut guest);
    let out_of_memory = (Status::QUOTA_EXCEEDED, "out_of_memory".to_owned());
    assert_eq!(refused(&mut guest, "kv_get", (store, "big")), out_of_memory);
    assert_eq!(refused(&mut guest, "kv_list", (store, "", None::<&str>, 1_000)), out_of_memory);
    // what was held is given back
    assert_eq!(list(&mut guest, store, "", None, 100).keys.len(), 100);
    assert_eq!(list(&mut guest, store, "", None, 100).keys.len(), 100);
}

#[test]
fn what_expires_is_there_no_more() {
    let (_dir, kinds) = every_kind();
    for kind in kinds {
        let millis = Arc::new(AtomicU64::new(1_000_000));
        let clock = Arc::clone(&millis);
        let now = move || UNIX_EPOCH + Duration::from_millis(clock.load(Ordering::Relaxed));
        let mut guest = Guest::new(kind.clock(now), ALL);
        let store = opened(&mut guest);
        let mut put = |key, ttl| guest.call::<()>("kv_set", (store, key, Bytes::new(b"1"), ttl)).unwrap();
        put("stays", NEVER);
        put("a", Some(100));
        put("b", Some(100));
        put("late", Some(101));
        put("renewed", Some(100));
        put("renewed", NEVER);
        assert_eq!(guest.call::<i64>("kv_increment", (store, "a", 1)), Ok(2), "and it still expires");

        millis.fetch_add(99, Ordering::Relaxed);
        assert_eq!(get(&mut guest, store, "a").as_deref(), Some(&b"2"[..]));
        assert_eq!(count(&mut guest, store), 5);

        millis.fetch_add(1, Ordering::Relaxed);
        assert_eq!(get(&mut guest, store, "a"), None);
        assert!(!swap(&mut guest, store, "a", Some(b"2"), b"no"));
        assert_eq!(list(&mut guest, store, "", None, 9).keys, ["late", "renewed", "stays"]);
        assert_eq!(count(&mut guest, store), 3);
        assert!(!guest.call::<bool>("kv_delete", (store, "b")).unwrap());
        assert!(swap(&mut guest, store, "a", None, b"3"), "it is free again");
        assert_eq!(guest.call::<i64>("kv_increment", (store, "b", 1)), Ok(1), "it counts from 0 again");

        // each function alone finds out, and none brings back when it expires
        for (n, gone) in ["kv_get", "kv_list", "kv_count", "kv_compare_and_set"].into_iter().enumerate() {
            let key = format!("only-{n}");
            guest.call::<()>("kv_set", (store, &key, Bytes::new(b"1"), Some(10_u64))).unwrap();
            millis.fetch_add(10, Ordering::Relaxed);
            match gone {
                "kv_get" => assert_eq!(get(&mut guest, store, &key), None),
                "kv_list" => assert_eq!(list(&mut guest, store, "only", None, 9).keys, [""; 0]),
                "kv_count" => assert_eq!(count(&mut guest, store), 4),
                _ => assert!(swap(&mut guest, store, &key, None, b"now")),
            }
        }
        assert_eq!(get(&mut guest, store, "late"), None);
    }
}

#[test]
fn a_time_to_live_that_is_none_is_refused() {
    let mut guest = Guest::new(kv::module().memory("notes"), ALL);
    let store = opened(&mut guest);
    let bad = (Status::BAD_INPUT, "bad_ttl".to_owned());
    for ttl in [0, u64::MAX] {
        assert_eq!(refused(&mut guest, "kv_set", (store, "k", Bytes::new(b""), ttl)), bad);
        let args = (store, "k", None::<&Bytes>, Bytes::new(b""), ttl);
        assert_eq!(refused(&mut guest, "kv_compare_and_set", args), bad);
    }
    assert_eq!(get(&mut guest, store, "k"), None);
}

#[test]
fn keys_values_and_stores_have_limits() {
    let (_dir, kinds) = every_kind();
    for kind in kinds {
        let mut guest = Guest::new(kind.max_key(8).max_value(100).max_store(400), ALL);
        let store = opened(&mut guest);
        let too_long = (Status::QUOTA_EXCEEDED, "key_too_long".to_owned());
        let (key, long) = ("12345678", "123456789");
        set(&mut guest, store, key, b"");
        assert_eq!(refused(&mut guest, "kv_set", (store, long, Bytes::new(b""), NEVER)), too_long);
        assert_eq!(refused(&mut guest, "kv_get", (store, long)), too_long);
        assert_eq!(refused(&mut guest, "kv_delete", (store, long)), too_long);
        assert_eq!(refused(&mut guest, "kv_increment", (store, long, 1)), too_long);
        assert_eq!(refused(&mut guest, "kv_list", (store, long, None::<&str>, 1)), too_long);
        assert_eq!(refused(&mut guest, "kv_list", (store, "", Some(long), 1)), too_long);
        let args = (store, long, None::<&Bytes>, Bytes::new(b""), NEVER);
        assert_eq!(refused(&mut guest, "kv_compare_and_set", args), too_long);

        let too_long = (Status::QUOTA_EXCEEDED, "value_too_long".to_owned());
        let (value, long) = (&[b'x'; 100][..], &[b'x'; 101][..]);
        set(&mut guest, store, key, value);
        assert_eq!(refused(&mut guest, "kv_set", (store, key, Bytes::new(long), NEVER)), too_long);
        let args = (store, key, Bytes::new(value), Bytes::new(long), NEVER);
        assert_eq!(refused(&mut guest, "kv_compare_and_set", args), too_long);
        assert_eq!(get(&mut guest, store, key).as_deref(), Some(value));

        // 8 + 100 + 64 and 1 + 100 + 64 leave 63
        set(&mut guest, store, "b", value);
        let full = (Status::QUOTA_EXCEEDED, "store_full".to_owned());
        assert_eq!(refused(&mut guest, "kv_set", (store, "c", Bytes::new(b""), NEVER)), full);
        assert_eq!(refused(&mut guest, "kv_increment", (store, "c", 1)), full);
        set(&mut guest, store, "b", &value[..98]);
        set(&mut guest, store, "", b"");
        assert_eq!(refused(&mut guest, "kv_set", (store, "b", Bytes::new(value), NEVER)), full);
        assert!(guest.call::<bool>("kv_delete", (store, "")).unwrap());
        set(&mut guest, store, "b", value);
        assert_eq!(count(&mut guest, store), 2);
    }
}

#[test]
fn what_has_expired_makes_room() {
    let (_dir, kinds) = every_kind();
    for kind in kinds {
        let millis = Arc::new(AtomicU64::new(0));
        let clock = Arc::clone(&millis);
        let now = move || UNIX_EPOCH + Duration::from_millis(clock.load(Ordering::Relaxed));
        let mut guest = Guest::new(kind.clock(now).max_store(140), ALL);
        let store = opened(&mut guest);
        for key in ["a", "b"] {
            guest.call::<()>("kv_set", (store, key, Bytes::new(b"1"), Some(5_u64))).unwrap();
        }
        assert_eq!(guest.code("kv_set", (store, "c", Bytes::new(b"1"), NEVER)), "store_full");
        millis.store(5, Ordering::Relaxed);
        set(&mut guest, store, "c", b"1");
        set(&mut guest, store, "d", b"1");
    }
}

#[test]
fn a_store_over_its_limit_is_read_and_shrinks() {
    let dir = tempfile::tempdir().unwrap();
    for redb in [false, true] {
        let store = |most| {
            let options = kv::module().max_store(most);
            let options = if redb {
                options.redb("notes", dir.path().join("n.redb"))
            } else {
                options.json("notes", dir.path().join("n.json"))
            };
            options.open().unwrap().get("notes").unwrap().clone()
        };
        store(1_000).set("key", &[b'x'; 500], None).unwrap();
        let store = store(100);
        assert_eq!(store.get("key").unwrap().unwrap().len(), 500);
        assert!(matches!(store.set("other", b"", None), Err(KvError::StoreFull(100))));
        store.set("key", &[b'x'; 400], None).unwrap();
        assert!(store.delete("key").unwrap());
        store.set("other", b"", None).unwrap();
    }
}

#[test]
fn a_grant_is_of_names_and_of_reading_or_writing() {
    let stores = kv::module().memory("notes").memory("drafts").memory("secrets").open().unwrap();
    for (name, store) in ["notes", "drafts", "secrets"].map(|name| (name, stores.get(name).unwrap())) {
        store.set("is", name.as_bytes(), None).unwrap();
    }
    let host = host([stores.into()]);

    let grants = "\"kv.read\" = { allow = [\"notes\", \"dr*\"] }\n\"kv.write\" = { allow = [\"drafts\"] }";
    let mut guest = Guest::in_host(&host, grants);
    let notes = opened(&mut guest);
    assert_eq!(get(&mut guest, notes, "is").as_deref(), Some(&b"notes"[..]));
    let value = Bytes::new(b"mine");
    let none = None::<&Bytes>;
    let denied = |function, status: Status| assert_eq!(status, Status::NO_CAPABILITY, "{function}");
    denied("kv_open", guest.status("kv_open", ("secrets",)));
    denied("kv_open", guest.status("kv_open", ("absent",)));
    denied("kv_open", guest.status("kv_open", ("",)));
    denied("kv_open_to_write", guest.status("kv_open_to_write", ("notes",)));
    denied("kv_set", guest.status("kv_set", (notes, "is", value, NEVER)));
    denied("kv_delete", guest.status("kv_delete", (notes, "is")));
    denied("kv_increment", guest.status("kv_increment", (notes, "is", 1)));
    denied("kv_compare_and_set", guest.status("kv_compare_and_set", (notes, "is", none, value, NEVER)));
    assert_eq!(get(&mut guest, notes, "is").as_deref(), Some(&b"notes"[..]));
    let drafts: u64 = guest.call("kv_open", ("drafts",)).unwrap();
    set(&mut guest, drafts, "is", b"mine");

    let mut writer = Guest::in_host(&host, "\"kv.write\" = { allow = [\"drafts\"] }");
    denied("kv_open", writer.status("kv_open", ("drafts",)));
    let drafts: u64 = writer.call("kv_open_to_write", ("drafts",)).unwrap();
    set(&mut writer, drafts, "is", b"its");
    denied("kv_get", writer.status("kv_get", (drafts, "is")));
    denied("kv_list", writer.status("kv_list", (drafts, "", None::<&str>, 1)));
    denied("kv_count", writer.status("kv_count", (drafts,)));
    writer.call::<()>("kv_close", (drafts,)).unwrap();
}

#[test]
fn a_granted_store_that_is_not_there_is_not_found() {
    let mut guest = Guest::new(kv::module().memory("notes"), ALL);
    let not_found = (Status::NOT_FOUND, "no_such_store".to_owned());
    assert_eq!(refused(&mut guest, "kv_open", ("absent",)), not_found);
    assert_eq!(refused(&mut guest, "kv_open_to_write", ("absent",)), not_found);
}

#[test]
fn a_handle_is_the_instance_s_own_and_ends_with_close() {
    let host = host([kv::module().memory("notes").into()]);
    let (mut guest, mut other) = (Guest::in_host(&host, ALL), Guest::in_host(&host, ALL));
    let store = opened(&mut guest);
    let theirs = opened(&mut other);
    guest.call::<()>("kv_close", (store,)).unwrap();
    for handle in [store, theirs, 0, u64::MAX] {
        let (value, none) = (Bytes::new(b""), None::<&Bytes>);
        let found = [
            guest.status("kv_get", (handle, "k")),
            guest.status("kv_list", (handle, "", None::<&str>, 1)),
            guest.status("kv_count", (handle,)),
            guest.status("kv_close", (handle,)),
            guest.status("kv_set", (handle, "k", value, NEVER)),
            guest.status("kv_delete", (handle, "k")),
            guest.status("kv_compare_and_set", (handle, "k", none, value, NEVER)),
            guest.status("kv_increment", (handle, "k", 1)),
        ];
        assert_eq!(found, [Status::NOT_FOUND; 8]);
    }
    // by the gate, which looks for what the handle was opened on, and by the function
    let gone = (Status::NOT_FOUND, "no_such_handle".to_owned());
    assert_eq!(refused(&mut guest, "kv_count", (store,)), gone);
    assert_eq!(refused(&mut guest, "kv_close", (store,)), gone);
    assert_eq!(count(&mut other, theirs), 0);
}

#[test]
fn handles_are_only_so_many() {
    let mut guest = Guest::new(kv::module().memory("notes"), ALL);
    let first = opened(&mut guest);
    for _ in 1..1_024 {
        opened(&mut guest);
    }
    let too_many = (Status::QUOTA_EXCEEDED, "too_many_open".to_owned());
    assert_eq!(refused(&mut guest, "kv_open", ("notes",)), too_many);
    guest.call::<()>("kv_close", (first,)).unwrap();
    opened(&mut guest);
}

#[test]
fn instances_share_a_store_and_their_changes_come_one_after_the_other() {
    let (_dir, kinds) = every_kind();
    for (kind, times) in kinds.into_iter().zip([1_000, 50, 50]) {
        let host = host([kind.into()]);
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    let mut guest = Guest::in_host(&host, ALL);
                    let store = opened(&mut guest);
                    for _ in 0..times {
                        guest.call::<i64>("kv_increment", (store, "n", 1)).unwrap();
                        // a second counter, by the way of those who have no increment
                        loop {
                            let now = get(&mut guest, store, "swapped");
                            let number =
                                now.as_deref().map_or(0, |now| str::from_utf8(now).unwrap().parse().unwrap());
                            let next: u64 = number + 1;
                            if swap(&mut guest, store, "swapped", now.as_deref(), next.to_string().as_bytes())
                            {
                                break;
                            }
                        }
                    }
                });
            }
        });
        let mut guest = Guest::in_host(&host, ALL);
        let store = opened(&mut guest);
        assert_eq!(guest.call::<i64>("kv_increment", (store, "n", 0)), Ok(2 * times));
        assert_eq!(get(&mut guest, store, "swapped").unwrap(), (2 * times).to_string().as_bytes());
    }
}

#[test]
fn a_module_without_a_store_or_with_two_of_a_name_is_no_module() {
    let build = |options: Options| Registry::builder().module(options).build().unwrap_err().to_string();
    assert_eq!(
        build(kv::module()),
        "H0108 module `kv`: it has no store; add one: `hostfn_modules::kv::module().memory(\"notes\")`"
    );
    assert_eq!(
        build(kv::module().memory("a").memory("b").json("a", "a.json")),
        "H0108 module `kv`: it has two stores of the name `a`; give one of them another name"
    );
    assert_eq!(kv::module().open().unwrap_err().to_string(), "it has no store");
}

/// A backend that holds one entry, and fails on request.
struct One(std::sync::Mutex<Option<Vec<u8>>>);

impl One {
    fn check(key: &str) -> Result<(), BackendError> {
        if key == "broken" { Err("/secret/path/of/the/host is on fire".into()) } else { Ok(()) }
    }
}

impl Backend for One {
    fn get(&self, key: &str, _now: u64, found: &mut dyn FnMut(&[u8])) -> Result<(), BackendError> {
        Self::check(key)?;
        if let Some(value) = &*self.0.lock().unwrap() {
            found(value);
        }
        Ok(())
    }

    fn update<'v>(
        &self,
        key: &str,
        _now: u64,
        change: &mut dyn FnMut(Before<'_>) -> Change<'v>,
    ) -> Result<(), BackendError> {
        Self::check(key)?;
        let mut one = self.0.lock().unwrap();
        let entry = one.as_deref().map(|value| kv::Entry { value, expires: None });
        // asked twice, as one that tries again would
        change(Before { entry, bytes: 0 });
        match change(Before { entry, bytes: 0 }) {
            Change::Keep => {}
            Change::Remove => *one = None,
            Change::Put { value, .. } => *one = Some(value.into_owned()),
        }
        Ok(())
    }

    fn keys(
        &self,
        from: Bound<&str>,
        _now: u64,
        visit: &mut dyn FnMut(&str) -> ControlFlow<()>,
    ) -> Result<(), BackendError> {
        if let Bound::Included(from) | Bound::Excluded(from) = from {
            Self::check(from)?;
        }
        let _ = visit("one");
        Ok(())
    }

    fn count(&self, _now: u64) -> Result<u64, BackendError> {
        Err("it does not count".into())
    }
}

#[test]
fn a_backend_of_the_host_s_own_works_and_fails_without_a_word_of_it() {
    let mut guest = Guest::new(kv::module().backend("notes", One(None.into())), ALL);
    let store = opened(&mut guest);
    assert_eq!(guest.call::<i64>("kv_increment", (store, "one", 2)), Ok(2));
    assert_eq!(guest.call::<i64>("kv_increment", (store, "one", 2)), Ok(4));
    assert_eq!(get(&mut guest, store, "one").as_deref(), Some(&b"4"[..]));
    assert_eq!(list(&mut guest, store, "", None, 9).keys, ["one"]);
    let none = None::<&Bytes>;
    let failed = [
        guest.call::<Value>("kv_get", (store, "broken")).unwrap_err(),
        guest.call::<Value>("kv_set", (store, "broken", Bytes::new(b""), NEVER)).unwrap_err(),
        guest.call::<Value>("kv_delete", (store, "broken")).unwrap_err(),
        guest
            .call::<Value>("kv_compare_and_set", (store, "broken", none, Bytes::new(b""), NEVER))
            .unwrap_err(),
        guest.call::<Value>("kv_increment", (store, "broken", 1)).unwrap_err(),
        guest.call::<Value>("kv_list", (store, "broken", None::<&str>, 1)).unwrap_err(),
        guest.call::<Value>("kv_count", (store,)).unwrap_err(),
    ];
    for Refused { status, code, message, detail } in failed {
        assert_eq!((status, code.as_str(), detail), (Status::FAILED, "store_failed", None));
        assert_eq!(message, "the store could not be read or written");
    }
}

#[test]
fn the_host_sees_what_its_guests_do() {
    let stores = kv::module().memory("notes").open().unwrap();
    let host = host([stores.clone().into()]);
    let mut guest = Guest::in_host(&host, ALL);
    let store = opened(&mut guest);
    set(&mut guest, store, "from", b"guest");
    let notes = stores.get("notes").unwrap();
    assert_eq!(notes.get("from").unwrap().as_deref(), Some(&b"guest"[..]));
    notes.set("from", b"host", None).unwrap();
    assert_eq!(get(&mut guest, store, "from").as_deref(), Some(&b"host"[..]));
    assert!(stores.get("absent").is_none());
}

#[test]
fn the_listing_knows_every_shape() {
    let registry = Registry::builder().module(kv::module().memory("notes")).build().unwrap();
    let listing = registry.listing().to_text();
    assert!(!listing.contains("opaque"), "{listing}");
}
