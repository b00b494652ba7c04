//! A file that `sql` has open is out of reach of `fs`.

use std::fs;
use std::path::Path;

use hostfn::Status;
use hostfn_modules::{fs as files, sql};
use rusqlite::Connection;
use serde_bytes::{ByteBuf, Bytes};
use tempfile::TempDir;
use test_support::relay::Guest;
use test_support::{alone, test_path};

const NONE: [u8; 0] = [];

struct Disk {
    dir: TempDir,
    guest: Guest,
}

impl Disk {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let grants = ["fs.read", "fs.write", "sql.read", "sql.write"]
            .map(|name| format!("{name:?} = {{ allow = [\"{}/**\"] }}", dir.path().display()))
            .join("\n");
        let host = test_support::relay::host([files::module().into(), sql::module().into()]);
        let guest = Guest::in_host(&host, &grants);
        let disk = Self { dir, guest };
        let data = Connection::open(disk.at("a.db")).unwrap();
        data.execute_batch("CREATE TABLE a (x); INSERT INTO a VALUES (1)").unwrap();
        fs::write(disk.at("plain"), "plain").unwrap();
        disk
    }

    fn at(&self, name: &str) -> String {
        self.dir.path().join(name).to_str().unwrap().to_owned()
    }

    fn refuses(&mut self, function: &str, args: impl serde::Serialize) {
        let refused = self.guest.call::<hostfn::abi::Value>(function, args).expect_err(function);
        assert_eq!((refused.status, &*refused.code), (Status::FAILED, "in_use"), "{function}");
    }
}

#[test]
fn an_open_database_is_out_of_reach_of_fs() {
    let mut disk = Disk::new();
    fs::hard_link(disk.at("a.db"), disk.at("hard")).unwrap();
    let [plain, elsewhere] = ["plain", "elsewhere"].map(|name| disk.at(name));
    let data = Bytes::new(b"damage");
    // one that was opened, one that is attached, and one that did not exist
    let main: u64 = disk.guest.call("sql_open", (disk.at("a.db"),)).unwrap();
    let memory: u64 = disk.guest.call("sql_open_memory", ()).unwrap();
    disk.guest.call::<()>("sql_attach", (memory, disk.at("a.db"), "a")).unwrap();
    let new: u64 = disk.guest.call("sql_open_write", (disk.at("new.db"),)).unwrap();
    disk.guest.call::<hostfn::abi::Value>("sql_execute", (new, "CREATE TABLE b (y)", NONE)).unwrap();
    for name in ["a.db", "hard", "new.db"] {
        let at = disk.at(name);
        for function in ["fs_read", "fs_open", "fs_open_write", "fs_remove"] {
            disk.refuses(function, (&at,));
        }
        for function in ["fs_write", "fs_append"] {
            disk.refuses(function, (&at, data));
        }
        disk.refuses("fs_rename", (&at, &elsewhere));
        disk.refuses("fs_rename", (&plain, &at));
    }
    for name in ["a.db-journal", "a.db-wal", "a.db-shm", "a.db-mj01234567", "new.db-journal"] {
        let at = disk.at(name);
        for function in ["fs_write", "fs_append"] {
            disk.refuses(function, (&at, data));
        }
        for function in ["fs_open_write", "fs_create", "fs_create_dir"] {
            disk.refuses(function, (&at,));
        }
        disk.refuses("fs_rename", (&plain, &at));
        assert!(!Path::new(&at).exists(), "{name}");
    }
    // the rest is as ever
    disk.guest.call::<()>("fs_write", (disk.at("a.db-notes"), data)).unwrap();
    disk.guest.call::<hostfn::abi::Value>("fs_stat", (disk.at("a.db"),)).unwrap();
    let page = disk.guest.call::<hostfn::abi::Value>("sql_query", (memory, "SELECT x FROM a.a", NONE));
    page.unwrap();
    // and it ends with the last who has it open
    disk.guest.call::<()>("sql_close", (main,)).unwrap();
    disk.refuses("fs_append", (disk.at("a.db"), data));
    disk.guest.call::<()>("sql_detach", (memory, "a")).unwrap();
    disk.guest.call::<()>("fs_append", (disk.at("a.db"), data)).unwrap();
    disk.guest.instance.close().unwrap();
    fs::remove_file(disk.at("new.db")).unwrap();
}

