//! Memory that modules hold for a guest.

use hostfn::HostModule;
use hostfn::abi::Value;
use hostfn_modules::{fs, kv, log, sql};
use serde::Serialize;
use serde::ser::Error as _;
use serde_bytes::Bytes;
use test_support::relay::{Guest, limited};

use crate::harness::{guests, limits};

const NONE: [i64; 0] = [];

/// Reaches nothing but databases in memory.
const SQL: &str = "\"sql.read\" = { allow = [\"/nowhere\"] }\n\"sql.write\" = { allow = [\"/nowhere\"] }";

/// A guest that hands on what the test passes.
fn guest(module: impl Into<HostModule>, grants: &str) -> Guest {
    Guest::in_host(&limited([module.into()], limits()), grants)
}

/// Makes the call as often as it succeeds, and no more than so often; returns how often it succeeded.
fn until_refused(guest: &mut Guest, function: &str, times: u32, args: impl Fn(u32) -> Vec<u8>) -> u32 {
    for n in 0..times {
        if let Err(refused) = guest.call::<Value>(function, Args(args(n))) {
            println!("{function} is refused after {n} calls: {refused:?}");
            return n;
        }
    }
    times
}

/// Arguments that are encoded already.
struct Args(Vec<u8>);

impl Serialize for Args {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        hostfn::abi::codec::decode::<Value>(&self.0).map_err(S::Error::custom)?.serialize(serializer)
    }
}

fn encoded(args: impl Serialize) -> Vec<u8> {
    hostfn::abi::codec::to_vec(&args).unwrap()
}

guests! {
    /// Prepared statements, each of which is a program in the heap.
    fn sql_statements_are_charged() {
        let mut guest = guest(sql::module(), SQL);
        let db: u64 = guest.call("sql_open_memory", ()).unwrap();
        let columns = vec!["1"; 60].join(",");
        let prepare = |n| encoded((db, format!("SELECT {n},{columns}")));
        assert!(until_refused(&mut guest, "sql_prepare", 5_000, prepare) > 0);
    }

    /// A database in memory that grows.
    fn sql_database_is_charged() {
        let mut guest = guest(sql::module(), SQL);
        let db: u64 = guest.call("sql_open_memory", ()).unwrap();
        let _ = guest.call::<Value>("sql_execute", (db, "CREATE TABLE a (x)", NONE));
        let sql = "INSERT INTO a VALUES (zeroblob(100000))";
        assert!(until_refused(&mut guest, "sql_execute", 1_000, |_| encoded((db, sql, NONE))) > 0);
    }

    /// A query of many small rows, whose first page is all that is asked for.
    fn sql_rows_are_charged() {
        let mut guest = guest(sql::module(), SQL);
        let db: u64 = guest.call("sql_open_memory", ()).unwrap();
        let sql = "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 2000000) SELECT n, '' FROM c";
        let _ = until_refused(&mut guest, "sql_query", 10, |_| encoded((db, sql, NONE)));
    }

    /// A value that is put together inside the database.
    fn sql_values_are_charged() {
        let mut guest = guest(sql::module(), SQL);
        let db: u64 = guest.call("sql_open_memory", ()).unwrap();
        let sql = "SELECT hex(zeroblob(200000000)), hex(zeroblob(200000000))";
        let _ = until_refused(&mut guest, "sql_query", 10, |_| encoded((db, sql, NONE)));
    }

    /// A store in a JSON file, which every change writes as a whole.
    fn json_store_is_bounded() {
        let dir = tempfile::tempdir().unwrap();
        let options = kv::module().json("notes", dir.path().join("notes.json"));
        let mut guest = guest(options, "\"kv.read\" = true\n\"kv.write\" = true");
        let store: u64 = guest.call("kv_open", ("notes",)).unwrap();
        let value = vec![0xff; 60_000];
        let set = |n| encoded((store, format!("key {n}"), Bytes::new(&value), None::<u64>));
        assert!(until_refused(&mut guest, "kv_set", 200, set) > 0);
    }

    /// Lines of the module that logs, with as many fields as there may be.
    fn logged_fields_are_bounded() {
        let mut guest = guest(log::module(), "\"log.write\" = true");
        let fields: Vec<_> = (0..60).map(|n| (format!("field{n}"), "a".repeat(1_000))).collect();
        let fields: std::collections::BTreeMap<_, _> = fields.into_iter().collect();
        assert!(until_refused(&mut guest, "log_write", 2_000, |_| encoded(("info", "line", &fields))) > 0);
    }

    /// Files that are open, of one that exists.
    fn open_files_are_bounded() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().canonicalize().unwrap().join("file");
        std::fs::write(&path, "text").unwrap();
        let path = path.to_str().unwrap();
        let mut guest = guest(fs::module(), &format!("\"fs.read\" = {{ allow = [\"{path}\"] }}"));
        assert!(until_refused(&mut guest, "fs_open", 100_000, |_| encoded((path,))) > 0);
    }
}
