//! `sql`: what a guest cannot use up.

use std::fs;
use std::time::{Duration, Instant};

use hostfn::{Error, Limits, Resource, Status};
use hostfn_modules::sql::{self, Changes, Database, Page, Value};
use rusqlite::Connection;
use tempfile::TempDir;
use test_support::relay::{Guest, limited};

type Handle = Resource<Database>;

const NONE: [i64; 0] = [];

/// A database in memory lies within any grant.
const MEMORY: &str = "\"sql.read\" = { allow = [\"/nowhere\"] }\n\"sql.write\" = { allow = [\"/nowhere\"] }";

fn path(dir: &TempDir, name: &str) -> String {
    dir.path().canonicalize().unwrap().join(name).to_str().unwrap().to_owned()
}

fn grant(dir: &TempDir, pattern: &str) -> String {
    let pattern = path(dir, pattern);
    format!("\"sql.read\" = {{ allow = [\"{pattern}\"] }}\n\"sql.write\" = {{ allow = [\"{pattern}\"] }}")
}

fn memory(guest: &mut Guest) -> Handle {
    let db = guest.call("sql_open_memory", ()).unwrap();
    guest
        .call::<Changes>("sql_execute", (db, "CREATE TABLE a (x INTEGER PRIMARY KEY, y TEXT)", NONE))
        .unwrap();
    guest.call::<Changes>("sql_execute", (db, "INSERT INTO a VALUES (1, 'one')", NONE)).unwrap();
    db
}

/// A statement that never ends by itself.
const ENDLESS: &str =
    "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT count(*) FROM c";

#[test]
fn a_statement_that_takes_too_long_is_ended_and_the_guest_goes_on() {
    let mut guest = Guest::new(sql::module().max_time(Duration::from_millis(50)), MEMORY);
    let db = memory(&mut guest);
    for sql in [
        ENDLESS,
        "SELECT count(*) FROM json_each(printf('[0%.*c]', 1000, ' ')) a, json_each(?1) b, json_each(?1) c, json_each(?1) d",
    ] {
        let list = format!("[{}0]", "0,".repeat(1_000));
        let values = if sql == ENDLESS { vec![] } else { vec![list] };
        let refused = guest.call::<Page>("sql_query", (db, sql, values)).unwrap_err();
        assert_eq!((refused.status, refused.code.as_str()), (Status::QUOTA_EXCEEDED, "interrupted"));
    }
    let insert = ENDLESS.replace("SELECT count(*) FROM c", "INSERT INTO a SELECT n, n FROM c WHERE n > 1");
    assert_eq!(guest.code("sql_execute", (db, insert, NONE)), "interrupted");
    let page: Page = guest.call("sql_query", (db, "SELECT count(*) FROM a", NONE)).unwrap();
    assert_eq!(page.rows, [[Value::Integer(1)]], "none of it stays");
}

#[test]
fn a_write_that_is_ended_rolls_its_transaction_back() {
    let mut guest = Guest::new(sql::module().max_time(Duration::from_millis(50)), MEMORY);
    let db = memory(&mut guest);
    guest.call::<()>("sql_begin", (db,)).unwrap();
    guest.call::<Changes>("sql_execute", (db, "INSERT INTO a VALUES (2, 'two')", NONE)).unwrap();
    let insert = ENDLESS.replace("SELECT count(*) FROM c", "INSERT INTO a SELECT n, n FROM c WHERE n > 2");
    assert_eq!(guest.code("sql_execute", (db, insert, NONE)), "interrupted");
    assert_eq!(guest.code("sql_commit", (db,)), "no_transaction");
}

#[test]
fn a_statement_ends_with_its_guest_s_time_or_its_instance() {
    let mut limits = Limits::default();
    limits.time = Duration::from_millis(200);
    let slow = || sql::module().max_time(Duration::from_hours(1));
    let mut guest = Guest::in_host(&limited([slow().into()], limits), MEMORY);
    let db = memory(&mut guest);
    let before = Instant::now();
    let ended = pollster::block_on(guest.instance.call_async::<_, Page>("sql_query", (db, ENDLESS, NONE)));
    assert!(matches!(ended, Err(Error::TimedOut { .. })), "{ended:?}");
    assert!(before.elapsed() < Duration::from_secs(30));

    let mut limits = Limits::default();
    limits.time = Duration::from_hours(1);
    let mut guest = Guest::in_host(&limited([slow().into()], limits), MEMORY);
    let db = memory(&mut guest);
    let end = guest.instance.lifetime().clone();
    std::thread::scope(|scope| {
        scope.spawn(|| end.cancel());
        let ended =
            pollster::block_on(guest.instance.call_async::<_, Page>("sql_query", (db, ENDLESS, NONE)));
        assert!(ended.is_err(), "{ended:?}");
    });
}

