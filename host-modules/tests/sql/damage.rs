//! `sql`: databases that are damaged while they are open. It counts panics of the process, so this file has no other test.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use hostfn::Resource;
use hostfn_modules::sql::{self, Changes, Database, Page};
use rusqlite::Connection;
use tempfile::TempDir;
use test_support::relay::Guest;

type Handle = Resource<Database>;

const NONE: [i64; 0] = [];

/// Schemas of a table `a` and a view `v` with bytes that are not UTF-8, in hexadecimal.
const SCHEMAS: [(&str, &str); 5] = [
    // CREATE TABLE a (x INTEGER PRIMARY KEY, \xff TEXT)
    ("a", "435245415445205441424c452061202878205245414c2c20ff205445585429"),
    // CREATE TABLE \xff (x, y)
    ("a", "435245415445205441424c4520ff2028782c207929"),
    // CREATE TABLE a (x, y CHECK (\xff(y)))
    ("a", "435245415445205441424c4520612028782c207920434845434b2028ff2879292929"),
    // CREATE VIEW v AS SELECT x AS "\xff" FROM a
    ("v", "43524541544520564945572076204153 2053454c4543542078204153 2022ff22 2046524f4d2061"),
    // CREATE VIEW v AS SELECT x FROM \xff
    ("v", "4352454154452056494557207620415320 53454c454354207820 46524f4d20ff"),
];

#[test]
fn damaged_schema_panics_nowhere() {
    let panics = Arc::new(AtomicUsize::new(0));
    let (count, before) = (Arc::clone(&panics), std::panic::take_hook());
    // the hook is the process's, and other tests run beside this one
    let here = std::thread::current().id();
    std::panic::set_hook(Box::new(move |info| {
        if std::thread::current().id() == here {
            count.fetch_add(1, Ordering::SeqCst);
        }
        before(info);
    }));
    let dir = TempDir::new().unwrap();
    for (n, (name, hex)) in SCHEMAS.into_iter().enumerate() {
        let path = dir.path().canonicalize().unwrap().join(format!("{n}.db")).to_str().unwrap().to_owned();
        let host = Connection::open(&path).unwrap();
        host.execute_batch(
            "CREATE TABLE a (x, y); INSERT INTO a VALUES (1, 2); CREATE VIEW v AS SELECT x FROM a",
        )
        .unwrap();
        let grants =
            format!("\"sql.read\" = {{ allow = [\"{path}\"] }}\n\"sql.write\" = {{ allow = [\"{path}\"] }}");
        let mut guest = Guest::new(sql::module(), &grants);
        let db: Handle = guest.call("sql_open_write", (&path,)).unwrap();
        guest.call::<Page>("sql_query", (db, "SELECT * FROM v", NONE)).unwrap();
        // as an attacker who writes the file: the schema that SQLite reads is another
        let hex = hex.replace(' ', "");
        host.execute_batch(&format!(
            "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = CAST(x'{hex}' AS TEXT) WHERE name = '{name}';
             PRAGMA schema_version = 99"
        ))
        .unwrap();
        drop(host);
        // a new handle is refused, and one that is open gets what it can
        assert_eq!(guest.code("sql_open", (&path,)), "not_a_database", "{n}");
        for sql in [
            "SELECT * FROM a",
            "SELECT * FROM v",
            "SELECT count(*) FROM a",
            "SELECT * FROM pragma_table_info('a')",
        ] {
            let _ = guest.call::<Page>("sql_query", (db, sql, NONE));
        }
        for sql in [
            "INSERT INTO a VALUES (1, 2)",
            "UPDATE a SET x = 1",
            "DELETE FROM a",
            "DROP VIEW v",
            "ALTER TABLE a RENAME TO b",
        ] {
            let _ = guest.call::<Changes>("sql_execute", (db, sql, NONE));
        }
        assert_eq!((panics.load(Ordering::SeqCst), guest.instance.poison()), (0, None), "{n}");
    }
}
