//! Limits as configuration.

use std::time::Duration;

use hostfn_core::Limits;
use serde::Deserialize;

/// Each limit, and none at its default.
const ALL: &str = r#"
memory = "128 MiB"
table = 7
time = "1500 ms"
stack = "256 KiB"
args = 4096
reply = "2 MiB"
fuel = 1_000_000
calls = 11
refusals = 12
depth = 3
log_lines = 13
log_bytes = "1 KiB"
concurrent = 14
queued = 15

[load]
module_bytes = "1 MiB"
functions = 16
"#;

#[test]
fn every_field_is_read() {
    let limits = Limits::from_toml(ALL).unwrap();
    let mut expected = Limits::default();
    expected.memory = 128 << 20;
    expected.table = 7;
    expected.time = Duration::from_millis(1500);
    expected.stack = 256 << 10;
    expected.args = 4096;
    expected.reply = 2 << 20;
    expected.fuel = Some(1_000_000);
    expected.calls = 11;
    expected.refusals = 12;
    expected.depth = 3;
    expected.log_lines = 13;
    expected.log_bytes = 1024;
    expected.concurrent = 14;
    expected.queued = 15;
    expected.load.module_bytes = 1 << 20;
    expected.load.functions = 16;
    assert_eq!(limits, expected);
    // a field that is new has to be read, too
    let shown = format!("{:?}", Limits::default());
    let (outer, load) = shown.split_once("load: ").unwrap();
    assert_eq!(outer.matches(": ").count() + 1, 15, "{shown}");
    for field in load.trim_start_matches("LoadLimits { ").split(", ") {
        let (name, _) = field.split_once(':').unwrap();
        let limits = Limits::from_toml(&format!("[load]\n{name} = 77")).unwrap();
        assert!(format!("{limits:?}").contains(&format!("{name}: 77")), "{name}");
    }
    assert_eq!(Limits::from_toml("").unwrap(), Limits::default());
}

#[test]
fn section_of_a_configuration_is_read_in_the_same_form() {
    #[derive(Debug, Deserialize)]
    struct Service {
        plugins: Limits,
    }
    let text = ALL.replace("[load]", "[plugins.load]");
    let service: Service = toml::from_str(&format!("[plugins]\n{text}")).unwrap();
    assert_eq!(service.plugins, Limits::from_toml(ALL).unwrap());
    let json = r#"{ "plugins": { "memory": "64 KiB", "args": 1, "reply": 1, "load": { "imports": 3 } } }"#;
    let service: Service = serde_json::from_str(json).unwrap();
    assert_eq!((service.plugins.memory, service.plugins.load.imports), (64 << 10, 3));

    let error = toml::from_str::<Service>("[plugins]\nmemori = 1\ncalls = -1\ntime = 5\nload = { x = 1 }");
    let error = error.unwrap_err().to_string();
    for expected in [
        "there is no limit `memori`, near `memory`",
        "`calls` is a value of the type integer; write a whole number",
        "`time` is an integer; write a number and a unit, ms or s",
        "there is no limit `x`",
    ] {
        assert!(error.contains(expected), "{expected}: {error}");
    }
}

#[test]
fn every_problem_is_reported_with_its_line() {
    let text = "memory = \"64 MB\"\n\
        tabel = 1\n\
        time = \"0 ms\"\n\
        stack = \"2 MiB\"\n\
        args = 5000000000\n\
        calls = 1.5\n\
        load = { module_bytes = 0, inports = 3, functions = \"many\" }\n";
    let error = Limits::from_toml(text).unwrap_err().to_string();
    for expected in [
        "H0115 limits line 1: `memory` is `64 MB`; write bytes, or a number and a unit",
        "H0115 limits line 2: the file has the key `tabel`; did you mean `table`?",
        "H0115 limits line 3: limits.time: ",
        "H0115 limits line 4: limits.stack: ",
        "H0115 limits line 5: `args` is 5000000000, which no limit can be",
        "H0115 limits line 6: `calls` is a float; write a whole number",
        "H0115 limits line 7: limits.load.module_bytes: 0 admits no module",
        "H0115 limits line 7: `load` has the key `inports`; did you mean `imports`?",
        "H0115 limits line 7: `functions` is `many`; write a whole number",
    ] {
        assert!(error.contains(expected), "{expected}:\n{error}");
    }
    let error = Limits::from_toml("memory = ").unwrap_err().to_string();
    assert!(error.starts_with("H0115 limits line 1, column "), "{error}");
    let error = Limits::from_toml("load = 3").unwrap_err().to_string();
    assert!(error.contains("`load` is no table; write a table"), "{error}");
}

/// By depth, by length, and by the number of problems.
#[test]
fn hostile_text_is_refused_in_time() {
    let deep = format!("load = {}1{}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(Limits::from_toml(&deep).is_err());
    let long = "a = 1\n".repeat(200_000);
    assert!(Limits::from_toml(&long).unwrap_err().to_string().contains("keep them to 1 MiB"));
    let many: String = (0..50_000).map(|n| format!("key{n} = 1\n")).collect();
    let shown = Limits::from_toml(&many).unwrap_err().to_string();
    assert!(shown.len() < 1 << 20, "{}", shown.len());
}
