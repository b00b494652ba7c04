//! `sql`: what a guest cannot do with databases.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use hostfn::{Resource, Status};
use hostfn_modules::sql::{self, Changes, Database, Page, SQL_WRITE, Statement, Value};
use rusqlite::Connection;
use tempfile::TempDir;
use test_support::relay::{Guest, host};

type Handle = Resource<Database>;

const NONE: [i64; 0] = [];

/// A database in memory lies within any grant.
const MEMORY: &str = "\"sql.read\" = { allow = [\"/nowhere\"] }\n\"sql.write\" = { allow = [\"/nowhere\"] }";

fn real(dir: &TempDir) -> String {
    dir.path().canonicalize().unwrap().to_str().unwrap().to_owned()
}

fn path(dir: &TempDir, name: &str) -> String {
    format!("{}/{name}", real(dir))
}

fn grant(dir: &TempDir, pattern: &str) -> String {
    let pattern = path(dir, pattern);
    format!("\"sql.read\" = {{ allow = [\"{pattern}\"] }}\n\"sql.write\" = {{ allow = [\"{pattern}\"] }}")
}

/// A database of the host's, with a table `a` of one row.
fn database(path: impl AsRef<Path>) {
    let made = Connection::open(path).unwrap();
    made.execute_batch("CREATE TABLE a (x INTEGER PRIMARY KEY, y TEXT); INSERT INTO a VALUES (1, 'one')")
        .unwrap();
}

fn memory(guest: &mut Guest) -> Handle {
    let db = guest.call("sql_open_memory", ()).unwrap();
    guest
        .call::<Changes>("sql_execute", (db, "CREATE TABLE a (x INTEGER PRIMARY KEY, y TEXT)", NONE))
        .unwrap();
    guest.call::<Changes>("sql_execute", (db, "INSERT INTO a VALUES (1, 'one')", NONE)).unwrap();
    db
}

#[test]
fn a_path_outside_the_grant_is_refused_before_it_is_looked_at() {
    let (dir, other) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    database(path(&other, "a.db"));
    fs::create_dir(path(&dir, "in")).unwrap();
    let mut guest = Guest::new(sql::module(), &grant(&dir, "in/**"));
    let outside = [
        path(&other, "a.db"),
        path(&other, "none.db"),
        path(&dir, "in/../out.db"),
        "in/a.db".to_owned(),
        String::new(),
        ":memory:".to_owned(),
        format!("file:{}", path(&dir, "in/a.db")),
        path(&dir, "in/a\0.db"),
    ];
    for outside in outside {
        for open in ["sql_open", "sql_open_write"] {
            assert_eq!(guest.status(open, (&outside,)), Status::NO_CAPABILITY, "{open} {outside:?}");
        }
    }
    assert!(!Path::new(&path(&dir, "out.db")).exists());
    // not what SQLite reads as a URI, either
    let _: Handle = guest.call("sql_open_write", (path(&dir, "in/a.db?mode=memory#x"),)).unwrap();
    assert!(Path::new(&path(&dir, "in/a.db?mode=memory#x")).exists());
}

#[test]
fn what_is_denied_within_a_grant_is_refused() {
    let dir = TempDir::new().unwrap();
    let all = path(&dir, "**");
    let denied = path(&dir, "secret.db");
    database(&denied);
    let grants = format!("\"sql.read\" = {{ allow = [\"{all}\"], deny = [\"{denied}\"] }}");
    let mut guest = Guest::new(sql::module(), &grants);
    assert_eq!(guest.status("sql_open", (&denied,)), Status::NO_CAPABILITY);
    symlink(&denied, path(&dir, "link.db")).unwrap();
    assert_eq!(guest.status("sql_open", (path(&dir, "link.db"),)), Status::NOT_FOUND);
}

