//! `sql`: what a statement may read and write, by what is granted.

use hostfn::{Resource, Status};
use hostfn_modules::sql::{self, Changes, Database, Page, SQL_READ, SQL_WRITE, Value};
use rusqlite::Connection;
use tempfile::TempDir;
use test_support::relay::Guest;

type Handle = Resource<Database>;

const NONE: [i64; 0] = [];

struct Case {
    dir: TempDir,
}

impl Case {
    /// Two files: `a.db` and `b.db`, each with a table of three rows, an empty one, and a view and a trigger that read.
    fn new() -> Self {
        let dir = TempDir::new().unwrap();
        let case = Self { dir };
        for name in ["a.db", "b.db"] {
            let host = Connection::open(case.path(name)).unwrap();
            host.execute_batch(
                "CREATE TABLE secret (id INTEGER PRIMARY KEY, word TEXT UNIQUE);
                 INSERT INTO secret VALUES (1, 'alpha'), (2, 'beta'), (3, 'gamma');
                 CREATE TABLE own (x, y);
                 CREATE VIEW words AS SELECT word FROM secret",
            )
            .unwrap();
        }
        case
    }

    fn path(&self, name: &str) -> String {
        self.dir.path().canonicalize().unwrap().join(name).to_str().unwrap().to_owned()
    }

    fn grants(&self, reads: &[&str], writes: &[&str]) -> String {
        let line = |capability: &str, names: &[&str]| {
            let paths: Vec<String> = names.iter().map(|name| format!("\"{}\"", self.path(name))).collect();
            format!("\"{capability}\" = {{ allow = [{}] }}\n", paths.join(","))
        };
        line("sql.read", reads) + &line("sql.write", writes)
    }

    fn count(&self, name: &str, table: &str) -> i64 {
        let sql = format!("SELECT count(*) FROM {table}");
        Connection::open(self.path(name)).unwrap().query_row(&sql, [], |row| row.get(0)).unwrap()
    }
}

fn execute(guest: &mut Guest, db: Handle, sql: &str) -> u64 {
    let changes: Changes =
        guest.call("sql_execute", (db, sql, NONE)).unwrap_or_else(|e| panic!("{sql}: {e:?}"));
    changes.rows
}

fn refused(guest: &mut Guest, db: Handle, sql: &str) {
    let refused = guest.call::<Changes>("sql_execute", (db, sql, NONE)).expect_err(sql);
    assert_eq!(
        (refused.status, &*refused.code),
        (Status::NO_CAPABILITY, "not_allowed"),
        "{sql}: {refused:?}"
    );
    assert!(refused.message.contains("`sql.read`"), "{sql}: {refused:?}");
}

#[test]
fn writing_alone_reads_no_row_in_any_way() {
    let case = Case::new();
    let mut guest = Guest::new(sql::module(), &case.grants(&[], &["a.db"]));
    let db: Handle = guest.call("sql_open_write", (case.path("a.db"),)).unwrap();
    for sql in [
        "INSERT INTO own SELECT * FROM secret",
        "INSERT INTO own SELECT word, 1 FROM words",
        "INSERT INTO own VALUES ((SELECT word FROM secret WHERE id = 1), 1)",
        "INSERT INTO own SELECT count(*), 1 FROM secret",
        "INSERT INTO own SELECT 1, 1 WHERE EXISTS (SELECT 1 FROM secret)",
        "CREATE TABLE copy AS SELECT * FROM secret",
        "UPDATE secret SET word = word || 'x'",
        "UPDATE secret SET word = 'x' WHERE word LIKE 'a%'",
        "UPDATE own SET x = s.word FROM secret AS s",
        "DELETE FROM secret WHERE word > 'b'",
        "DELETE FROM secret WHERE id = 1 AND word = 'alpha'",
        "INSERT INTO secret VALUES (1, 'x') ON CONFLICT DO UPDATE SET word = word || 'y'",
        "WITH c AS (SELECT * FROM secret) INSERT INTO own SELECT * FROM c",
        "INSERT INTO own SELECT 1, s.id FROM secret AS s LEFT JOIN own ON own.x = s.word",
    ] {
        refused(&mut guest, db, sql);
    }
    // nor by a trigger of its own, whose message is the guest's to choose
    let trigger =
        "CREATE TRIGGER t BEFORE INSERT ON own BEGIN SELECT RAISE(ABORT, (SELECT word FROM secret)); END";
    let _ = guest.call::<Changes>("sql_execute", (db, trigger, NONE));
    if let Err(refused) = guest.call::<Changes>("sql_execute", (db, "INSERT INTO own VALUES (1, 2)", NONE)) {
        assert!(!refused.message.contains("alpha"), "{refused:?}");
        execute(&mut guest, db, "DROP TRIGGER t");
    }
    assert_eq!(case.count("a.db", "own"), 0);

    // what it writes, it writes
    assert_eq!(execute(&mut guest, db, "INSERT INTO own VALUES (1, 2), (3, 4)"), 2);
    assert_eq!(execute(&mut guest, db, "UPDATE own SET x = 7"), 2);
    assert_eq!(execute(&mut guest, db, "DELETE FROM own"), 2);
    execute(&mut guest, db, "CREATE TABLE more (x); ");
    execute(&mut guest, db, "ALTER TABLE more ADD COLUMN y");
    execute(&mut guest, db, "DROP TABLE more");
    // and learns that something is in the way, not what
    let refused = guest
        .call::<Changes>("sql_execute", (db, "INSERT INTO secret VALUES (9, 'beta')", NONE))
        .unwrap_err();
    assert_eq!(
        (&*refused.code, &*refused.message),
        ("constraint", "a constraint of the schema does not hold")
    );
}

