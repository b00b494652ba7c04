//! `sql`: that time ends every statement, whatever it calls. The values are as large as values may be.

use std::time::{Duration, Instant};

use hostfn::{Resource, Status};
use hostfn_modules::sql::{self, Changes, Database, Page};
use test_support::relay::Guest;

type Handle = Resource<Database>;

const NONE: [i64; 0] = [];

/// A database in memory lies within any grant.
const MEMORY: &str = "\"sql.read\" = { allow = [\"/nowhere\"] }\n\"sql.write\" = { allow = [\"/nowhere\"] }";

/// Bytes of the largest value.
const LONGEST: usize = 256 << 10;

/// The time of a statement, and its greatest delay.
const TIME: Duration = Duration::from_millis(100);
const LATE: Duration = Duration::from_millis(1_500);

fn guest() -> (Guest, Handle) {
    let mut guest = Guest::new(sql::module().max_time(TIME), MEMORY);
    let db = guest.call("sql_open_memory", ()).unwrap();
    (guest, db)
}

/// Runs it, and returns how long that took and the code it failed with.
fn run(guest: &mut Guest, db: Handle, sql: &str, values: &[String]) -> (Duration, String) {
    let once = |guest: &mut Guest| {
        let before = Instant::now();
        let got = guest.call::<Page>("sql_query", (db, sql, values));
        (before.elapsed(), got.map_or_else(|refused| refused.code, |_| String::new()))
    };
    // what else runs on this machine can make any one of them late
    let ran = once(guest);
    if ran.0 < TIME + LATE { ran } else { ran.min(once(guest)).min(once(guest)) }
}

/// Objects with different keys: what is quadratic is so over these.
fn object(key: char) -> String {
    let mut text = String::from("{");
    for n in 0.. {
        let entry = format!("\"{key}{n:05}\":1,");
        if text.len() + entry.len() > LONGEST - 2 {
            break;
        }
        text += &entry;
    }
    text.pop();
    text + "}"
}

fn array() -> String {
    format!("[{}0]", "0,".repeat(LONGEST / 2 - 2))
}

fn deep() -> String {
    format!("{}{}", "[".repeat(900), "]".repeat(900))
}

/// An expression so many times, in columns of one row: nothing there that `SQLite` looks at the clock in.
fn many(expression: &str, count: usize) -> String {
    // each column is a sum, as deep as it may be
    let sums: Vec<String> = (0..count)
        .collect::<Vec<_>>()
        .chunks(90)
        .map(|part| vec![expression; part.len()].join("+"))
        .collect();
    format!("SELECT {}", sums.join(","))
}