#[test]
fn what_is_not_there_is_not_found_and_the_error_names_no_path() {
    let dir = TempDir::new().unwrap();
    let mut guest = Guest::new(sql::module(), &grant(&dir, "**"));
    fs::create_dir(path(&dir, "directory")).unwrap();
    let fifo = rustix::fs::mknodat(
        rustix::fs::CWD,
        path(&dir, "fifo"),
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::from_raw_mode(0o600),
        0,
    );
    fifo.unwrap();
    for (open, name) in [
        ("sql_open", "none.db"),
        ("sql_open", "none/none.db"),
        ("sql_open_write", "none/none.db"),
        ("sql_open", "directory"),
        ("sql_open_write", "directory"),
        ("sql_open", ""),
        ("sql_open", "fifo"),
        ("sql_open_write", "fifo"),
    ] {
        let refused = guest.call::<Handle>(open, (path(&dir, name),)).unwrap_err();
        assert_eq!(
            (refused.status, refused.code.as_str()),
            (Status::NOT_FOUND, "not_found"),
            "{open} {name}"
        );
        assert!(!refused.message.contains('/'), "{refused:?}");
    }
    assert!(!Path::new(&path(&dir, "none.db")).exists());
}

#[test]
fn no_link_leads_out_of_the_grant() {
    let (dir, other) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    database(path(&other, "a.db"));
    symlink(path(&other, "a.db"), path(&dir, "file.db")).unwrap();
    symlink(path(&other, "new.db"), path(&dir, "dangling.db")).unwrap();
    symlink(real(&other), path(&dir, "directory")).unwrap();
    let mut guest = Guest::new(sql::module(), &grant(&dir, "**"));
    for name in ["file.db", "dangling.db", "directory/a.db", "directory/new.db"] {
        for open in ["sql_open", "sql_open_write"] {
            assert_eq!(guest.code(open, (path(&dir, name),)), "not_found", "{open} {name}");
        }
    }
    assert!(!Path::new(&path(&other, "new.db")).exists());
    // nor that of its journal
    database(path(&dir, "own.db"));
    fs::write(path(&other, "victim"), "as it was").unwrap();
    let db: Handle = guest.call("sql_open_write", (path(&dir, "own.db"),)).unwrap();
    symlink(path(&other, "victim"), path(&dir, "own.db-journal")).unwrap();
    let refused = guest.call::<Changes>("sql_execute", (db, "DELETE FROM a", NONE)).unwrap_err();
    assert!(!refused.message.contains('/'), "{refused:?}");
    assert_eq!(fs::read_to_string(path(&other, "victim")).unwrap(), "as it was");
}

#[test]
fn what_the_grant_fixes_may_be_a_link_of_the_operator_s() {
    let (dir, other) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    database(path(&other, "a.db"));
    symlink(real(&other), path(&dir, "data")).unwrap();
    let mut guest = Guest::new(sql::module(), &grant(&dir, "data/**"));
    let db: Handle = guest.call("sql_open", (path(&dir, "data/a.db"),)).unwrap();
    let page: Page = guest.call("sql_query", (db, "SELECT y FROM a", NONE)).unwrap();
    assert_eq!(page.rows, [[Value::Text("one".into())]]);
}

