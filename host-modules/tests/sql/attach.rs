//! `sql`: more than one database.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use hostfn::{Resource, Status};
use hostfn_modules::sql::{self, Changes, Database, Page, SQL_READ, Sql, Statement, Value};
use rusqlite::Connection;
use tempfile::TempDir;
use test_support::relay::{Guest, Refused};

type Handle = Resource<Database>;

const NONE: [i64; 0] = [];

/// Two databases of the host's, and a guest that may read and write what is in `in`.
struct Case {
    dir: TempDir,
    guest: Guest,
}

impl Case {
    fn new() -> Self {
        Self::with(sql::module(), &["sql.read", "sql.write"])
    }

    fn with(module: Sql, granted: &[&str]) -> Self {
        let dir = TempDir::new().unwrap();
        fs::create_dir(dir.path().join("in")).unwrap();
        let real = dir.path().canonicalize().unwrap();
        let grant = |name| format!("\"{name}\" = {{ allow = [\"{}/in/**\"] }}\n", real.display());
        let case = Self { guest: Guest::new(module, &granted.iter().map(grant).collect::<String>()), dir };
        for name in ["in/main.db", "in/other.db", "outside.db"] {
            let made = Connection::open(case.path(name)).unwrap();
            made.execute_batch("CREATE TABLE a (x INTEGER PRIMARY KEY); INSERT INTO a VALUES (1)").unwrap();
        }
        case
    }

    fn path(&self, name: &str) -> String {
        self.dir.path().canonicalize().unwrap().join(name).to_str().unwrap().to_owned()
    }

    fn open(&mut self, how: &str) -> Handle {
        let path = self.path("in/main.db");
        self.guest.call(how, (path,)).unwrap()
    }

    fn attach(&mut self, how: &str, db: Handle, file: &str, name: &str) -> Result<(), Refused> {
        let path = self.path(file);
        self.guest.call(how, (db, path, name))
    }

    fn execute(&mut self, db: Handle, sql: &str) -> Result<u64, String> {
        let done = self.guest.call::<Changes>("sql_execute", (db, sql, NONE));
        done.map(|changes| changes.rows).map_err(|refused| refused.code)
    }

    fn count(&mut self, db: Handle, table: &str) -> Result<i64, String> {
        let page = self.guest.call::<Page>("sql_query", (db, format!("SELECT count(*) FROM {table}"), NONE));
        page.map_err(|refused| refused.code).map(|page| match page.rows[0][0] {
            Value::Integer(count) => count,
            _ => panic!("a count is a number"),
        })
    }

    /// Rows of the file, as the host sees them.
    fn rows(&self, file: &str) -> i64 {
        let seen = Connection::open(self.path(file)).unwrap();
        seen.query_row("SELECT count(*) FROM a", [], |row| row.get(0)).unwrap()
    }
}

#[test]
fn what_is_attached_is_read_and_not_written() {
    let mut case = Case::new();
    let memory: Handle = case.guest.call("sql_open_memory", ()).unwrap();
    case.execute(memory, "CREATE TABLE a (x)").unwrap();
    for db in [memory, case.open("sql_open"), case.open("sql_open_write")] {
        case.attach("sql_attach", db, "in/other.db", "other").unwrap();
        assert_eq!(case.count(db, "other.a"), Ok(1));
        for write in ["INSERT INTO other.a VALUES (2)", "DROP TABLE other.a", "CREATE TABLE other.b (x)"] {
            assert_eq!(case.execute(db, write), Err("not_allowed".to_owned()), "{write}");
        }
        case.guest.call::<()>("sql_detach", (db, "OTHER")).unwrap();
        assert_eq!(case.count(db, "other.a"), Err("bad_sql".to_owned()));
        // and it can be attached once more
        case.attach("sql_attach", db, "in/other.db", "other").unwrap();
    }
    assert_eq!(case.execute(memory, "INSERT INTO a SELECT x FROM other.a"), Ok(1));
    assert_eq!(case.rows("in/other.db"), 1);
}