#[test]
fn function_over_large_values_ends_in_time() {
    let (mut guest, db) = guest();
    let same = "a".repeat(LONGEST);
    let half = format!("{}b", "a".repeat(LONGEST / 2));
    let digits = "7".repeat(LONGEST);
    let pattern = format!("%{}b%", "a".repeat(400));
    let text = |text: &str| text.to_owned();
    let cases: Vec<(&str, Vec<String>)> = vec![
        ("instr(?1,?2)", vec![same.clone(), half.clone()]),
        ("length(replace(?1,?2,'c'))", vec![same.clone(), half.clone()]),
        ("length(replace(?1,'aa','c'))", vec![same.clone()]),
        ("(?1 LIKE ?2)", vec![same.clone(), pattern.clone()]),
        ("(?1 LIKE ?2)", vec![same.clone(), "%a".repeat(240) + "b"]),
        ("(?1 GLOB ?2)", vec![same.clone(), "*[a-z]".repeat(80) + "0"]),
        ("length(trim(?1,?2))", vec![same.clone(), half.clone()]),
        ("length(upper(?1))", vec![same.clone()]),
        ("length(hex(substr(?1,1,131000)))", vec![same.clone()]),
        ("length(quote(?1))", vec!["'".repeat(LONGEST / 2 - 2)]),
        ("length(?1)", vec![same.clone()]),
        ("unicode(?1)", vec![same.clone()]),
        ("(?1+1)", vec![digits.clone()]),
        ("?1", vec![digits.clone()]),
        ("abs(?1)", vec![digits.clone()]),
        ("round(?1)", vec![digits.clone()]),
        ("length(?1||'')", vec!["b".repeat(LONGEST - 10)]),
        ("(?1=?2)", vec![same.clone(), same.clone()]),
        ("(?1=?2 COLLATE NOCASE)", vec![same.clone(), same.to_uppercase()]),
        ("length(printf('%.*c',260000,'x'))", vec![]),
        ("length(printf('%260000d',1))", vec![]),
        ("length(printf('%.200000f',1.5))", vec![]),
        ("length(printf('%,d%s%q',1,?1,?1))", vec!["'".repeat(60_000)]),
        ("length(zeroblob(262144))", vec![]),
        ("length(randomblob(262144))", vec![]),
        ("length(concat(?1,?1))", vec!["x".repeat(130_000)]),
        ("length(strftime(?1))", vec!["%J".repeat(10_000)]),
        ("length(soundex(?1))", vec![same.clone()]),
        ("length(unistr(?1))", vec!["\\0041".repeat(40_000)]),
        ("json_valid(?1)", vec![array()]),
        ("length(json(?1))", vec![array()]),
        ("length(json(?1))", vec![object('a')]),
        ("json_extract(?1,?2)", vec![array(), text("$[131000]")]),
        ("json_extract(?1,?2)", vec![array(), text("$[#-1]")]),
        ("json_extract(?1,?2)", vec![object('a'), text("$.a99999")]),
        (
            "length(json_extract(?1,?2,?2,?2,?2,?2,?2,?2,?2,?2,?2,?2,?2,?2,?2,?2))",
            vec![array(), text("$[#-1]")],
        ),
        ("json_array_length(?1)", vec![array()]),
        ("length(json_set(?1,?2,1,?2,2,?2,3,?2,4,?2,5,?2,6,?2,7,?2,8))", vec![array(), text("$[9]")]),
        ("length(json_insert(?1,'$[#]',1,'$[#]',2,'$[#]',3,'$[#]',4,'$[#]',5))", vec![array()]),
        ("length(json_remove(?1,'$[0]','$[0]','$[0]','$[0]','$[0]'))", vec![array()]),
        ("length(json_pretty(?1))", vec![deep()]),
        ("length(json_pretty(?1,?2))", vec![deep(), "x".repeat(100_000)]),
        ("length(json_quote(?1))", vec!["\u{1}".repeat(40_000)]),
        ("json_error_position(?1)", vec![array() + "x"]),
        ("(?1->>?2)", vec![object('a'), text("a99999")]),
        ("(SELECT count(*) FROM json_tree(?1))", vec![array()]),
        ("(SELECT sum(length(fullkey)) FROM json_tree(?1))", vec![deep()]),
        ("(SELECT length(group_concat(value,?2)) FROM json_each(?1))", vec![array(), text("")]),
        ("(SELECT length(json_group_array(value)) FROM json_each(?1))", vec![array()]),
        ("(SELECT sum(value) OVER (ORDER BY key) FROM json_each(?1))", vec![array()]),
        (
            "(SELECT max(length(x)) FROM (SELECT group_concat(value) OVER (ROWS 9999 PRECEDING) x FROM json_each(?1)))",
            vec![array()],
        ),
        ("(SELECT count(*) FROM (SELECT value FROM json_each(?1) ORDER BY random()))", vec![array()]),
        (
            "(SELECT count(*) FROM json_each(?1) a, json_each(?1) b WHERE instr(?2,?3))",
            vec![array(), same.clone(), half.clone()],
        ),
        ("(SELECT count(*) FROM json_each(?1) WHERE ?2 LIKE ?3)", vec![array(), same.clone(), pattern]),
        ("(SELECT count(*) FROM json_each(?1) WHERE json_extract(?1,'$[#-'||(key+1)||']'))", vec![array()]),
        (
            "(WITH RECURSIVE c(x) AS (SELECT ?1 UNION ALL SELECT upper(x) FROM c) SELECT count(*) FROM c)",
            vec![same.clone()],
        ),
    ];
    let mut slowest = Vec::new();
    for (expression, values) in &cases {
        // once, and as often as a statement may
        let (took, once) = run(&mut guest, db, &format!("SELECT {expression}"), values);
        slowest.push((took, once.clone(), expression));
        for count in [4_000, 2_000, 1_000, 500, 250, 100, 25] {
            let (took, code) = run(&mut guest, db, &many(expression, count), values);
            assert!(took < TIME + LATE, "{expression}: {took:?}");
            if code != once && matches!(&*code, "too_big" | "bad_sql") {
                continue;
            }
            slowest.push((took, code.clone(), expression));
            assert!(
                matches!(&*code, "" | "interrupted" | "too_big" | "out_of_memory"),
                "{expression}: {code}"
            );
            break;
        }
    }
    slowest.sort();
    slowest.reverse();
    assert!(slowest[0].0 < TIME + LATE, "{:?}", slowest[0]);
    println!("{:?}", &slowest[..10]);
    assert_eq!(guest.instance.poison(), None);
}

