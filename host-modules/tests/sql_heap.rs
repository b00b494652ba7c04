//! `sql`: the memory of `SQLite`'s own. It is limited for the whole process, so this file has no other test.

mod common;

use common::Guest;
use host_modules::sql::{self, Database, Page, Value};
use hostfn::{Resource, Status};

#[test]
fn what_sqlite_holds_in_memory_is_limited() {
    let grants = "\"sql.read\" = { allow = [\"/nowhere\"] }";
    let mut guest = Guest::new(sql::module().heap_limit(32 << 20), grants);
    let db: Resource<Database> = guest.call("sql_open_memory", ()).unwrap();
    let none: [i64; 0] = [];
    // each of them is kept, to be sorted and told from the others
    for sql in [
        "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT n FROM c ORDER BY randomblob(1000)",
        "WITH RECURSIVE c(n) AS (SELECT zeroblob(1000) UNION SELECT randomblob(1000) FROM c) SELECT count(*) FROM c",
        "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT count(DISTINCT randomblob(1000)) FROM c",
    ] {
        let refused = guest.call::<Page>("sql_query", (db, sql, none)).unwrap_err();
        assert_eq!(
            (refused.status, refused.code.as_str()),
            (Status::QUOTA_EXCEEDED, "out_of_memory"),
            "{sql}"
        );
    }
    let page: Page = guest.call("sql_query", (db, "SELECT 1", none)).unwrap();
    assert_eq!(page.rows, [[Value::Integer(1)]]);

    // nobody raises it
    let mut other = Guest::new(sql::module().heap_limit(64 << 20), grants);
    let _: Resource<Database> = other.call("sql_open_memory", ()).unwrap();
    let limit: i64 = rusqlite::Connection::open_in_memory()
        .unwrap()
        .query_row("PRAGMA hard_heap_limit", [], |row| row.get(0))
        .unwrap();
    assert_eq!(limit, 32 << 20);
}