#[test]
fn what_is_attached_for_writing_is_written_in_one_transaction() {
    let mut case = Case::new();
    let db = case.open("sql_open_write");
    case.attach("sql_attach_write", db, "in/other.db", "other").unwrap();
    for (how, rows) in [("sql_rollback", 1), ("sql_commit", 2)] {
        case.guest.call::<()>("sql_begin", (db,)).unwrap();
        assert_eq!(case.execute(db, "INSERT INTO a VALUES (2)"), Ok(1));
        assert_eq!(case.execute(db, "INSERT INTO other.a VALUES (2)"), Ok(1));
        assert_eq!(case.guest.code("sql_detach", (db, "other")), "in_transaction");
        case.guest.call::<()>(how, (db,)).unwrap();
        assert_eq!((case.rows("in/main.db"), case.rows("in/other.db")), (rows, rows), "{how}");
    }
    // one that is attached for reading beside it is still that
    case.guest.call::<()>("sql_detach", (db, "other")).unwrap();
    case.attach("sql_attach", db, "in/other.db", "other").unwrap();
    assert_eq!(case.execute(db, "DELETE FROM other.a"), Err("not_allowed".to_owned()));
}

#[test]
fn nothing_is_attached_for_writing_where_nothing_is_written() {
    // opened for reading
    let mut case = Case::new();
    let db = case.open("sql_open");
    let refused = case.attach("sql_attach_write", db, "in/other.db", "other").unwrap_err();
    assert_eq!((refused.status, refused.code.as_str()), (Status::NO_CAPABILITY, "not_allowed"));
    // granted for reading
    let mut case = Case::with(sql::module(), &["sql.read"]);
    let db: Handle = case.guest.call("sql_open_memory", ()).unwrap();
    let refused = case.attach("sql_attach_write", db, "in/other.db", "other").unwrap_err();
    assert_eq!(refused.status, Status::NO_CAPABILITY);
    case.attach("sql_attach", db, "in/other.db", "other").unwrap();
    assert_eq!(case.count(db, "other.a"), Ok(1));
}

#[test]
fn a_path_outside_the_grant_is_refused() {
    let mut case = Case::new();
    let db = case.open("sql_open_write");
    let inside = case.path("in/other.db");
    for outside in [
        case.path("outside.db"),
        case.path("in/../outside.db"),
        format!("file:{inside}"),
        format!("file://{inside}?mode=ro"),
        ":memory:".to_owned(),
        "other.db".to_owned(),
        String::new(),
        case.path("in/other.db\0"),
    ] {
        for how in ["sql_attach", "sql_attach_write"] {
            assert_eq!(case.guest.status(how, (db, &outside, "other")), Status::NO_CAPABILITY, "{outside:?}");
        }
    }
    assert_eq!(case.guest.code("sql_detach", (db, "other")), "not_attached");
}

#[test]
fn what_is_no_file_is_not_found_and_none_is_made() {
    let mut case = Case::new();
    symlink(case.path("outside.db"), case.path("in/link.db")).unwrap();
    symlink(case.dir.path(), case.path("in/up")).unwrap();
    fs::create_dir(case.path("in/directory")).unwrap();
    rustix::fs::mkfifoat(rustix::fs::CWD, case.path("in/fifo"), rustix::fs::Mode::RWXU).unwrap();
    let db = case.open("sql_open_write");
    for file in
        ["in/link.db", "in/up/outside.db", "in/directory", "in/fifo", "in/none.db", "in/other.db?mode=rwc"]
    {
        for how in ["sql_attach", "sql_attach_write"] {
            let refused = case.attach(how, db, file, "other").unwrap_err();
            assert_eq!((refused.status, refused.code.as_str()), (Status::NOT_FOUND, "not_found"), "{file}");
            assert!(!refused.message.contains("/in/"), "{}", refused.message);
        }
    }
    assert!(!Path::new(&case.path("in/none.db")).exists());
}

#[test]
fn sql_attaches_nothing_and_says_what_does() {
    let mut case = Case::new();
    let db = case.open("sql_open_write");
    case.attach("sql_attach", db, "in/other.db", "other").unwrap();
    let path = case.path("in/other.db");
    for (sql, function) in
        [(format!("ATTACH '{path}' AS more"), "sql_attach"), ("DETACH other".into(), "sql_detach")]
    {
        let refused = case.guest.call::<Changes>("sql_execute", (db, &sql, NONE)).unwrap_err();
        assert_eq!(refused.code, "not_allowed", "{sql}");
        assert!(refused.message.contains(&format!("`{function}`")), "{}", refused.message);
    }
    let bound = ("ATTACH ?1 AS more", (path,));
    assert_eq!(case.guest.code("sql_execute", (db, bound.0, bound.1)), "not_allowed");
    let copy = format!("VACUUM other INTO '{}'", case.path("in/copy.db"));
    assert_eq!(case.execute(db, &copy), Err("not_allowed".to_owned()));
    // nor does it tell where they are
    assert_eq!(case.guest.code("sql_query", (db, "PRAGMA database_list", NONE)), "not_allowed");
    assert_eq!(case.count(db, "other.a"), Ok(1));
}

