//! A guest that keeps notes three times over: in a key-value store, in a database, and in a file. `notes-c` does the
//! same.

use hostfn_guest::{CallError, Value};
use serde::Deserialize;
use serde_bytes::{ByteBuf, Bytes};

hostfn_guest::imports! {
    fn clock_wall() -> i64;
    fn fs_append(path: &str, data: &Bytes) -> ();
    fn fs_read(path: &str) -> ByteBuf;
    fn kv_open(store: &str) -> u64;
    fn kv_get(store: u64, key: &str) -> Option<ByteBuf>;
    fn kv_list(store: u64, prefix: &str, after: Option<&str>, most: u32) -> Keys;
    fn kv_set(store: u64, key: &str, value: &Bytes, ttl_ms: Option<u64>) -> ();
    fn kv_increment(store: u64, key: &str, by: i64) -> i64;
    fn sql_open(path: &str) -> u64;
    fn sql_open_write(path: &str) -> u64;
    fn sql_begin(database: u64) -> ();
    fn sql_commit(database: u64) -> ();
    fn sql_execute(database: u64, statement: &str, values: &[Value]) -> Value;
    fn sql_query(database: u64, query: &str, values: &[Value]) -> Rows;
}

#[derive(Deserialize)]
struct Keys {
    keys: Vec<String>,
}

#[derive(Deserialize)]
struct Rows {
    rows: Vec<Vec<Value>>,
}

/// The place where the notes are.
struct Places {
    database: String,
    log: String,
}

impl Places {
    fn beneath(dir: &str) -> Self {
        Self { database: format!("{dir}/notes.db"), log: format!("{dir}/notes.log") }
    }
}

hostfn_guest::export! {
    /// Keeps a note in all three places beneath `dir`.
    pub fn add(dir: &str, text: &str) -> Result<(), CallError> {
        let places = Places::beneath(dir);
        let database = insert(&places, text)?;
        sql_commit(database)?;
        let store = kv_open("notes")?;
        let number = kv_increment(store, "count", 1)?;
        kv_set(store, &format!("note/{number:06}"), Bytes::new(text.as_bytes()), None)?;
        fs_append(&places.log, Bytes::new(format!("{text}\n").as_bytes()))
    }

    /// Begins to keep a note in the database, and comes to no end.
    pub fn begin(dir: &str, text: &str) -> Result<(), CallError> {
        insert(&Places::beneath(dir), text).map(drop)
    }

    /// The notes of each place, a line each.
    pub fn show(dir: &str) -> Result<Vec<String>, CallError> {
        let places = Places::beneath(dir);
        let store = kv_open("notes")?;
        let mut kept = Vec::new();
        for key in kv_list(store, "note/", None, 100)?.keys {
            let note = kv_get(store, &key)?.unwrap_or_default();
            kept.push(String::from_utf8_lossy(&note).into_owned());
        }
        let database = sql_open(&places.database)?;
        let rows = sql_query(database, "select text from notes where at > 0 order by id", &[])?.rows;
        let texts: Vec<String> = rows.iter().filter_map(|row| text_of(row.first()?)).collect();
        let log = fs_read(&places.log)?;
        let lines: Vec<&str> = core::str::from_utf8(&log).unwrap_or_default().lines().collect();
        Ok(vec![
            format!("kv   {}", kept.join(", ")),
            format!("sql  {}", texts.join(", ")),
            format!("file {}", lines.join(", ")),
        ])
    }
}

fn text_of(value: &Value) -> Option<String> {
    if let Value::String(text) = value { Some(text.clone()) } else { None }
}

/// A transaction with a note in it.
fn insert(places: &Places, text: &str) -> Result<u64, CallError> {
    let database = sql_open_write(&places.database)?;
    sql_execute(database, "create table if not exists notes (id integer primary key, at integer, text text)", &[])?;
    sql_begin(database)?;
    let at = clock_wall()?;
    let values = [Value::Signed(at), Value::String(text.into())];
    sql_execute(database, "insert into notes (at, text) values (?1, ?2)", &values)?;
    Ok(database)
}