#[test]
fn reading_and_writing_are_granted_one_by_one() {
    let dir = TempDir::new().unwrap();
    database(path(&dir, "a.db"));
    let all = path(&dir, "**");
    let mut reader = Guest::new(sql::module(), &format!("\"sql.read\" = {{ allow = [\"{all}\"] }}"));
    assert_eq!(reader.status("sql_open_write", (path(&dir, "a.db"),)), Status::NO_CAPABILITY);
    let db: Handle = reader.call("sql_open", (path(&dir, "a.db"),)).unwrap();
    assert_eq!(reader.status("sql_execute", (db, "DELETE FROM a", NONE)), Status::NO_CAPABILITY);
    let delete: Resource<Statement> = reader.call("sql_prepare", (db, "SELECT 1")).unwrap();
    assert_eq!(reader.status("sql_run", (delete, NONE)), Status::NO_CAPABILITY);
    for end in ["sql_begin", "sql_commit", "sql_rollback"] {
        assert_eq!(reader.status(end, (db,)), Status::NO_CAPABILITY);
    }
    let memory: Handle = reader.call("sql_open_memory", ()).unwrap();
    assert_eq!(reader.status("sql_execute", (memory, "CREATE TABLE a (x)", NONE)), Status::NO_CAPABILITY);
    reader.call::<Page>("sql_query", (memory, "SELECT 1", NONE)).unwrap();

    let mut writer = Guest::new(sql::module(), &format!("\"sql.write\" = {{ allow = [\"{all}\"] }}"));
    assert_eq!(writer.status("sql_open", (path(&dir, "a.db"),)), Status::NO_CAPABILITY);
    let db: Handle = writer.call("sql_open_write", (path(&dir, "a.db"),)).unwrap();
    writer.call::<Changes>("sql_execute", (db, "UPDATE a SET y = 'two'", NONE)).unwrap();
    assert_eq!(writer.status("sql_query", (db, "SELECT y FROM a", NONE)), Status::NO_CAPABILITY);
    assert_eq!(writer.status("sql_prepare", (db, "SELECT y FROM a")), Status::NO_CAPABILITY);

    let mut nobody = Guest::new(sql::module(), "");
    let memory: Handle = nobody.call("sql_open_memory", ()).unwrap();
    assert_eq!(nobody.status("sql_query", (memory, "SELECT 1", NONE)), Status::NO_CAPABILITY);
    nobody.call::<()>("sql_close", (memory,)).unwrap();
}

#[test]
fn a_grant_that_is_narrower_for_writing_holds_for_what_is_open() {
    let dir = TempDir::new().unwrap();
    database(path(&dir, "a.db"));
    let (all, own) = (path(&dir, "**"), path(&dir, "own.db"));
    let grants =
        format!("\"sql.read\" = {{ allow = [\"{all}\"] }}\n\"sql.write\" = {{ allow = [\"{own}\"] }}");
    let mut guest = Guest::new(sql::module(), &grants);
    let own: Handle = guest.call("sql_open_write", (own,)).unwrap();
    let other: Handle = guest.call("sql_open", (path(&dir, "a.db"),)).unwrap();
    guest.call::<Changes>("sql_execute", (own, "CREATE TABLE a (x)", NONE)).unwrap();
    assert_eq!(guest.status("sql_execute", (other, "DELETE FROM a", NONE)), Status::NO_CAPABILITY);

    assert!(guest.instance.grants().revoke(&SQL_WRITE));
    assert_eq!(guest.status("sql_execute", (own, "DROP TABLE a", NONE)), Status::NO_CAPABILITY);
    guest.call::<Page>("sql_query", (own, "SELECT * FROM a", NONE)).unwrap();
}

/// That the SQL is not allowed on the database, be it queried, executed or prepared.
fn not_allowed(guest: &mut Guest, db: Handle, sql: &str) {
    let ways = [
        guest.call::<Page>("sql_query", (db, sql, NONE)).map(drop),
        guest.call::<Changes>("sql_execute", (db, sql, NONE)).map(drop),
        guest.call::<Resource<Statement>>("sql_prepare", (db, sql)).map(drop),
    ];
    for way in ways {
        let refused = way.expect_err(sql);
        assert_eq!(
            (refused.status, refused.code.as_str()),
            (Status::NO_CAPABILITY, "not_allowed"),
            "{sql}: {refused:?}"
        );
        assert!(refused.message.starts_with("this is not allowed: "), "{sql}: {refused:?}");
    }
}