#[test]
fn a_name_is_plain_and_used_once() {
    let mut case = Case::with(sql::module().max_attached(1), &["sql.read"]);
    let db = case.open("sql_open");
    let long = "a".repeat(65);
    for name in ["", "main", "TEMP", "1a", "a b", "a;b", "a\"", "a.b", "\u{e9}", "_a", &long] {
        let refused = case.attach("sql_attach", db, "in/other.db", name).unwrap_err();
        assert_eq!((refused.status, refused.code.as_str()), (Status::BAD_INPUT, "bad_name"), "{name:?}");
    }
    case.attach("sql_attach", db, "in/other.db", &long[..64]).unwrap();
    let again = case.attach("sql_attach", db, "in/other.db", &long[..64].to_uppercase()).unwrap_err();
    assert_eq!(again.code, "bad_name");
    let more = case.attach("sql_attach", db, "in/other.db", "more").unwrap_err();
    assert_eq!((more.status, more.code.as_str()), (Status::QUOTA_EXCEEDED, "too_many_attached"));
}

#[test]
fn what_is_revoked_is_not_reached_by_way_of_another() {
    let mut case = Case::new();
    let db = case.open("sql_open_write");
    let copy = "INSERT INTO a SELECT x + 1 FROM other.a";
    let statement: Resource<Statement> = case.guest.call("sql_prepare", (db, "DELETE FROM a")).unwrap();
    case.attach("sql_attach", db, "in/other.db", "other").unwrap();
    assert!(case.guest.instance.grants().revoke(&SQL_READ));
    let refused = case.guest.call::<Changes>("sql_execute", (db, copy, NONE)).unwrap_err();
    assert_eq!((refused.status, refused.code.as_str()), (Status::NO_CAPABILITY, "not_granted"));
    assert_eq!(case.guest.code("sql_run", (statement, NONE)), "not_granted");
    case.guest.call::<()>("sql_detach", (db, "other")).unwrap();
    assert_eq!(case.execute(db, copy), Err("bad_sql".to_owned()));
    case.guest.call::<Changes>("sql_run", (statement, NONE)).unwrap();
}

#[test]
fn what_is_no_database_is_not_attached() {
    let mut case = Case::new();
    fs::write(case.path("in/text.db"), "not a database, and long enough to look at".repeat(100)).unwrap();
    let utf16 = Connection::open(case.path("in/utf16.db")).unwrap();
    utf16.execute_batch("PRAGMA encoding = 'UTF-16'; CREATE TABLE a (x)").unwrap();
    let db = case.open("sql_open_write");
    for (file, code) in [("in/text.db", "not_a_database"), ("in/utf16.db", "cannot_attach")] {
        let refused = case.attach("sql_attach", db, file, "other").unwrap_err();
        assert_eq!(refused.code, code, "{file}");
        assert!(!refused.message.contains("/in/"), "{}", refused.message);
    }
    // the name is free, and the database as it was
    case.attach("sql_attach", db, "in/other.db", "other").unwrap();
    assert_eq!((case.count(db, "a"), case.count(db, "other.a")), (Ok(1), Ok(1)));
}

#[test]
fn what_is_attached_grows_no_further_than_allowed() {
    let mut case = Case::with(sql::module().max_file(64 << 10), &["sql.read", "sql.write"]);
    let db = case.open("sql_open_write");
    case.attach("sql_attach_write", db, "in/other.db", "other").unwrap();
    case.execute(db, "CREATE TABLE other.b (x)").unwrap();
    let filled = case.execute(db, "INSERT INTO other.b SELECT zeroblob(65536)");
    assert_eq!(filled, Err("full".to_owned()));
}

#[test]
fn after_close_there_is_nothing_to_attach_to() {
    let mut case = Case::new();
    let db = case.open("sql_open_write");
    case.attach("sql_attach_write", db, "in/other.db", "other").unwrap();
    case.guest.call::<()>("sql_begin", (db,)).unwrap();
    case.execute(db, "INSERT INTO other.a VALUES (2)").unwrap();
    case.guest.call::<()>("sql_close", (db,)).unwrap();
    assert_eq!(case.rows("in/other.db"), 1, "rolled back");
    let refused = case.attach("sql_attach", db, "in/other.db", "other").unwrap_err();
    assert_eq!(refused.status, Status::NOT_FOUND);
    assert_eq!(case.guest.status("sql_detach", (db, "other")), Status::NOT_FOUND);
}
