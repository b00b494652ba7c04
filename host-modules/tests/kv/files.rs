//! `kv`: stores in files, whole and damaged, shared and refused.

use std::fs;
use std::io::Write;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use expect_test::expect;
use hostfn::{Error, Registry};
use hostfn_modules::kv::{self, FileError, KvError, OpenError, Options, Store, Stores};
use serde_bytes::Bytes;
use test_support::relay::{Guest, host, relay};

const ALL: &str = "\"kv.read\" = true\n\"kv.write\" = true";

const KINDS: [&str; 2] = ["json", "redb"];

fn options(kind: &str, path: impl Into<PathBuf>) -> Options {
    match kind {
        "json" => kv::module().json("notes", path),
        _ => kv::module().redb("notes", path),
    }
}

fn open(kind: &str, path: &Path) -> Result<Stores, OpenError> {
    options(kind, path).open()
}

fn notes(stores: &Stores) -> &Store {
    stores.get("notes").unwrap()
}

fn why(opened: Result<Stores, OpenError>) -> FileError {
    match opened.expect_err("it is refused") {
        OpenError::File { why, .. } => why,
        other => panic!("{other}"),
    }
}

fn unreadable(kind: &str, path: &Path) -> String {
    match why(open(kind, path)) {
        FileError::Unreadable(why) => why,
        other => panic!("{other}"),
    }
}

#[test]
fn a_store_is_in_its_file_when_its_host_is_gone() {
    for kind in KINDS {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("notes");
        for round in 0..3 {
            let mut guest = Guest::new(options(kind, &path), ALL);
            let store: u64 = guest.call("kv_open", ("notes",)).unwrap();
            assert_eq!(guest.call::<i64>("kv_increment", (store, "round", 1)), Ok(round + 1));
            guest.call::<()>("kv_set", (store, "raw", Bytes::new(b"\0\xff"), Some(1_u64 << 50))).unwrap();
        }
        let stores = open(kind, &path).unwrap();
        assert_eq!(notes(&stores).get("round").unwrap().as_deref(), Some(&b"3"[..]));
        assert_eq!(notes(&stores).get("raw").unwrap().as_deref(), Some(&b"\0\xff"[..]));
        let mut left: Vec<_> = fs::read_dir(&dir).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, ["notes", "notes.lock"], "no draft stays");
    }
}

