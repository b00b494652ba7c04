//! `sql`: what a guest can do with databases.

use std::path::Path;

use hostfn::{HostError, Resource, Status};
use hostfn_modules::sql::{self, Changes, Database, Page, Sql, SqlError, Statement, Value};
use rusqlite::Connection;
use serde_bytes::Bytes;
use tempfile::TempDir;
use test_support::relay::{Guest, Refused};

type Handle = Resource<Database>;

/// A guest that may read and write what is in the directory.
fn guest(dir: &TempDir) -> Guest {
    guest_with(dir, sql::module())
}

fn guest_with(dir: &TempDir, module: Sql) -> Guest {
    let dir = dir.path().canonicalize().unwrap();
    let dir = dir.display();
    Guest::new(
        module,
        &format!("\"sql.read\" = {{ allow = [\"{dir}/**\"] }}\n\"sql.write\" = {{ allow = [\"{dir}/**\"] }}"),
    )
}

fn path(dir: &TempDir, name: &str) -> String {
    dir.path().canonicalize().unwrap().join(name).to_str().unwrap().to_owned()
}

/// A database of the host's, with a table of the numbers up to `count` and their squares as text.
fn numbers(path: impl AsRef<Path>, count: i64) {
    let made = Connection::open(path).unwrap();
    made.execute_batch("CREATE TABLE numbers (n INTEGER PRIMARY KEY, square TEXT NOT NULL)").unwrap();
    made.execute(
        "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < ?1)
         INSERT INTO numbers SELECT n, n * n FROM c",
        [count],
    )
    .unwrap();
}

fn memory(guest: &mut Guest) -> Handle {
    guest.call("sql_open_memory", ()).unwrap()
}

fn execute(guest: &mut Guest, db: Handle, sql: &str) -> Changes {
    guest.call("sql_execute", (db, sql, NONE)).unwrap()
}

fn query(guest: &mut Guest, db: Handle, sql: &str) -> Page {
    guest.call("sql_query", (db, sql, NONE)).unwrap()
}

const NONE: [i64; 0] = [];

/// A database in memory lies within any grant.
const MEMORY: &str = "\"sql.read\" = { allow = [\"/nowhere\"] }\n\"sql.write\" = { allow = [\"/nowhere\"] }";

fn is(refused: &Refused, error: &SqlError) -> bool {
    (refused.status, refused.code.as_str()) == (error.status(), error.code())
}

#[test]
fn what_is_written_is_read_and_lies_in_the_file() {
    let dir = TempDir::new().unwrap();
    let mut guest = guest(&dir);
    let db: Handle = guest.call("sql_open_write", (path(&dir, "a.db"),)).unwrap();
    execute(&mut guest, db, "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT)");
    let done: Changes = guest
        .call("sql_execute", (db, "INSERT INTO notes (text) VALUES (?1), (?2)", ("one", "two")))
        .unwrap();
    assert_eq!(done, Changes { rows: 2, last_rowid: 2 });
    let nothing = execute(&mut guest, db, "CREATE TABLE more (id)");
    assert_eq!(nothing.rows, 0, "that changed no rows");
    let page: Page = guest.call("sql_query", (db, "SELECT id, text FROM notes WHERE id = ?1", (2,))).unwrap();
    assert_eq!(page.columns, ["id", "text"]);
    assert_eq!(page.rows, [[Value::Integer(2), Value::Text("two".into())]]);
    assert!(page.cursor.is_none());

    guest.call::<()>("sql_close", (db,)).unwrap();
    assert_eq!(guest.status("sql_query", (db, "SELECT 1", NONE)), Status::NOT_FOUND);
    let text: String = Connection::open(path(&dir, "a.db"))
        .unwrap()
        .query_row("SELECT text FROM notes WHERE id = 1", [], |row| row.get(0))
        .unwrap();
    assert_eq!(text, "one");
}

/// A page as a guest may read it that knows what the columns are.
#[derive(serde::Deserialize)]
struct Plain {
    rows: Vec<(Option<bool>, i64, f64, String, serde_bytes::ByteBuf)>,
}