#[test]
fn nothing_is_written_to_a_database_that_was_opened_for_reading() {
    let dir = TempDir::new().unwrap();
    database(path(&dir, "a.db"));
    let before = fs::read(path(&dir, "a.db")).unwrap();
    // also where writing is granted
    let mut guest = Guest::new(sql::module(), &grant(&dir, "**"));
    let db: Handle = guest.call("sql_open", (path(&dir, "a.db"),)).unwrap();
    for sql in [
        "INSERT INTO a VALUES (2, 'two')",
        "UPDATE a SET y = 'two'",
        "DELETE FROM a",
        "REPLACE INTO a VALUES (1, 'two')",
        "INSERT INTO a VALUES (2, 'two') RETURNING x",
        "CREATE TABLE b (x)",
        "CREATE TABLE b AS SELECT * FROM a",
        "CREATE INDEX b ON a (y)",
        "CREATE VIEW b AS SELECT 1",
        "CREATE TRIGGER b AFTER INSERT ON a BEGIN DELETE FROM a; END",
        "DROP TABLE a",
        "ALTER TABLE a RENAME TO b",
        "ALTER TABLE a ADD COLUMN z",
        "ANALYZE",
        "BEGIN",
        "SAVEPOINT s",
        "EXPLAIN DELETE FROM a",
    ] {
        not_allowed(&mut guest, db, sql);
    }
    assert_eq!(guest.code("sql_begin", (db,)), "not_allowed");
    assert_eq!(fs::read(path(&dir, "a.db")).unwrap(), before);
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "no journal, either");
}

#[test]
fn no_other_file_is_attached() {
    let dir = TempDir::new().unwrap();
    database(path(&dir, "other.db"));
    let mut guest = Guest::new(sql::module(), &grant(&dir, "**"));
    let file: Handle = guest.call("sql_open_write", (path(&dir, "a.db"),)).unwrap();
    let memory: Handle = guest.call("sql_open_memory", ()).unwrap();
    for db in [file, memory] {
        // within the grant or not
        not_allowed(&mut guest, db, &format!("ATTACH '{}' AS other", path(&dir, "other.db")));
        not_allowed(&mut guest, db, "ATTACH '/etc/passwd' AS other");
        not_allowed(&mut guest, db, "ATTACH ':memory:' AS other");
        not_allowed(&mut guest, db, "ATTACH 'file:/tmp/x?mode=ro' AS other");
        not_allowed(&mut guest, db, "DETACH main");
        // they attach, too, and are found out when they run
        for vacuum in ["VACUUM".to_owned(), format!("VACUUM INTO '{}'", path(&dir, "copy.db"))] {
            assert_eq!(guest.code("sql_execute", (db, &vacuum, NONE)), "not_allowed", "{vacuum}");
        }
        // not by a name that is bound
        let bound = guest.code("sql_execute", (db, "ATTACH ?1 AS other", (path(&dir, "other.db"),)));
        assert_eq!(bound, "not_allowed");
    }
    assert!(!Path::new(&path(&dir, "copy.db")).exists());
}

#[test]
fn pragmas_tell_and_change_nothing() {
    let dir = TempDir::new().unwrap();
    database(path(&dir, "a.db"));
    let mut guest = Guest::new(sql::module(), &grant(&dir, "**"));
    let db: Handle = guest.call("sql_open_write", (path(&dir, "a.db"),)).unwrap();
    for pragma in [
        "journal_mode = WAL",
        "journal_mode",
        "user_version = 7",
        "application_id = 7",
        "schema_version = 7",
        "writable_schema = ON",
        "trusted_schema = ON",
        "foreign_keys = OFF",
        "page_size = 512",
        "encoding = 'UTF-16'",
        "max_page_count = 1000000",
        "cache_size = 1000000",
        "mmap_size = 1000000",
        "temp_store = FILE",
        "temp_store_directory = '/tmp'",
        "data_store_directory = '/tmp'",
        "hard_heap_limit = 1",
        "soft_heap_limit = 1",
        "locking_mode = EXCLUSIVE",
        "synchronous = OFF",
        "busy_timeout = 1000000",
        "wal_checkpoint",
        "wal_autocheckpoint = 1",
        "incremental_vacuum",
        "optimize",
        "shrink_memory",
        "threads = 8",
        "query_only = OFF",
        "database_list",
        "no_such_pragma",
        "main.user_version(7)",
    ] {
        not_allowed(&mut guest, db, &format!("PRAGMA {pragma}"));
    }
    // nor as tables
    assert_eq!(guest.code("sql_query", (db, "SELECT * FROM pragma_database_list", NONE)), "not_allowed");
    for pragma in [
        "user_version",
        "table_info(a)",
        "TABLE_XINFO('a')",
        "foreign_keys",
        "page_count",
        "quick_check",
        "integrity_check(a)",
    ] {
        guest.call::<Page>("sql_query", (db, format!("PRAGMA {pragma}"), NONE)).unwrap();
    }
    let page: Page = guest.call("sql_query", (db, "SELECT name FROM pragma_table_info('a')", NONE)).unwrap();
    assert_eq!(page.rows, [[Value::Text("x".into())], [Value::Text("y".into())]]);
}