#[test]
fn a_json_file_is_for_people_to_read_and_to_write() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("notes.json");
    let stores = kv::module().json("notes", &path).clock(|| std::time::UNIX_EPOCH).open().unwrap();
    notes(&stores).set("greeting", "h\u{e9}llo \"you\"\n".as_bytes(), None).unwrap();
    notes(&stores).set("raw", b"\0\xff\x80", None).unwrap();
    notes(&stores).set("soon", b"gone", Some(1_500)).unwrap();
    expect![[r#"
        {
          "format": "hostfn-kv",
          "version": 1,
          "entries": {
            "greeting": {
              "text": "héllo \"you\"\n"
            },
            "raw": {
              "base64": "AP+A"
            },
            "soon": {
              "text": "gone",
              "expires": 1500
            }
          }
        }
    "#]]
    .assert_eq(&fs::read_to_string(&path).unwrap());
    drop(stores);

    fs::write(&path, r#"{"version":1,"format":"hostfn-kv","entries":{"n":{"text":"41"},"m":{"base64":""}}}"#)
        .unwrap();
    let stores = open("json", &path).unwrap();
    assert_eq!(notes(&stores).increment("n", 1).unwrap(), 42);
    assert_eq!(notes(&stores).get("m").unwrap().as_deref(), Some(&b""[..]));
}

#[test]
fn a_file_that_is_something_else_is_left_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("file");
    let ours = |entries: &str| format!(r#"{{"format":"hostfn-kv","version":1,"entries":{entries}}}"#);
    let json = [
        String::new(),
        "null".into(),
        "a diary".into(),
        r#"{"name":"a package","version":1}"#.into(),
        r#"{"format":"other","version":1,"entries":{}}"#.into(),
        r#"{"format":"hostfn-kv","version":2,"entries":{}}"#.into(),
        r#"{"format":"hostfn-kv","version":1}"#.into(),
        r#"{"format":"hostfn-kv","version":1,"entries":{},"more":1}"#.into(),
        ours("{}") + "{}",
        ours(r#"{"k":"bare"}"#),
        ours(r#"{"k":{}}"#),
        ours(r#"{"k":{"text":"a","base64":"YQ=="}}"#),
        ours(r#"{"k":{"base64":"*"}}"#),
        ours(r#"{"k":{"text":"a","ttl":1}}"#),
        ours(r#"{"k":{"text":"a","expires":-1}}"#),
        ours(r#"{"k":{"text":"a"},"k":{"text":"b"}}"#),
    ];
    for text in json {
        fs::write(&path, &text).unwrap();
        unreadable("json", &path);
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
    }
    for text in ["", "a diary", &"x".repeat(100_000)] {
        fs::write(&path, text).unwrap();
        unreadable("redb", &path);
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
    }
    // each other's, and a redb file of another's
    for (kind, other) in [("json", "redb"), ("redb", "json")] {
        let path = dir.path().join(kind);
        open(kind, &path).unwrap();
        let before = fs::read(&path).unwrap();
        unreadable(other, &path);
        assert_eq!(fs::read(&path).unwrap(), before);
    }
}

#[test]
fn what_is_no_file_is_refused() {
    for kind in KINDS {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(unreadable(kind, dir.path()), "it is no regular file");
        fs::remove_file(dir.path().with_added_extension("lock")).unwrap();
        assert!(matches!(why(open(kind, &dir.path().join("none/notes"))), FileError::Io(_)));
        let pipe = dir.path().join("pipe");
        rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
        assert_eq!(unreadable(kind, &pipe), "it is no regular file");
    }
}

#[test]
fn a_damaged_file_is_an_error_and_not_replaced() {
    for kind in KINDS {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("notes");
        let stores = open(kind, &path).unwrap();
        for n in 0..50 {
            notes(&stores).set(&format!("key {n}"), format!("value {n}").as_bytes(), None).unwrap();
        }
        drop(stores);
        let whole = fs::read(&path).unwrap();
        let cuts = (1..20).map(|n| whole.len() * n / 20).chain([1, 8, 9, whole.len() - 3]);
        for at in cuts {
            fs::write(&path, &whole[..at]).unwrap();
            let opened = catch_unwind(|| open(kind, &path)).unwrap_or_else(|_| panic!("{kind} cut at {at}"));
            assert!(opened.is_err(), "{kind} cut at {at}");
            assert!(fs::read(&path).unwrap() == whole[..at], "{kind} cut at {at}");
        }
        fs::write(&path, &whole).unwrap();
        assert_eq!(notes(&open(kind, &path).unwrap()).count().unwrap(), 50);
    }
}

/// Flips bits all over the file: it is refused, or every entry is there all the same.
#[test]
fn a_bit_that_flipped_is_found_or_harmless() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("notes");
    let stores = open("redb", &path).unwrap();
    for n in 0..50 {
        notes(&stores).set(&format!("key {n}"), format!("value {n}").as_bytes(), None).unwrap();
    }
    drop(stores);
    let whole = fs::read(&path).unwrap();
    let used: Vec<usize> = (0..whole.len()).filter(|&at| whole[at] != 0).collect();
    let mut refused = 0;
    for at in used.iter().step_by(used.len() / 150) {
        let mut damaged = whole.clone();
        damaged[*at] ^= 0x10;
        fs::write(&path, &damaged).unwrap();
        match catch_unwind(|| open("redb", &path)).unwrap_or_else(|_| panic!("byte {at}")) {
            Err(_) => {
                refused += 1;
                assert!(fs::read(&path).unwrap() == damaged, "byte {at}");
            }
            Ok(stores) => {
                for n in 0..50 {
                    let value = notes(&stores).get(&format!("key {n}")).unwrap();
                    assert_eq!(value.unwrap(), format!("value {n}").as_bytes(), "byte {at}");
                }
            }
        }
    }
    assert!(refused > 5, "{refused}");
}

#[test]
fn an_instance_is_not_made_when_its_stores_cannot_be_opened() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("notes.json");
    fs::write(&path, "a diary").unwrap();
    // the registry and the host are there: a listing opens no file
    let host = host([options("json", &path).into()]);
    let plugin = host.load("relay", &relay(host.registry())).unwrap();
    let made = |host: &hostfn::Host| plugin.instantiate(&host.registry().grant_everything());
    let Err(Error::Problems(problems)) = made(&host) else { panic!("it is refused") };
    let text = problems.to_string();
    assert!(
        text.contains("notes.json of the store `notes` is not a store of this kind, or is damaged"),
        "{text}"
    );
    assert_eq!(fs::read_to_string(&path).unwrap(), "a diary");
    // once the file is fixed, the next instance reads it
    fs::remove_file(&path).unwrap();
    assert!(made(&host).is_ok());
}

#[test]
fn a_registry_alone_touches_no_file() {
    let dir = tempfile::tempdir().unwrap();
    let module = kv::module().json("a", dir.path().join("a")).redb("b", dir.path().join("b"));
    Registry::builder().module(module).build().unwrap().listing();
    assert_eq!(fs::read_dir(&dir).unwrap().count(), 0);
}

#[test]
fn one_file_has_one_host() {
    for kind in KINDS {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("notes");
        let first = Guest::new(options(kind, &path), ALL);
        assert!(matches!(why(open(kind, &path)), FileError::InUse));
        let link = dir.path().join("link");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        assert!(matches!(why(open(kind, &link)), FileError::InUse), "by another name");
        drop(first);
        notes(&open(kind, &link).unwrap()).set("k", b"through the link", None).unwrap();
        assert!(link.is_symlink(), "a link stays one");
        assert!(notes(&open(kind, &path).unwrap()).get("k").unwrap().is_some());

        let twice = options(kind, &path);
        let twice = if kind == "json" { twice.json("more", &path) } else { twice.redb("more", &path) };
        assert!(matches!(why(twice.open()), FileError::InUse));
    }
}

#[test]
fn a_file_keeps_its_permissions_and_a_new_one_is_its_owner_s() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("notes");
    let mode = || fs::metadata(&path).unwrap().permissions().mode() & 0o777;
    let set = || notes(&open("json", &path).unwrap()).set("k", b"v", None);
    set().unwrap();
    assert_eq!(mode(), 0o600);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    set().unwrap();
    assert_eq!(mode(), 0o640);
}

#[test]
fn a_json_file_is_replaced_and_never_written_to() {
    let dir = tempfile::tempdir().unwrap();
    let (path, before) = (dir.path().join("notes.json"), dir.path().join("before"));
    let stores = open("json", &path).unwrap();
    let store = notes(&stores);
    store.set("k", &vec![b'a'; 500_000], None).unwrap();
    fs::hard_link(&path, &before).unwrap();
    let text = fs::read(&before).unwrap();
    store.set("k", b"new", None).unwrap();
    assert!(fs::read(&before).unwrap() == text, "who has the old file open reads on");

    // every reader sees a whole file
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut looks = 0;
            while !done.load(Ordering::Relaxed) || looks == 0 {
                let seen: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
                assert_eq!(seen["version"], 1);
                looks += 1;
            }
        });
        for n in 0..20 {
            store.set("k", &vec![b'a' + n; 100_000 * usize::from(n % 3)], None).unwrap();
        }
        done.store(true, Ordering::Relaxed);
        reader.join().unwrap();
    });
}

#[test]
fn a_change_that_cannot_be_saved_is_not_made() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("notes.json");
    let stores = open("json", &path).unwrap();
    let store = notes(&stores);
    store.set("k", b"old", None).unwrap();
    // where the draft would be, there is something
    let mut blocking = fs::File::create_new(dir.path().join("notes.json.tmp")).unwrap();
    blocking.write_all(b"blocking").unwrap();
    assert!(matches!(store.set("k", b"new", None), Err(KvError::StoreFailed(_))));
    assert!(matches!(store.set("other", b"new", Some(1_000)), Err(KvError::StoreFailed(_))));
    assert!(matches!(store.delete("k"), Err(KvError::StoreFailed(_))));
    assert_eq!(store.get("k").unwrap().as_deref(), Some(&b"old"[..]));
    assert_eq!(store.count().unwrap(), 1);
    fs::remove_file(dir.path().join("notes.json.tmp")).unwrap();
    store.set("k", b"new", None).unwrap();
}

#[test]
fn the_files_of_a_store_are_the_owners_alone() {
    use std::os::unix::fs::PermissionsExt;

    for kind in KINDS {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("notes");
        let stores = open(kind, &path).unwrap();
        let modes = || {
            let entries = fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap());
            let mut modes: Vec<_> = entries
                .map(|entry| (entry.file_name(), entry.metadata().unwrap().permissions().mode() & 0o7777))
                .collect();
            modes.sort();
            modes
        };
        assert_eq!(modes(), [("notes".into(), 0o600), ("notes.lock".into(), 0o600)], "{kind}");
        drop(stores);
        // and as an operator left them
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let mut guest = Guest::new(options(kind, &path), ALL);
        let store: u64 = guest.call("kv_open_to_write", ("notes",)).unwrap();
        guest.call::<()>("kv_set", (store, "a", Bytes::new(b"b"), None::<u64>)).unwrap();
        assert_eq!(modes()[0].1, 0o640, "{kind}");
    }
}
