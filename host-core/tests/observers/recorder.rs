use hostfn_core::{
    Code, Decision, Error, Event, EventKind, Grants, LogLevel, Observer, Phase, PhaseEnd, Problem, Record,
    Recorder,
};

use super::{FS_READ, GREET_FN, READ_FN, call, deny, log, watched_by};

fn texts(records: &[Record]) -> Vec<&str> {
    records.iter().filter_map(|record| record.text.as_deref().or(record.capability)).collect()
}

#[test]
fn a_host_call_is_recorded_with_all_there_is_to_say_of_it() {
    use Decision::{Granted, NotGranted, OutOfScope};

    let recorder = Recorder::new();
    let observers = watched_by(recorder.clone());
    let grants = Grants::none().allow_within(&FS_READ, ["/data/**", "/panic", "/fault"]).unwrap();
    for value in ["/data/a", "/etc/passwd", "/fault", "/panic"] {
        call(&observers, &grants, &READ_FN, value);
    }
    call(&observers, &grants, &GREET_FN, "you");
    let records = recorder.records();
    let told: Vec<_> = records
        .iter()
        .map(|record| {
            let value = record.scope_value.as_deref().unwrap_or("-");
            let message = record.message.as_deref().unwrap_or("-");
            (record.decision.unwrap(), value, record.status_name.unwrap(), message, record.panicked)
        })
        .collect();
    let outside = "the capability `fs.read` is not granted for this `v`";
    assert_eq!(
        told[..3],
        [
            (Granted, "/data/a", "OK", "-", false),
            (OutOfScope, "/etc/passwd", "NO_CAPABILITY", outside, false),
            (Granted, "/fault", "QUOTA_EXCEEDED", "the disk is tired", false),
        ]
    );
    assert_eq!((told[3].0, told[3].1, told[3].2, told[3].4), (Granted, "/panic", "INTERNAL", true));
    assert!(told[3].3.contains("it was asked to"), "{}", told[3].3);
    let not_granted = "the capability `greet` is not granted";
    assert_eq!(told[4], (NotGranted, "-", "NO_CAPABILITY", not_granted, false));

    let first = &records[0];
    assert_eq!((&*first.plugin, first.instance, first.phase), ("plugin", Some(7), Some(Phase::HostCall)));
    assert_eq!(
        (first.module, first.function, first.capability),
        (Some("host"), Some("fs_read"), Some("fs.read"))
    );
    assert_eq!((first.args, first.reply, first.status), (Some(9), Some(8), Some(0)));
    assert!(first.duration_ns.is_some());
    assert!(records[1].is_denied() && records[4].is_denied() && !first.is_denied());
}

#[test]
fn records_are_serialised_without_what_does_not_apply() {
    let recorder = Recorder::new();
    log(&recorder, "ready");
    deny(&recorder, "plugin");
    let error = Error::from(Problem::new(Code::TimedOut, "run", "it was slow", "be faster"));
    let mut ended = PhaseEnd::new(Phase::Call);
    (ended.export, ended.bytes, ended.error) = (Some("run"), (3, 4), Some(&error));
    recorder.observe(&Event::new("plugin", None, EventKind::Ended(ended)));
    recorder.observe(&Event::new("plugin", None, EventKind::Ended(PhaseEnd::new(Phase::Load))));
    recorder.observe(&Event::new("plugin", None, EventKind::BadLog { message: "outside" }));
    let json: Vec<_> =
        recorder.records().iter().map(|record| serde_json::to_string(record).unwrap()).collect();
    assert_eq!(
        json,
        [
            r#"{"plugin":"plugin","instance":7,"level":"info","text":"ready"}"#,
            r#"{"plugin":"plugin","instance":7,"phase":"host_call","module":"host","function":"greet","capability":"greet","decision":"not_granted","status":-1,"status_name":"NO_CAPABILITY","args":0,"reply":0}"#,
            r#"{"plugin":"plugin","phase":"call","export":"run","args":3,"reply":4,"error":"H0406","message":"H0406 run: it was slow; be faster"}"#,
            r#"{"plugin":"plugin","phase":"load"}"#,
            r#"{"plugin":"plugin","message":"outside"}"#,
        ]
    );
}

#[test]
fn denials_outlive_what_a_guest_may_do() {
    let recorder = Recorder::with_room(3);
    log(&recorder, "a");
    deny(&recorder, "plugin");
    for text in ["b", "c", "d", "e"] {
        log(&recorder, text);
    }
    assert_eq!(texts(&recorder.records()), ["greet", "d", "e"]);
    assert_eq!(recorder.lost(), 3);
    for plugin in ["one", "two", "three"] {
        deny(&recorder, plugin);
    }
    let left: Vec<_> = recorder.records().into_iter().map(|record| record.plugin).collect();
    assert_eq!(left, ["one", "two", "three"]);
    assert_eq!(recorder.lost(), 6);
}

#[test]
fn a_clone_shares_the_records() {
    let recorder = Recorder::default();
    let other = recorder.clone();
    log(&other, "a");
    deny(&other, "plugin");
    log(&other, "b");
    assert_eq!(texts(&recorder.records()), ["a", "greet", "b"]);
    assert_eq!(format!("{recorder:?}"), "3 records, 0 lost");
    assert_eq!(recorder.take().len(), 3);
    assert!(other.records().is_empty());
    log(&other, "c");
    recorder.clear();
    assert!(other.take().is_empty());
}

#[test]
fn a_long_text_is_cut() {
    let recorder = Recorder::new();
    log(&recorder, &"é".repeat(3000));
    log(&recorder, &format!("a{}", "é".repeat(3000)));
    for (record, missing) in recorder.records().iter().zip([1904, 1906]) {
        let text = record.text.as_deref().unwrap();
        assert!(text.ends_with(&format!("é... and {missing} bytes more")), "{}", &text[4000..]);
    }
    let level = LogLevel::Error;
    let plugin = "p".repeat(5000);
    recorder.observe(&Event::new(&plugin, None, EventKind::Log { level, text: "", fields: &[] }));
    assert!(recorder.records()[2].plugin.len() < 4200);
    assert_eq!(recorder.records()[2].level, Some("error"));
}