#[test]
fn rows_are_typed_and_plain_on_the_wire() {
    let mut guest = Guest::new(sql::module(), MEMORY);
    let db = memory(&mut guest);
    let values = ((), -7, 2.5, "text", Bytes::new(b"\xff\x00"), true, i64::MAX);
    let page: Page = guest.call("sql_query", (db, "SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7", values)).unwrap();
    let told = [
        Value::Null,
        Value::Integer(-7),
        Value::Real(2.5),
        Value::Text("text".into()),
        Value::Blob(vec![0xff, 0]),
        Value::Integer(1),
        Value::Integer(i64::MAX),
    ];
    assert_eq!(page.rows, [told]);
    // nothing around them: a guest reads them as what they are
    let values = ((), -7, 2.5, "text", Bytes::new(b"\xff\x00"));
    let plain: Plain = guest.call("sql_query", (db, "SELECT ?1, ?2, ?3, ?4, ?5", values)).unwrap();
    assert_eq!(plain.rows, [(None, -7, 2.5, "text".to_owned(), serde_bytes::ByteBuf::from(vec![0xff, 0]))]);
    // text that is not valid
    let page = query(&mut guest, db, "SELECT CAST(x'ff' AS TEXT)");
    assert_eq!(page.rows, [[Value::Blob(vec![0xff])]]);
}

#[test]
fn values_only_come_by_parameters_and_have_to_fit() {
    let mut guest = Guest::new(sql::module(), MEMORY);
    let db = memory(&mut guest);
    let injected = "'; DROP TABLE t; --";
    let page: Page = guest.call("sql_query", (db, "SELECT ?1", (injected,))).unwrap();
    assert_eq!(page.rows, [[Value::Text(injected.into())]]);

    let mut refused =
        |sql: &str, values: Vec<Value>| guest.call::<Page>("sql_query", (db, sql, values)).unwrap_err();
    let wrong = SqlError::WrongParameters { given: 0, needed: 1 };
    assert!(is(&refused("SELECT ?1", vec![]), &wrong));
    assert!(is(&refused("SELECT 1", vec![Value::Null]), &wrong));
    // more values than there may be, a number that SQLite lacks, and a malformed value
    assert_eq!(refused("SELECT 1", vec![Value::Null; 1_001]).code, "bad_input", "they are not even read");
    assert_eq!(refused("SELECT ?1001", vec![]).status, Status::BAD_INPUT);
    assert_eq!(guest.status("sql_query", (db, "SELECT ?1", (u64::MAX,))), Status::BAD_INPUT);
    assert_eq!(guest.status("sql_query", (db, "SELECT ?1", ([1, 2],))), Status::BAD_INPUT);
    let most: Vec<Value> = vec![Value::Null; 1_000];
    let places = vec!["?"; 1_000].join(" AND ");
    assert_eq!(
        guest.status("sql_query", (db, format!("SELECT {places}"), most.clone())),
        Status::BAD_INPUT,
        "deep"
    );
    let places = vec!["?"; 1_000].join(",");
    guest.call::<Page>("sql_query", (db, format!("SELECT 1 WHERE 1 IN ({places})"), most)).unwrap();
}

#[test]
fn one_statement_at_a_time() {
    let mut guest = Guest::new(sql::module(), MEMORY);
    let db = memory(&mut guest);
    let several = "several_statements";
    assert_eq!(guest.code("sql_query", (db, "SELECT 1; SELECT 2", NONE)), several);
    assert_eq!(guest.code("sql_execute", (db, "CREATE TABLE a (x); SELECT 1", NONE)), several);
    assert_eq!(guest.code("sql_prepare", (db, "SELECT 1; SELECT 2")), several);
    assert_eq!(guest.code("sql_query", (db, "END;".repeat(16_000), NONE)), several);
    assert_eq!(guest.code("sql_query", (db, "SELECT 1\0; DROP TABLE a", NONE)), "bad_sql");
    for nothing in ["", " ", "-- a comment", ";"] {
        assert_eq!(guest.status("sql_query", (db, nothing, NONE)), Status::BAD_INPUT, "{nothing:?}");
        assert_eq!(guest.status("sql_execute", (db, nothing, NONE)), Status::BAD_INPUT, "{nothing:?}");
    }
    query(&mut guest, db, " SELECT 1 ; -- and that is all");
    execute(&mut guest, db, "CREATE TABLE a (x)");
    execute(
        &mut guest,
        db,
        "CREATE TRIGGER t AFTER INSERT ON a BEGIN DELETE FROM a WHERE x = 1; DELETE FROM a; END",
    );
}