#[test]
fn a_database_that_failed_to_open_is_given_back() {
    let mut disk = Disk::new();
    fs::write(
        disk.at("no.db"),
        "this is text, and longer than the header of a database has to be: it is not one of them",
    )
    .unwrap();
    assert_eq!(disk.guest.code("sql_open", (disk.at("no.db"),)), "not_a_database");
    assert_eq!(disk.guest.code("sql_open", (disk.at("none.db"),)), "not_found");
    let memory: u64 = disk.guest.call("sql_open_memory", ()).unwrap();
    assert_eq!(disk.guest.code("sql_attach", (memory, disk.at("no.db"), "a")), "not_a_database");
    for name in ["no.db", "none.db"] {
        disk.guest.call::<()>("fs_write", (disk.at(name), Bytes::new(b"x"))).unwrap();
    }
}

#[test]
fn a_file_opened_before_is_not_written_to() {
    let mut disk = Disk::new();
    let files: Vec<u64> = ["a.db", "a.db-journal"]
        .map(|name| disk.guest.call("fs_open_write", (disk.at(name),)).unwrap())
        .into();
    let read: u64 = disk.guest.call("fs_open", (disk.at("a.db"),)).unwrap();
    let before = fs::read(disk.at("a.db")).unwrap();
    let data: u64 = disk.guest.call("sql_open_write", (disk.at("a.db"),)).unwrap();
    for file in &files {
        disk.refuses("fs_write_next", (file, Bytes::new(b"damage")));
        disk.refuses("fs_truncate", (file, 0_u64));
    }
    // closing any of them here would drop SQLite's locks
    disk.guest.call::<()>("sql_begin", (data,)).unwrap();
    for file in files.iter().chain([&read]) {
        disk.guest.call::<()>("fs_close", (file,)).unwrap();
    }
    let outside = test_path(module_path!(), "the_lock_is_seen_from_outside");
    let locked = alone(&outside).env("HOSTFN_TEST_LOCKED", disk.at("a.db")).status();
    assert!(locked.unwrap().success(), "the database is not locked any more");
    disk.guest.call::<()>("sql_commit", (data,)).unwrap();
    disk.guest.call::<()>("sql_close", (data,)).unwrap();
    assert_eq!(fs::read(disk.at("a.db")).unwrap(), before);
    let read = disk.guest.call::<ByteBuf>("fs_read", (disk.at("a.db"),)).unwrap();
    assert_eq!(read, before);
}

/// Runs in another process for the test above: locks of one process do not hold against itself.
#[test]
fn the_lock_is_seen_from_outside() {
    let Ok(path) = std::env::var("HOSTFN_TEST_LOCKED") else { return };
    let data = Connection::open(path).unwrap();
    data.busy_timeout(std::time::Duration::ZERO).unwrap();
    assert!(data.execute_batch("BEGIN IMMEDIATE").is_err(), "it can be locked");
}

#[test]
fn a_directory_with_an_open_database_stays() {
    let mut disk = Disk::new();
    fs::create_dir_all(disk.at("dir/sub")).unwrap();
    fs::copy(disk.at("a.db"), disk.at("dir/sub/a.db")).unwrap();
    let data: u64 = disk.guest.call("sql_open", (disk.at("dir/sub/a.db"),)).unwrap();
    let [dir, sub, to] = ["dir", "dir/sub", "to"].map(|name| disk.at(name));
    disk.refuses("fs_rename", (&dir, &to));
    disk.refuses("fs_rename", (&sub, &to));
    disk.guest.call::<()>("sql_close", (data,)).unwrap();
    disk.guest.call::<()>("fs_rename", (&dir, &to)).unwrap();
}
