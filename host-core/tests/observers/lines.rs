//! Log lines of host functions for their callers.

use std::sync::{Arc, Mutex};

use hostfn_core::{Caller, Event, EventKind, LogLevel, LogValue, Observer, Observers, Record, Recorder};

use super::watched_by;

fn observers(observer: impl Observer + 'static) -> Observers {
    Observers::new(watched_by(observer))
}

/// Returns what is recorded of a line.
fn logged(text: &str, fields: &[(&str, LogValue<'_>)]) -> Record {
    let recorder = Recorder::new();
    let caller = Caller::new("plugin", 7).watched_by(observers(recorder.clone()));
    caller.log(LogLevel::Warn, text, fields);
    let [record] = &*recorder.records() else { panic!("one line") };
    record.clone()
}

#[test]
fn a_line_is_told_with_who_wrote_it_and_what_belongs_to_it() {
    let fields: [(&str, LogValue<'_>); 6] = [
        ("key", "a\n".into()),
        ("bytes", 2_u64.into()),
        ("change", (-1_i64).into()),
        ("new", true.into()),
        ("share", 0.5.into()),
        ("old", LogValue::Nil),
    ];
    let record = logged("stored", &fields);
    let json = r#"{"plugin":"plugin","instance":7,"level":"warn","text":"stored","fields":{"key":"a\n","bytes":2,"change":-1,"new":true,"share":0.5,"old":null}}"#;
    assert_eq!(serde_json::to_string(&record).unwrap(), json);
    let json = r#"{"plugin":"plugin","instance":7,"level":"warn","text":"stored"}"#;
    assert_eq!(serde_json::to_string(&logged("stored", &[])).unwrap(), json);
}

#[test]
fn names_are_short_and_plain() {
    let long = "a".repeat(65);
    let record =
        logged("x", &[("a b=\n\u{202e}ß\"", LogValue::Nil), (&long, LogValue::Nil), ("", LogValue::Nil)]);
    let names: Vec<_> = record.fields.iter().map(|(name, _)| &**name).collect();
    assert_eq!(names, ["a_b_____", &long[..64], ""]);
    // a letter that would be cut in two is left out
    let split = "a".repeat(63) + "ß";
    assert_eq!(logged("x", &[(&split, LogValue::Nil)]).fields[0].0.len(), 63);
}

#[test]
fn no_more_than_64_fields_are_told() {
    let names: Vec<_> = (0..65).map(|n| format!("f{n}")).collect();
    let fields: Vec<_> = names.iter().map(|name| (&**name, LogValue::Nil)).collect();
    assert_eq!(logged("x", &fields).fields.len(), 64);
    assert_eq!(logged("x", &fields).fields[63].0, "f63");
}

#[test]
fn text_and_values_together_are_cut_at_64_kib() {
    let long = "a".repeat(60_000);
    let seen = Arc::new(Mutex::new(Vec::new()));
    let lens = Arc::clone(&seen);
    let observer = move |event: &Event<'_>| {
        let EventKind::Log { text, fields, .. } = event.what else { return };
        lens.lock().unwrap().push(text.len());
        lens.lock().unwrap().extend(fields.iter().map(|(_, value)| match value {
            LogValue::Text(text) => text.len(),
            _ => 0,
        }));
    };
    let caller = Caller::new("plugin", 7).watched_by(observers(observer));
    caller.log(LogLevel::Info, &long, &[("a", (&*long).into()), ("b", (&*long).into()), ("n", 1_u64.into())]);
    caller.log(LogLevel::Info, &long.repeat(2), &[("a", "b".into())]);
    assert_eq!(*seen.lock().unwrap(), [60_000, 5_536, 0, 0, 65_536, 0]);
}

#[test]
fn an_observer_that_panics_hides_no_line_from_the_others() {
    let recorder = Recorder::new();
    let broken = |_: &Event<'_>| panic!("it breaks");
    let observers = Observers::new(vec![Arc::new(broken), Arc::new(recorder.clone())]);
    Caller::new("plugin", 7).watched_by(observers).log(LogLevel::Info, "x", &[]);
    assert_eq!(recorder.records().len(), 1);
}

#[test]
fn who_watches_does_not_tell_callers_apart() {
    let caller = Caller::new("plugin", 7);
    assert_eq!(caller, caller.clone().watched_by(observers(Recorder::new())));
    assert_ne!(caller, Caller::new("plugin", 8));
    // without observers, nothing is written
    caller.log(LogLevel::Info, "x", &[("key", "a".into())]);
}