#[test]
fn errors_of_sql_tell_what_sqlite_says() {
    let mut guest = Guest::new(sql::module(), MEMORY);
    let db = memory(&mut guest);
    let refused = guest.call::<Page>("sql_query", (db, "SELECT x FROM nowhere", NONE)).unwrap_err();
    assert_eq!((refused.status, refused.code.as_str()), (Status::BAD_INPUT, "bad_sql"));
    assert!(refused.message.contains("no such table: nowhere"), "{refused:?}");

    execute(&mut guest, db, "CREATE TABLE a (x UNIQUE)");
    execute(&mut guest, db, "INSERT INTO a VALUES (1)");
    let refused = guest.call::<Changes>("sql_execute", (db, "INSERT INTO a VALUES (1)", NONE)).unwrap_err();
    assert_eq!((refused.status, refused.code.as_str()), (Status::FAILED, "constraint"));
    assert_eq!(refused.message, "UNIQUE constraint failed: a.x");
}

#[test]
fn a_query_reads_and_an_execution_returns_no_rows() {
    let mut guest = Guest::new(sql::module(), MEMORY);
    let db = memory(&mut guest);
    execute(&mut guest, db, "CREATE TABLE a (x)");
    for writes in ["INSERT INTO a VALUES (1)", "BEGIN", "DROP TABLE a"] {
        assert_eq!(guest.code("sql_query", (db, writes, NONE)), "not_a_query", "{writes}");
    }
    assert_eq!(guest.code("sql_execute", (db, "SELECT 1", NONE)), "returns_rows");
    assert_eq!(guest.code("sql_execute", (db, "INSERT INTO a VALUES (1) RETURNING x", NONE)), "returns_rows");
    assert_eq!(query(&mut guest, db, "SELECT count(*) FROM a").rows, [[Value::Integer(0)]]);
}

#[test]
fn a_schema_is_made_changed_and_dropped() {
    let mut guest = Guest::new(sql::module(), MEMORY);
    let db = memory(&mut guest);
    for sql in [
        "CREATE TABLE a (x INTEGER PRIMARY KEY, y)",
        "CREATE INDEX i ON a (y)",
        "CREATE VIEW v AS SELECT y FROM a",
        "CREATE TRIGGER t AFTER INSERT ON a BEGIN UPDATE a SET y = y + 1; END",
        "INSERT INTO a (y) VALUES (1) ON CONFLICT DO NOTHING",
        "ALTER TABLE a RENAME COLUMN y TO z",
        "ALTER TABLE a RENAME TO b",
        "ALTER TABLE b ADD COLUMN w",
        "ALTER TABLE b DROP COLUMN w",
        "ANALYZE",
        "REINDEX",
        "SAVEPOINT s",
        "DELETE FROM b",
        "ROLLBACK TO s",
        "RELEASE s",
    ] {
        guest.call::<Changes>("sql_execute", (db, sql, NONE)).unwrap();
    }
    assert_eq!(query(&mut guest, db, "SELECT * FROM v").rows, [[Value::Integer(2)]]);
    for sql in ["DROP VIEW v", "DROP TRIGGER t", "DROP INDEX i", "DROP TABLE b"] {
        guest.call::<Changes>("sql_execute", (db, sql, NONE)).unwrap();
    }
}