#[test]
fn nothing_of_the_host_is_loaded_or_called() {
    let mut guest = Guest::new(sql::module(), MEMORY);
    let db = memory(&mut guest);
    for sql in [
        "SELECT load_extension('/tmp/evil.so')",
        "SELECT LOAD_EXTENSION('evil', 'init')",
        "SELECT fts3_tokenizer('simple')",
        "CREATE VIRTUAL TABLE b USING fts5(x)",
        "CREATE VIRTUAL TABLE b USING fts4(x)",
        "CREATE VIRTUAL TABLE b USING rtree(a, b, c)",
        "CREATE TEMP TABLE b (x)",
        "CREATE TABLE temp.b (x)",
        "CREATE TABLE temp.b AS SELECT 1",
        "CREATE TEMP VIEW b AS SELECT 1",
        "CREATE VIEW temp.b AS SELECT 1",
        "CREATE TRIGGER temp.b AFTER INSERT ON a BEGIN SELECT 1; END",
        "CREATE TEMP TRIGGER b AFTER INSERT ON a BEGIN SELECT 1; END",
    ] {
        not_allowed(&mut guest, db, sql);
    }
    // those of SQLite's shell are not there
    for sql in ["SELECT readfile('/etc/passwd')", "SELECT writefile('/tmp/x', 'y')", "SELECT edit('x', 'ed')"]
    {
        assert_eq!(guest.code("sql_query", (db, sql, NONE)), "bad_sql", "{sql}");
    }
    // not by way of a view or a trigger
    let view = "CREATE VIEW v AS SELECT load_extension('x')";
    let _ = guest.call::<Changes>("sql_execute", (db, view, NONE));
    guest.call::<Page>("sql_query", (db, "SELECT * FROM v", NONE)).unwrap_err();
}

#[test]
fn virtual_table_of_a_database_file_is_not_usable() {
    let dir = TempDir::new().unwrap();
    let host = Connection::open(path(&dir, "a.db")).unwrap();
    host.execute_batch(
        "CREATE VIRTUAL TABLE f3 USING fts3(text); CREATE VIRTUAL TABLE f4 USING fts4(text);
         CREATE VIRTUAL TABLE f5 USING fts5(text); CREATE VIRTUAL TABLE r USING rtree(id, x0, x1);
         CREATE VIRTUAL TABLE s USING dbstat; CREATE TABLE a (x); CREATE VIEW v AS SELECT * FROM f5;
         CREATE TRIGGER t AFTER INSERT ON a BEGIN INSERT INTO f5 VALUES ('x'); END",
    )
    .unwrap();
    let mut guest = Guest::new(sql::module(), &grant(&dir, "**"));
    let db: Handle = guest.call("sql_open_write", (path(&dir, "a.db"),)).unwrap();
    for sql in [
        "SELECT * FROM f3",
        "SELECT * FROM f4",
        "SELECT * FROM f5",
        "SELECT * FROM f5 WHERE f5 MATCH 'x'",
        "SELECT * FROM r",
        "SELECT * FROM s",
        "SELECT * FROM dbstat",
        "SELECT * FROM sqlite_stmt",
        "SELECT * FROM v",
    ] {
        let refused = guest.call::<Page>("sql_query", (db, sql, NONE)).unwrap_err();
        assert!(refused.message.starts_with("no such"), "{sql}: {refused:?}");
    }
    assert_eq!(guest.code("sql_execute", (db, "INSERT INTO a VALUES (1)", NONE)), "bad_sql");
    guest
        .call::<Page>("sql_query", (db, "SELECT * FROM a, json_each('[1]'), json_tree('[1]')", NONE))
        .unwrap();
}