#[test]
fn sql_whose_time_is_unbounded_is_refused() {
    let (mut guest, db) = guest();
    for function in [
        "json_patch('{}','{}')",
        "jsonb_patch('{}','{}')",
        "load_extension('x')",
        "sqlite_compileoption_get(1)",
        "fts3_tokenizer('x')",
        "fts5(1)",
        "rtreecheck('x')",
        "match('a','b')",
    ] {
        let refused = guest.call::<Page>("sql_query", (db, format!("SELECT {function}"), NONE)).unwrap_err();
        assert_eq!(
            (refused.status, refused.code.as_str()),
            (Status::NO_CAPABILITY, "not_allowed"),
            "{function}"
        );
        // nor where a schema names it, which no authorizer is asked about
        let sql = format!("CREATE TABLE t (x, CHECK ({function} IS NOT 7))");
        guest.call::<Changes>("sql_execute", (db, sql, NONE)).unwrap_err();
    }
}

#[test]
fn schema_of_a_file_calls_no_unbounded_function() {
    let dir = tempfile::TempDir::new().unwrap();
    let path = dir.path().canonicalize().unwrap().join("a.db").to_str().unwrap().to_owned();
    let host = rusqlite::Connection::open(&path).unwrap();
    // `SQLite` asks no authorizer about what it read from a schema
    host.execute_batch(
        "CREATE TABLE checked (x, y, CHECK (json_patch(x, y) IS NOT 7));
         CREATE TABLE made (x, y, z AS (json_patch(x, y))); INSERT INTO made VALUES ('{}', '{}');
         CREATE TABLE indexed (x, y); CREATE INDEX i ON indexed (json_patch(x, y));
         CREATE TABLE partial (x, y); CREATE INDEX p ON partial (x) WHERE json_patch(x, y) IS NOT 7;
         CREATE TABLE fired (x, y); INSERT INTO fired VALUES ('{}', '{}');
         CREATE TRIGGER t AFTER INSERT ON fired BEGIN SELECT json_patch(NEW.x, NEW.y); END;
         CREATE VIEW seen AS SELECT json_patch(x, y) FROM fired",
    )
    .unwrap();
    drop(host);
    let grants =
        format!("\"sql.read\" = {{ allow = [\"{path}\"] }}\n\"sql.write\" = {{ allow = [\"{path}\"] }}");
    let mut guest = Guest::new(sql::module().max_time(TIME), &grants);
    let db: Handle = guest.call("sql_open_write", (&path,)).unwrap();
    let values = [object('a'), object('b')];
    let before = Instant::now();
    for table in ["checked", "made", "indexed", "partial", "fired"] {
        let insert = format!("INSERT INTO {table} VALUES (?1, ?2)");
        guest.call::<Changes>("sql_execute", (db, &insert, &values)).expect_err(table);
    }
    // a column that is computed when it is read
    for table in ["made", "seen"] {
        guest.call::<Page>("sql_query", (db, format!("SELECT * FROM {table}"), NONE)).expect_err(table);
    }
    assert!(before.elapsed() < 7 * TIME + 2 * LATE, "{:?}", before.elapsed());
}