#[test]
fn statements_are_prepared_once_and_run_often() {
    let mut guest = Guest::new(sql::module().max_statements(2), MEMORY);
    let db = memory(&mut guest);
    execute(&mut guest, db, "CREATE TABLE a (x)");
    let insert: Resource<Statement> = guest.call("sql_prepare", (db, "INSERT INTO a VALUES (?1)")).unwrap();
    let read: Resource<Statement> = guest.call("sql_prepare", (db, "SELECT x FROM a WHERE x > ?1")).unwrap();
    assert_eq!(guest.code("sql_prepare", (db, "SELECT 1")), "too_many_open");
    for x in 1..=3 {
        let done: Changes = guest.call("sql_run", (insert, (x,))).unwrap();
        assert_eq!(done, Changes { rows: 1, last_rowid: x });
    }
    let page: Page = guest.call("sql_rows", (read, (1,))).unwrap();
    assert_eq!(page.rows, [[Value::Integer(2)], [Value::Integer(3)]]);
    assert_eq!(guest.code("sql_rows", (insert, (1,))), "not_a_query");
    assert_eq!(guest.code("sql_run", (read, (1,))), "returns_rows");
    assert_eq!(guest.code("sql_prepare", (db, "SELEKT")), "bad_sql");

    guest.call::<()>("sql_close_statement", (read,)).unwrap();
    assert_eq!(guest.status("sql_rows", (read, (1,))), Status::NOT_FOUND);
    // with their database
    guest.call::<()>("sql_close", (db,)).unwrap();
    assert_eq!(guest.status("sql_run", (insert, (1,))), Status::NOT_FOUND);
    assert_eq!(guest.status("sql_close_statement", (insert,)), Status::NOT_FOUND);
    assert_eq!(guest.status("sql_close", (db,)), Status::NOT_FOUND);
}

#[test]
fn long_results_come_in_pages_of_one_moment() {
    let dir = TempDir::new().unwrap();
    numbers(path(&dir, "a.db"), 2_500);
    let mut guest = guest(&dir);
    let db: Handle = guest.call("sql_open_write", (path(&dir, "a.db"),)).unwrap();
    let mut page = query(&mut guest, db, "SELECT n FROM numbers ORDER BY n");
    execute(&mut guest, db, "DELETE FROM numbers");
    let mut seen = Vec::new();
    let mut pages = 0;
    loop {
        pages += 1;
        assert_eq!(page.columns, ["n"]);
        assert!(page.rows.len() <= 1_000);
        seen.extend(page.rows.into_iter().flatten());
        let Some(cursor) = page.cursor else { break };
        page = guest.call("sql_next", (cursor,)).unwrap();
    }
    assert_eq!(pages, 3);
    assert_eq!(seen, (1..=2_500).map(Value::Integer).collect::<Vec<_>>());
}

#[test]
fn a_cursor_ends_with_its_last_page_or_when_it_is_closed_and_its_rows_count_as_the_instance_s() {
    let dir = TempDir::new().unwrap();
    numbers(path(&dir, "a.db"), 10);
    let module = sql::module().page(4, 1 << 20).max_cursors(1);
    let mut guest = guest_with(&dir, module);
    let db: Handle = guest.call("sql_open", (path(&dir, "a.db"),)).unwrap();
    let all = "SELECT n FROM numbers";
    let page = query(&mut guest, db, all);
    let cursor = page.cursor.unwrap();
    assert_eq!(guest.code("sql_query", (db, all, NONE)), "too_many_open");
    assert_eq!(guest.call::<Page>("sql_next", (cursor,)).unwrap().rows.len(), 4);
    // it goes on without its database
    guest.call::<()>("sql_close", (db,)).unwrap();
    let last: Page = guest.call("sql_next", (cursor,)).unwrap();
    assert_eq!((last.rows.len(), last.cursor), (2, None));
    assert_eq!(guest.status("sql_next", (cursor,)), Status::NOT_FOUND);

    let db: Handle = guest.call("sql_open", (path(&dir, "a.db"),)).unwrap();
    let cursor = query(&mut guest, db, all).cursor.unwrap();
    guest.call::<()>("sql_close_cursor", (cursor,)).unwrap();
    assert_eq!(guest.status("sql_next", (cursor,)), Status::NOT_FOUND);
    assert_eq!(guest.status("sql_close_cursor", (cursor,)), Status::NOT_FOUND);
    assert!(query(&mut guest, db, all).cursor.is_some());
}