#[test]
fn reading_is_granted_for_each_attached_database() {
    let case = Case::new();
    let mut guest = Guest::new(sql::module(), &case.grants(&["a.db"], &["a.db", "b.db"]));
    let db: Handle = guest.call("sql_open_write", (case.path("a.db"),)).unwrap();
    guest.call::<()>("sql_attach_write", (db, case.path("b.db"), "b")).unwrap();
    refused(&mut guest, db, "INSERT INTO own SELECT * FROM b.secret");
    assert_eq!(execute(&mut guest, db, "INSERT INTO b.own SELECT * FROM main.secret"), 3);
    assert_eq!(execute(&mut guest, db, "UPDATE secret SET word = 'x' WHERE word = 'alpha'"), 1);
    // an own database in memory reads what it has, and not what is attached to it
    let memory: Handle = guest.call("sql_open_memory", ()).unwrap();
    guest.call::<()>("sql_attach_write", (memory, case.path("b.db"), "b")).unwrap();
    execute(&mut guest, memory, "CREATE TABLE t (x)");
    refused(&mut guest, memory, "INSERT INTO t SELECT word FROM b.secret");
    assert_eq!(execute(&mut guest, memory, "INSERT INTO t SELECT 1 WHERE NOT EXISTS (SELECT x FROM t)"), 1);
}

#[test]
fn revoked_reading_ends_for_statements_already_compiled() {
    let case = Case::new();
    let mut guest = Guest::new(sql::module(), &case.grants(&["a.db"], &["a.db"]));
    let db: Handle = guest.call("sql_open_write", (case.path("a.db"),)).unwrap();
    let copy = "INSERT INTO own SELECT * FROM secret";
    assert_eq!(execute(&mut guest, db, copy), 3);
    let statement: Resource<sql::Statement> = guest.call("sql_prepare", (db, copy)).unwrap();
    guest.call::<Changes>("sql_run", (statement, NONE)).unwrap();
    assert!(guest.instance.grants().revoke(&SQL_READ));
    refused(&mut guest, db, copy);
    assert_eq!(guest.code("sql_run", (statement, NONE)), "not_allowed");
    assert_eq!(case.count("a.db", "own"), 6);
}

#[test]
fn returning_runs_with_both_grants_and_is_atomic() {
    let case = Case::new();
    let mut guest = Guest::new(sql::module().max_rows(5), &case.grants(&["a.db", "b.db"], &["a.db"]));
    let db: Handle = guest.call("sql_open_write", (case.path("a.db"),)).unwrap();
    let insert = "INSERT INTO secret (word) VALUES ('delta'), ('epsilon') RETURNING id, word";
    let page: Page = guest.call("sql_query", (db, insert, NONE)).unwrap();
    let row = |id, word: &str| vec![Value::Integer(id), Value::Text(word.into())];
    assert_eq!(page.rows, [row(4, "delta"), row(5, "epsilon")]);
    assert_eq!(case.count("a.db", "secret"), 5, "it is committed");
    // prepared, too
    let delete = "DELETE FROM secret WHERE id > ?1 RETURNING id";
    let statement: Resource<sql::Statement> = guest.call("sql_prepare", (db, delete)).unwrap();
    let page: Page = guest.call("sql_rows", (statement, (4,))).unwrap();
    assert_eq!(page.rows, [[Value::Integer(5)]]);
    // inside a transaction, which goes on
    guest.call::<()>("sql_begin", (db,)).unwrap();
    guest.call::<Page>("sql_query", (db, "UPDATE secret SET word = id RETURNING word", NONE)).unwrap();
    guest.call::<()>("sql_rollback", (db,)).unwrap();

    // one that fails while its rows are read leaves nothing behind
    let many = "INSERT INTO own SELECT value, 1 FROM json_each('[1,2,3,4,5,6]') RETURNING x";
    assert_eq!(guest.code("sql_query", (db, many, NONE)), "too_many_rows");
    assert_eq!(
        guest.code("sql_query", (db, "INSERT INTO secret VALUES (1, 'x') RETURNING id", NONE)),
        "constraint"
    );
    assert_eq!(case.count("a.db", "own"), 0);
    guest.call::<()>("sql_begin", (db,)).unwrap();
    execute(&mut guest, db, "INSERT INTO own VALUES (1, 1)");
    assert_eq!(guest.code("sql_query", (db, many, NONE)), "too_many_rows");
    guest.call::<()>("sql_commit", (db,)).unwrap();
    assert_eq!(case.count("a.db", "own"), 1, "what was done before it stays");

    // without the right to write, any more or at all
    let other: Handle = guest.call("sql_open", (case.path("b.db"),)).unwrap();
    assert_eq!(guest.code("sql_query", (other, insert, NONE)), "not_allowed");
    assert!(guest.instance.grants().revoke(&SQL_WRITE));
    let refused = guest.call::<Page>("sql_query", (db, insert, NONE)).unwrap_err();
    assert_eq!((refused.status, &*refused.code), (Status::NO_CAPABILITY, "not_allowed"));
    assert!(refused.message.contains("`sql.write`"), "{refused:?}");
    assert_eq!(guest.code("sql_query", (db, "PRAGMA user_version = 3", NONE)), "not_allowed");
    assert_eq!(case.count("a.db", "secret"), 4);
}
