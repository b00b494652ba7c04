//! The cost of a point query for a guest, beside the same call of `rusqlite` made natively.
//!
//! `cargo bench -p hostfn-modules --bench sql` prints nanoseconds per query, of databases in a file and in memory.

use std::hint::black_box;

use criterion::{Criterion, Throughput};
use hostfn::abi::codec;
use hostfn::{Host, Instance, Registry, Resource};
use hostfn_modules::sql;
use rusqlite::{Connection, OpenFlags};
use tempfile::TempDir;

/// Queries within one call of `run`.
const CALLS: u32 = 1_000;
const ROWS: i64 = 10_000;
const POINT: &str = "SELECT id, name FROM people WHERE id = ?1";

fn fill(connection: &Connection) {
    connection
        .execute_batch("CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT NOT NULL); BEGIN")
        .unwrap();
    for id in 0..ROWS {
        connection.execute("INSERT INTO people VALUES (?1, ?2)", (id, format!("person {id}"))).unwrap();
    }
    connection.execute_batch("COMMIT").unwrap();
}

/// Returns what the host function does, by hand: the row as values of the language.
fn native(connection: &Connection, id: i64) -> (i64, String) {
    let mut statement = connection.prepare_cached(POINT).unwrap();
    statement.query_row([id], |row| Ok((row.get(0)?, row.get(1)?))).unwrap()
}

/// A guest that keeps the arguments of a query in its memory, and queries over and over with them. `keep` takes them from
/// its arguments; `open` hands its arguments on to `sql_open`.
const GUEST: &str = r#"(module
    (import "host" "sql_open" (func $open (param i32 i32) (result i64)))
    (import "host" "sql_query" (func $query (param i32 i32) (result i64)))
    (import "host" "sql_prepare" (func $prepare (param i32 i32) (result i64)))
    (import "host" "sql_rows" (func $rows (param i32 i32) (result i64)))
    (import "host" "host_set_window" (func $window (param i32 i32) (result i32)))
    (import "host" "host_set_result" (func $set_result (param i32 i32)))
    (import "host" "host_result_ptr" (func $result_ptr (result i32)))
    (memory (export "memory") 8)
    (global $len (mut i32) (i32.const 0))
    (func (export "plugin_alloc") (param i32) (result i32) (i32.const 1024))
    (func $answer (param $word i64) (result i64)
        (call $set_result (call $result_ptr) (i32.wrap_i64 (i64.shr_u (local.get $word) (i64.const 32))))
        (local.get $word))
    (func (export "open") (param i32 i32) (result i64)
        (call $answer (call $open (local.get 0) (local.get 1))))
    (func (export "prepare") (param i32 i32) (result i64)
        (call $answer (call $prepare (local.get 0) (local.get 1))))
    (func (export "keep") (param $at i32) (param $len i32) (result i64)
        (memory.copy (i32.const 0x10000) (local.get $at) (local.get $len))
        (global.set $len (local.get $len))
        (i64.const 0))
    (func (export "query") (param i32 i32) (result i64) (local $n i32)
        (drop (call $window (i32.const 0x20000) (i32.const 0x10000)))
        (local.set $n (i32.const CALLS))
        (loop $again
            (if (i32.wrap_i64 (call $query (i32.const 0x10000) (global.get $len))) (then unreachable))
            (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        (i64.const 0))
    (func (export "rows") (param i32 i32) (result i64) (local $n i32)
        (drop (call $window (i32.const 0x20000) (i32.const 0x10000)))
        (local.set $n (i32.const CALLS))
        (loop $again
            (if (i32.wrap_i64 (call $rows (i32.const 0x10000) (global.get $len))) (then unreachable))
            (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        (i64.const 0)))"#;

fn guest() -> Instance {
    let registry = Registry::builder().module(sql::module()).build().unwrap();
    let grants = registry.grant_everything();
    let host = Host::builder(registry).build().unwrap();
    let guest = wat::parse_str(GUEST.replace("CALLS", &CALLS.to_string())).unwrap();
    host.load("bench", &guest).unwrap().instantiate(&grants).unwrap()
}

fn main() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().canonicalize().unwrap().join("people.db");
    fill(&Connection::open(&path).unwrap());
    let path = path.to_str().unwrap();

    let mut criterion = Criterion::default().configure_from_args();
    let mut group = criterion.benchmark_group("sql point query");
    group.throughput(Throughput::Elements(CALLS.into()));

    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    group.bench_function("native", |bencher| {
        bencher.iter(|| {
            for _ in 0..CALLS {
                black_box(native(&connection, black_box(4_711)));
            }
        });
    });

    let mut guest = guest();
    let db: Resource<sql::Database> = guest.call("open", (path,)).unwrap();
    assert!(codec::to_vec(&(db, POINT, (4_711,))).unwrap().len() < 0x10000);
    guest.call::<_, ()>("keep", (db, POINT, (4_711,))).unwrap();
    group.bench_function("from a guest", |bencher| {
        bencher.iter(|| guest.call::<_, ()>("query", ()).unwrap());
    });
    let statement: Resource<sql::Statement> = guest.call("prepare", (db, POINT)).unwrap();
    guest.call::<_, ()>("keep", (statement, (4_711,))).unwrap();
    group.bench_function("from a guest, prepared", |bencher| {
        bencher.iter(|| guest.call::<_, ()>("rows", ()).unwrap());
    });
    group.finish();
    criterion.final_summary();
}