#[test]
fn pages_are_capped_in_bytes_and_a_large_row_has_its_own() {
    let mut guest = Guest::new(sql::module().page(100, 10_000), MEMORY);
    let db = memory(&mut guest);
    let sizes =
        "WITH sizes(n) AS (VALUES (4000), (4000), (4000), (50000), (10)) SELECT zeroblob(n) FROM sizes";
    let mut page = query(&mut guest, db, sizes);
    let mut pages = vec![page.rows.len()];
    while let Some(cursor) = page.cursor {
        page = guest.call("sql_next", (cursor,)).unwrap();
        pages.push(page.rows.len());
    }
    assert_eq!(pages, [2, 1, 1, 1]);
}

#[test]
fn a_handle_means_nothing_to_another_instance_nor_as_another_kind() {
    let mut one = Guest::new(sql::module(), MEMORY);
    let db = memory(&mut one);
    let mut other = Guest::in_host(&one.host, MEMORY);
    assert_eq!(other.status("sql_query", (db, "SELECT 1", NONE)), Status::NOT_FOUND);
    assert_eq!(other.status("sql_close", (db,)), Status::NOT_FOUND);
    assert_eq!(one.status("sql_next", (db,)), Status::NOT_FOUND);
    assert_eq!(one.status("sql_rows", (db, NONE)), Status::NOT_FOUND);
    query(&mut one, db, "SELECT 1");
}

#[test]
fn a_transaction_is_committed_or_rolled_back() {
    let dir = TempDir::new().unwrap();
    numbers(path(&dir, "a.db"), 3);
    let mut guest = guest(&dir);
    let db: Handle = guest.call("sql_open_write", (path(&dir, "a.db"),)).unwrap();
    let count = |guest: &mut Guest| query(guest, db, "SELECT count(*) FROM numbers").rows[0][0].clone();

    guest.call::<()>("sql_begin", (db,)).unwrap();
    assert_eq!(guest.code("sql_begin", (db,)), "in_transaction");
    execute(&mut guest, db, "DELETE FROM numbers WHERE n = 1");
    assert_eq!(count(&mut guest), Value::Integer(2));
    guest.call::<()>("sql_rollback", (db,)).unwrap();
    assert_eq!(count(&mut guest), Value::Integer(3));

    guest.call::<()>("sql_begin", (db,)).unwrap();
    execute(&mut guest, db, "DELETE FROM numbers WHERE n = 1");
    guest.call::<()>("sql_commit", (db,)).unwrap();
    assert_eq!(count(&mut guest), Value::Integer(2));
    assert_eq!(guest.code("sql_commit", (db,)), "no_transaction");
    assert_eq!(guest.code("sql_rollback", (db,)), "no_transaction");
}

#[test]
fn a_transaction_is_rolled_back_when_its_database_or_its_instance_is_closed() {
    let dir = TempDir::new().unwrap();
    numbers(path(&dir, "a.db"), 3);
    let mut guest = guest(&dir);
    for by_instance in [false, true] {
        let db: Handle = guest.call("sql_open_write", (path(&dir, "a.db"),)).unwrap();
        guest.call::<()>("sql_begin", (db,)).unwrap();
        execute(&mut guest, db, "DELETE FROM numbers");
        if by_instance {
            guest.instance.close().unwrap();
        } else {
            guest.call::<()>("sql_close", (db,)).unwrap();
        }
        let host = Connection::open(path(&dir, "a.db")).unwrap();
        let count: i64 = host.query_row("SELECT count(*) FROM numbers", [], |row| row.get(0)).unwrap();
        assert_eq!(count, 3);
        // and nobody is locked out
        host.execute("UPDATE numbers SET square = ''", []).unwrap();
    }
}