#[test]
fn the_schema_is_not_edited() {
    let mut guest = Guest::new(sql::module(), MEMORY);
    let db = memory(&mut guest);
    for sql in [
        "DELETE FROM sqlite_schema",
        "UPDATE sqlite_master SET sql = ''",
        "INSERT INTO sqlite_schema VALUES (1, 2, 3, 4, 5)",
    ] {
        assert_eq!(guest.code("sql_execute", (db, sql, NONE)), "bad_sql", "{sql}");
    }
}

#[test]
fn a_file_that_is_no_database_is_told_from_one() {
    let dir = TempDir::new().unwrap();
    fs::write(path(&dir, "text"), "not a database at all, but long enough to be looked at. ".repeat(100))
        .unwrap();
    database(path(&dir, "torn.db"));
    let mut torn = fs::read(path(&dir, "torn.db")).unwrap();
    torn[100..].fill(0xa5);
    fs::write(path(&dir, "torn.db"), torn).unwrap();
    let mut guest = Guest::new(sql::module(), &grant(&dir, "**"));
    assert_eq!(guest.code("sql_open", (path(&dir, "text"),)), "not_a_database");
    assert_eq!(guest.code("sql_open_write", (path(&dir, "text"),)), "not_a_database");
    if let Ok(db) = guest.call::<Handle>("sql_open", (path(&dir, "torn.db"),)) {
        assert_eq!(guest.code("sql_query", (db, "SELECT * FROM a", NONE)), "not_a_database");
    }
}

/// A database whose schema was edited by hand, as one that a guest made itself may be.
fn crafted(path: &str, sql: &str) {
    database(path);
    let made = Connection::open(path).unwrap();
    made.execute_batch(&format!("PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = {sql}"))
        .unwrap();
}

#[test]
fn a_crafted_schema_harms_nobody() {
    let dir = TempDir::new().unwrap();
    crafted(&path(&dir, "names.db"), "CAST(x'435245415445205441424c4520612028ff20696e742c207929' AS TEXT)");
    crafted(
        &path(&dir, "calls.db"),
        "'CREATE TABLE a (x INTEGER PRIMARY KEY, y DEFAULT (load_extension(''/x'')))'",
    );
    crafted(&path(&dir, "nonsense.db"), "'CREATE TABLE a (((('");
    let mut guest = Guest::new(sql::module(), &grant(&dir, "**"));
    // those that SQLite cannot read, or hands on what is no text
    assert_eq!(guest.code("sql_open", (path(&dir, "names.db"),)), "not_a_database");
    assert_eq!(guest.code("sql_open", (path(&dir, "nonsense.db"),)), "not_a_database");
    let db: Handle = guest.call("sql_open_write", (path(&dir, "calls.db"),)).unwrap();
    assert_eq!(guest.code("sql_query", (db, "SELECT * FROM a", NONE)), "not_allowed");
    assert_eq!(guest.code("sql_execute", (db, "INSERT INTO a (x) VALUES (2)", NONE)), "not_allowed");
    assert_eq!(guest.instance.poison(), None);
}

#[test]
fn a_host_without_a_grant_gives_nothing() {
    let module = host([sql::module().into()]);
    let mut guest = Guest::in_host(&module, "");
    assert_eq!(guest.status("sql_open", ("/etc/passwd",)), Status::NO_CAPABILITY);
    assert_eq!(guest.status("sql_open_write", ("/tmp/x.db",)), Status::NO_CAPABILITY);
}
