//! `sql`: what `SQLite` allocates for an instance is that instance's memory.

use hostfn::{Host, Limits, Resource, Status};
use hostfn_modules::sql::{self, Changes, Database, Page, Statement, Value};
use rusqlite::Connection;
use tempfile::TempDir;
use test_support::relay::{Guest, limited};

type Handle = Resource<Database>;

const NONE: [i64; 0] = [];

/// A database in memory lies within any grant.
const MEMORY: &str = "\"sql.read\" = { allow = [\"/nowhere\"] }\n\"sql.write\" = { allow = [\"/nowhere\"] }";

const ROOM: usize = 8 << 20;

fn small(module: sql::Sql) -> Host {
    let mut limits = Limits::default();
    (limits.memory, limits.reply) = (ROOM, 1 << 20);
    limited([module.into()], limits)
}

fn out_of_memory<T: std::fmt::Debug>(got: Result<T, test_support::relay::Refused>, sql: &str) {
    let refused = got.expect_err(sql);
    assert_eq!(
        (refused.status, &*refused.code),
        (Status::QUOTA_EXCEEDED, "out_of_memory"),
        "{sql}: {refused:?}"
    );
}

/// Statements whose sort, group and join keys are nowhere else.
const GREEDY: [&str; 4] = [
    "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT n FROM c ORDER BY randomblob(1000)",
    "WITH RECURSIVE c(n) AS (SELECT zeroblob(1000) UNION SELECT randomblob(1000) FROM c) SELECT count(*) FROM c",
    "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT count(DISTINCT randomblob(1000)) FROM c",
    "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT group_concat(n) OVER (ROWS 1 PRECEDING), max(n) OVER () FROM c",
];

#[test]
fn sqlite_heap_of_a_statement_is_the_instance_s() {
    let host = small(sql::module());
    let mut guest = Guest::in_host(&host, MEMORY);
    let mut modest = Guest::in_host(&host, MEMORY);
    let db: Handle = guest.call("sql_open_memory", ()).unwrap();
    let other: Handle = modest.call("sql_open_memory", ()).unwrap();
    for sql in GREEDY {
        out_of_memory(guest.call::<Page>("sql_query", (db, sql, NONE)), sql);
        // it is given back, and nobody else's share is smaller
        for (guest, db) in [(&mut guest, db), (&mut modest, other)] {
            let page: Page = guest
                .call("sql_query", (db, "SELECT value FROM json_each('[2,1]') ORDER BY 1", NONE))
                .unwrap();
            assert_eq!(page.rows, [[Value::Integer(1)], [Value::Integer(2)]]);
        }
    }
    assert_eq!(guest.instance.poison(), None);
}

#[test]
fn greedy_instance_leaves_sqlite_memory_to_a_modest() {
    let host = small(sql::module().max_memory(64 << 20));
    let (mut greedy, mut modest) = (Guest::in_host(&host, MEMORY), Guest::in_host(&host, MEMORY));
    // all that it may have, and it keeps it
    let db: Handle = greedy.call("sql_open_memory", ()).unwrap();
    greedy.call::<Changes>("sql_execute", (db, "CREATE TABLE a (x)", NONE)).unwrap();
    let insert = "INSERT INTO a VALUES (zeroblob(200000))";
    let full = loop {
        if let Err(full) = greedy.call::<Changes>("sql_execute", (db, insert, NONE)) {
            break full;
        }
    };
    assert_eq!(&*full.code, "out_of_memory");
    let page: Page =
        greedy.call("sql_query", (db, "SELECT count(*) > 5, sum(length(x)) % 200000 FROM a", NONE)).unwrap();
    assert_eq!(page.rows, [[Value::Integer(1), Value::Integer(0)]], "what it wrote before is whole");

    let db: Handle = modest.call("sql_open_memory", ()).unwrap();
    modest.call::<Changes>("sql_execute", (db, "CREATE TABLE a (x)", NONE)).unwrap();
    for _ in 0..5 {
        modest.call::<Changes>("sql_execute", (db, insert, NONE)).unwrap();
    }
}

#[test]
fn prepared_statements_are_charged_as_they_are() {
    let host = small(sql::module().max_statements(1_000));
    let mut guest = Guest::in_host(&host, MEMORY);
    let db: Handle = guest.call("sql_open_memory", ()).unwrap();
    // some 300 KiB each, of 10 KiB of SQL
    let sql = |n: usize| format!("SELECT {n}, {}", vec!["max(?1, ?2, ?3)"; 450].join(","));
    let mut prepared = Vec::new();
    let full = loop {
        match guest.call::<Resource<Statement>>("sql_prepare", (db, sql(prepared.len()))) {
            Ok(statement) => prepared.push(statement),
            Err(full) => break full,
        }
        assert!(prepared.len() < 200, "8 MiB hold no 200 of them");
    };
    assert_eq!(&*full.code, "out_of_memory");
    guest.call::<()>("sql_close", (db,)).unwrap();
    let db: Handle = guest.call("sql_open_memory", ()).unwrap();
    guest.call::<Resource<Statement>>("sql_prepare", (db, sql(0))).unwrap();
}

#[test]
fn schema_of_a_file_is_charged_when_it_is_read() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().canonicalize().unwrap().join("a.db").to_str().unwrap().to_owned();
    let made = Connection::open(&path).unwrap();
    let columns: Vec<String> = (0..400).map(|n| format!("column_{n} TEXT DEFAULT 'x'")).collect();
    let tables: String = (0..200).map(|n| format!("CREATE TABLE t{n} ({});", columns.join(","))).collect();
    made.execute_batch(&format!("BEGIN; {tables} COMMIT")).unwrap();
    drop(made);
    let grants = format!("\"sql.read\" = {{ allow = [\"{path}\"] }}");
    let mut guest = Guest::in_host(&small(sql::module()), &grants);
    out_of_memory(guest.call::<Handle>("sql_open", (&path,)), "open");
    let mut guest = Guest::new(sql::module(), &grants);
    guest.call::<Handle>("sql_open", (&path,)).unwrap();
}

#[test]
fn rows_are_charged_with_what_keeps_them() {
    // values that are small: what keeps them is most of it
    let module = sql::module().max_result(64 << 20).max_rows(10_000_000).max_cursors(1_000).page(1, 1);
    let mut guest = Guest::in_host(&small(module), MEMORY);
    let db: Handle = guest.call("sql_open_memory", ()).unwrap();
    let rows = |n: usize| {
        format!("WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c LIMIT {n}) SELECT '' FROM c")
    };
    guest.call::<Page>("sql_query", (db, rows(10_000), NONE)).unwrap();
    // 64 bytes in the list, which doubles, and 64 for a row of one text
    out_of_memory(guest.call::<Page>("sql_query", (db, rows(80_000), NONE)), "rows");
    // and the names of the columns
    let name = "n".repeat(1_000);
    let names: Vec<String> = (0..60).map(|n| format!("{n} AS \"{name}{n}\"")).collect();
    let wide = format!("SELECT {} FROM json_each('[1,2]')", names.join(","));
    let mut cursors = Vec::new();
    while cursors.len() < 100 {
        match guest.call::<Page>("sql_query", (db, &wide, NONE)) {
            Ok(page) => cursors.push(page.cursor),
            Err(refused) => {
                assert_eq!(&*refused.code, "out_of_memory");
                break;
            }
        }
    }
    assert!(cursors.len() < 80);
}