#[test]
fn a_lock_of_someone_else_s_is_waited_for_a_while() {
    let dir = TempDir::new().unwrap();
    numbers(path(&dir, "a.db"), 3);
    let mut guest = guest_with(&dir, sql::module().busy_timeout(std::time::Duration::from_millis(20)));
    let db: Handle = guest.call("sql_open_write", (path(&dir, "a.db"),)).unwrap();
    let host = Connection::open(path(&dir, "a.db")).unwrap();
    host.execute_batch("BEGIN IMMEDIATE").unwrap();
    let refused = guest.call::<Changes>("sql_execute", (db, "DELETE FROM numbers", NONE)).unwrap_err();
    assert_eq!((refused.status, refused.code.as_str()), (Status::FAILED, "busy"));
    assert_eq!(guest.code("sql_begin", (db,)), "busy");
    query(&mut guest, db, "SELECT 1 FROM numbers");
    host.execute_batch("ROLLBACK").unwrap();
    assert_eq!(execute(&mut guest, db, "DELETE FROM numbers").rows, 3);
}

#[test]
fn two_instances_on_one_database_see_what_the_other_committed() {
    let dir = TempDir::new().unwrap();
    let mut one = guest(&dir);
    let grants =
        format!("\"sql.read\" = {{ allow = [\"{}/**\"] }}", dir.path().canonicalize().unwrap().display());
    let mut other = Guest::in_host(&one.host, &grants);
    let writer: Handle = one.call("sql_open_write", (path(&dir, "a.db"),)).unwrap();
    let reader: Handle = other.call("sql_open", (path(&dir, "a.db"),)).unwrap();
    execute(&mut one, writer, "CREATE TABLE a (x)");
    assert_eq!(query(&mut other, reader, "SELECT count(*) FROM a").rows, [[Value::Integer(0)]]);
    execute(&mut one, writer, "INSERT INTO a VALUES (1)");
    assert_eq!(query(&mut other, reader, "SELECT count(*) FROM a").rows, [[Value::Integer(1)]]);
}

#[test]
fn a_database_with_a_write_ahead_log_is_read_while_the_host_writes() {
    let dir = TempDir::new().unwrap();
    numbers(path(&dir, "a.db"), 3);
    let host = Connection::open(path(&dir, "a.db")).unwrap();
    host.pragma_update(None, "journal_mode", "WAL").unwrap();
    host.execute_batch("BEGIN IMMEDIATE; DELETE FROM numbers").unwrap();
    let mut guest = guest(&dir);
    let db: Handle = guest.call("sql_open", (path(&dir, "a.db"),)).unwrap();
    assert_eq!(query(&mut guest, db, "SELECT count(*) FROM numbers").rows, [[Value::Integer(3)]]);
    host.execute_batch("COMMIT").unwrap();
    assert_eq!(query(&mut guest, db, "SELECT count(*) FROM numbers").rows, [[Value::Integer(0)]]);
}

#[test]
fn every_function_requires_what_it_acts_on() {
    let guest = Guest::new(sql::module(), "");
    let requires: Vec<_> = guest
        .host
        .registry()
        .iter()
        .map(|spec| {
            let capability = spec.capability().map_or("", |capability| capability.name());
            (spec.name(), capability, spec.requirement().scoped_param().unwrap_or_default())
        })
        .collect();
    assert_eq!(
        requires,
        [
            ("sql_attach", "sql.read", "path"),
            ("sql_attach_write", "sql.write", "path"),
            ("sql_begin", "sql.write", "database"),
            ("sql_close", "", ""),
            ("sql_close_cursor", "", ""),
            ("sql_close_statement", "", ""),
            ("sql_commit", "sql.write", "database"),
            ("sql_detach", "", ""),
            ("sql_execute", "sql.write", "database"),
            ("sql_next", "sql.read", "cursor"),
            ("sql_open", "sql.read", "path"),
            ("sql_open_memory", "", ""),
            ("sql_open_write", "sql.write", "path"),
            ("sql_prepare", "sql.read", "database"),
            ("sql_query", "sql.read", "database"),
            ("sql_rollback", "sql.write", "database"),
            ("sql_rows", "sql.read", "statement"),
            ("sql_run", "sql.write", "statement"),
        ]
    );
}