#[test]
fn a_wait_for_a_lock_ends_with_the_guest_s_time() {
    let dir = TempDir::new().unwrap();
    let mut limits = Limits::default();
    limits.time = Duration::from_millis(200);
    let module = sql::module().busy_timeout(Duration::from_hours(1)).max_time(Duration::from_hours(1));
    let mut guest = Guest::in_host(&limited([module.into()], limits), &grant(&dir, "**"));
    let db: Handle = guest.call("sql_open_write", (path(&dir, "a.db"),)).unwrap();
    let locker = Connection::open(path(&dir, "a.db")).unwrap();
    locker.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let before = Instant::now();
    let ended = pollster::block_on(guest.instance.call_async::<_, ()>("sql_begin", (db,)));
    assert!(ended.is_err());
    assert!(before.elapsed() < Duration::from_secs(30));
}

#[test]
fn rows_and_bytes_of_a_query_are_capped() {
    let mut guest = Guest::new(sql::module().max_rows(100).max_result(20_000), MEMORY);
    let db = memory(&mut guest);
    let up_to = |n| {
        format!("WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c LIMIT {n}) SELECT n FROM c")
    };
    let mut refused = |sql: &str| {
        let refused = guest.call::<Page>("sql_query", (db, sql, NONE)).unwrap_err();
        assert_eq!(refused.status, Status::QUOTA_EXCEEDED);
        refused.code
    };
    assert_eq!(refused(&up_to(101)), "too_many_rows");
    assert_eq!(refused("SELECT zeroblob(20000)"), "result_too_large");
    assert_eq!(refused("SELECT zeroblob(8000), zeroblob(8000), zeroblob(8000)"), "result_too_large");
    let page: Page = guest.call("sql_query", (db, up_to(100), NONE)).unwrap();
    assert_eq!(page.rows.len(), 100);
}

#[test]
fn sql_and_values_are_capped() {
    let mut guest = Guest::new(sql::module().max_value(1_000).max_sql(500), MEMORY);
    let db = memory(&mut guest);
    let mut code = |sql: &str, value: &str| guest.code("sql_query", (db, sql, (value,)));
    assert_eq!(code("SELECT ?1 || printf('%.*c', 990, 'x')", &"x".repeat(100)), "too_big");
    assert_eq!(code("SELECT ?1", &"x".repeat(1_001)), "too_big");
    assert_eq!(code(&format!("SELECT ?1 -- {}", "x".repeat(500)), ""), "too_big");
    assert_eq!(code("SELECT ?1, zeroblob(100000)", ""), "too_big");
    assert_eq!(code(&format!("SELECT {}?1", "NOT ".repeat(120)), ""), "bad_sql");
}

#[test]
fn deep_sql_is_refused() {
    let mut guest = Guest::new(sql::module(), MEMORY);
    let db = memory(&mut guest);
    for deep in [
        format!("SELECT {}1{}", "(".repeat(30_000), ")".repeat(30_000)),
        format!("{}1{}", "SELECT (".repeat(4_000), ")".repeat(4_000)),
        format!("{}SELECT 1{}", "SELECT * FROM (".repeat(4_000), ")".repeat(4_000)),
        format!("SELECT {}1", "NOT ".repeat(15_000)),
        format!("SELECT 1{}", " UNION ALL SELECT 1".repeat(1_000)),
        format!("SELECT 1 WHERE '' LIKE '{}'", "%a".repeat(1_000)),
        format!("SELECT json_valid(1) FROM json_each('[]') {}", ", json_each('[]')".repeat(1_000)),
    ] {
        assert_eq!(guest.code("sql_query", (db, &deep, NONE)), "bad_sql", "{}", &deep[..40]);
    }
    guest.call::<Changes>("sql_execute", (db, "CREATE VIEW v0 AS SELECT 1 AS x", NONE)).unwrap();
    for n in 1..=300 {
        let view = format!("CREATE VIEW v{n} AS SELECT x FROM v{}", n - 1);
        guest.call::<Changes>("sql_execute", (db, view, NONE)).unwrap();
    }
    assert_eq!(guest.code("sql_query", (db, "SELECT * FROM v300", NONE)), "bad_sql");
}

#[test]
fn functions_that_nothing_interrupts_are_quick() {
    let mut guest = Guest::new(sql::module().max_time(Duration::from_secs(2)), MEMORY);
    let db = memory(&mut guest);
    let before = Instant::now();
    for name in ["trim", "ltrim", "rtrim"] {
        let sql =
            format!("SELECT length({name}(printf('%.*c', 200000, 'a'), printf('%.*c', 20000, 'b') || 'a'))");
        let page: Page = guest.call("sql_query", (db, sql, NONE)).unwrap();
        assert_eq!(page.rows, [[Value::Integer(0)]]);
    }
    assert!(before.elapsed() < Duration::from_secs(20));
    let sql = "SELECT trim('xxabcxx', 'x'), ltrim('xxabcxx', 'x'), rtrim('äöabc', 'cbä'), trim(7, 'x'), trim(NULL, 'x'), trim('  a ')";
    let page: Page = guest.call("sql_query", (db, sql, NONE)).unwrap();
    let text = |text: &str| Value::Text(text.into());
    assert_eq!(page.rows, [[text("abc"), text("abcxx"), text("äöa"), text("7"), Value::Null, text("a")]]);
    for refused in ["unhex('ab', 'c')", "trim(x'ff', 'x')"] {
        assert_eq!(guest.code("sql_query", (db, format!("SELECT {refused}"), NONE)), "bad_sql", "{refused}");
    }
}

#[test]
fn databases_have_a_size_and_a_number() {
    let dir = TempDir::new().unwrap();
    let module = sql::module().max_file(64 << 10).max_memory(64 << 10).max_open(2);
    let mut guest = Guest::new(module, &grant(&dir, "**"));
    let file: Handle = guest.call("sql_open_write", (path(&dir, "a.db"),)).unwrap();
    let memory: Handle = guest.call("sql_open_memory", ()).unwrap();
    assert_eq!(guest.code("sql_open_memory", ()), "too_many_open");
    for db in [file, memory] {
        guest.call::<Changes>("sql_execute", (db, "CREATE TABLE a (x)", NONE)).unwrap();
        guest.call::<Changes>("sql_execute", (db, "INSERT INTO a VALUES (zeroblob(40000))", NONE)).unwrap();
        let full = guest
            .call::<Changes>("sql_execute", (db, "INSERT INTO a VALUES (zeroblob(40000))", NONE))
            .unwrap_err();
        assert_eq!((full.status, full.code.as_str()), (Status::QUOTA_EXCEEDED, "full"));
    }
    assert!(fs::metadata(path(&dir, "a.db")).unwrap().len() <= 64 << 10);
    guest.call::<()>("sql_close", (memory,)).unwrap();
    let _: Handle = guest.call("sql_open_memory", ()).unwrap();
}

#[test]
fn what_is_held_for_a_guest_counts_as_its_memory() {
    let mut limits = Limits::default();
    (limits.memory, limits.reply) = (4 << 20, 1 << 20);
    let module = sql::module().max_memory(8 << 20).page(1, 1);
    let mut guest = Guest::in_host(&limited([module.into()], limits), MEMORY);
    let db: Handle = guest.call("sql_open_memory", ()).unwrap();
    let rows = "SELECT zeroblob(200000) UNION ALL SELECT zeroblob(200000) UNION ALL SELECT zeroblob(200000)";
    let mut cursors = Vec::new();
    let refused = loop {
        match guest.call::<Page>("sql_query", (db, rows, NONE)) {
            Ok(page) => cursors.push(page.cursor.unwrap()),
            Err(refused) => break refused,
        }
    };
    assert_eq!((refused.status, refused.code.as_str()), (Status::QUOTA_EXCEEDED, "out_of_memory"));
    assert!((2..10).contains(&cursors.len()), "{}", cursors.len());
    for cursor in cursors {
        guest.call::<()>("sql_close_cursor", (cursor,)).unwrap();
    }
    guest.call::<Page>("sql_query", (db, rows, NONE)).unwrap();
}
