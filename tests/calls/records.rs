//! The records of a real host and guest in each observer that comes with the host.

use std::fmt::Debug;
use std::sync::{Arc, Mutex};

use hostfn::engine::MissingCapability;
use hostfn::observe::{
    AuditFile, Decision, Event, Learner, Observer, Phase, PhaseContext, Record, Recorder, Span,
    TracingObserver,
};
use hostfn::{Grants, Host, HostFn, HostFnSpec, Registry, Status, capabilities, host_fn};
use test_support::probe::{Probe, registry};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id};
use tracing::{Metadata, Subscriber};

capabilities! {
    /// Greet people by name.
    pub GREET = "greet";
    /// Read files beneath granted directories.
    pub FS_READ = "fs.read" in path;
}

/// Build a greeting.
#[host_fn(capability = GREET)]
fn greet(name: &str) -> String {
    assert_ne!(name, "panic", "it was asked to");
    format!("Hello, {name}!")
}

/// Say that it was called. Only one test calls it: what `tracing` keeps of which levels are enabled is one for
/// the process.
#[host_fn(capability = GREET)]
fn trace() -> bool {
    tracing::info!("called");
    true
}

/// Read a whole file.
#[host_fn(capability = FS_READ(path))]
fn fs_read(path: &str) -> String {
    path.to_owned()
}

fn functions() -> Registry {
    registry(&[greet::SPEC, trace::SPEC, fs_read::SPEC])
}

fn grants() -> Grants {
    Grants::none().allow(&GREET).allow_within(&FS_READ, ["/data/**"]).unwrap()
}

fn watched_by(observer: impl Observer + 'static) -> Host {
    Host::builder(functions()).missing(MissingCapability::Deny).observer(observer).build().unwrap()
}

/// A call of each kind: granted, out of scope, malformed, not granted, and one that panics.
fn one_of_each(host: &Host) -> Vec<Status> {
    let reads = |path: &str| Probe::with("fs_read", (path,));
    let calls = [
        (reads("/data/a"), grants()),
        (reads("/etc/passwd"), grants()),
        (Probe::new("greet", b"\xc1"), grants()),
        (Probe::with("greet", ("you",)), Grants::none()),
        (Probe::with("greet", ("panic",)), grants()),
    ];
    calls.iter().map(|(probe, grants)| probe.ask(host, grants).0).collect()
}

const STATUSES: [Status; 5] =
    [Status::OK, Status::NO_CAPABILITY, Status::BAD_INPUT, Status::NO_CAPABILITY, Status::INTERNAL];

fn host_calls(records: Vec<Record>) -> Vec<Record> {
    records.into_iter().filter(|record| record.phase == Some(Phase::HostCall)).collect()
}

#[test]
fn the_recorder_has_every_call_and_why_it_was_refused() {
    let recorder = Recorder::new();
    assert_eq!(one_of_each(&watched_by(recorder.clone())), STATUSES);
    let records = host_calls(recorder.take());
    let told: Vec<_> = records
        .iter()
        .map(|record| {
            let statuses = record.status.map(Status::new);
            (
                record.function.unwrap(),
                record.decision.unwrap(),
                record.scope_value.as_deref(),
                statuses.unwrap(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("fs_read", Decision::Granted, Some("/data/a"), STATUSES[0]),
            ("fs_read", Decision::OutOfScope, Some("/etc/passwd"), STATUSES[1]),
            ("greet", Decision::Granted, None, STATUSES[2]),
            ("greet", Decision::NotGranted, None, STATUSES[3]),
            ("greet", Decision::Granted, None, STATUSES[4]),
        ]
    );
    assert!(records.iter().all(|record| record.plugin == "probe" && record.duration_ns.is_some()));
    assert!(records[0].message.is_none() && records[1..].iter().all(|record| record.message.is_some()));
    assert_eq!(
        records.iter().map(|record| record.panicked).collect::<Vec<_>>(),
        [false, false, false, false, true]
    );
}

#[test]
fn the_audit_file_has_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("audit.jsonl");
    let audit = AuditFile::create(&path).unwrap();
    let recorder = Recorder::new();
    let both = Host::builder(functions()).missing(MissingCapability::Deny).observer(audit.clone());
    let host = both.observer(recorder.clone()).build().unwrap();
    one_of_each(&host);
    audit.close().unwrap();
    let lines = std::fs::read_to_string(&path).unwrap();
    let mut lines: Vec<serde_json::Value> =
        lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for (n, line) in lines.iter_mut().enumerate() {
        let line = line.as_object_mut().unwrap();
        assert_eq!(line.remove("seq"), Some(n.into()));
        assert!(line.remove("time").is_some());
    }
    let kept: Vec<_> = recorder.take().iter().map(|record| serde_json::to_value(record).unwrap()).collect();
    assert_eq!(lines, kept);
}

/// Runs with every grant, then again with the learnt ones.
#[test]
fn what_was_learnt_is_enough_and_no_more() {
    let learner = Learner::new();
    let calls: [(&'static HostFnSpec, &str); 3] =
        [(fs_read::SPEC, "/data/./b"), (fs_read::SPEC, "/data/a"), (greet::SPEC, "you")];
    let run = |host: &Host, grants: &Grants, (spec, value): (&HostFnSpec, &str)| {
        Probe::with(spec.name(), (value,)).ask(host, grants).0
    };
    let host = watched_by(learner.clone());
    let everything = host.registry().grant_everything();
    for call in calls {
        assert_eq!(run(&host, &everything, call), Status::OK);
    }
    let toml = learner.to_toml("probe");
    assert_eq!(
        toml,
        "# what `probe` used\n\"fs.read\" = { allow = [\"/data/a\", \"/data/b\"] }\n\"greet\" = true\n"
    );
    let again = Learner::new();
    let host = watched_by(again.clone());
    let learnt = host.registry().read_grants(&toml).unwrap();
    for call in calls {
        assert_eq!(run(&host, &learnt, call), Status::OK);
    }
    assert_eq!(run(&host, &learnt, (fs_read::SPEC, "/data/c")), Status::NO_CAPABILITY);
    assert_eq!(again.to_toml("probe"), toml);
}

/// Writes down the names of spans and the messages of events, and in which spans these lie.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Traced>>);

#[derive(Default)]
struct Traced {
    spans: Vec<&'static str>,
    entered: Vec<usize>,
    lines: Vec<String>,
}

struct Message(String);

impl Visit for Message {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if matches!(field.name(), "message" | "function" | "decision" | "scope_value") {
            self.0.push_str(&format!(" {value:?}"));
        }
    }
}

impl Subscriber for Lines {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("hostfn") || metadata.target() == module_path!()
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut traced = self.0.lock().unwrap();
        traced.spans.push(span.metadata().name());
        Id::from_u64(traced.spans.len() as u64)
    }

    fn record(&self, _: &Id, _: &tracing::span::Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        let mut traced = self.0.lock().unwrap();
        let within = traced.entered.iter().map(|at| traced.spans[*at]);
        let mut message =
            Message(within.chain([event.metadata().level().as_str()]).collect::<Vec<_>>().join(" "));
        event.record(&mut message);
        traced.lines.push(message.0);
    }

    fn enter(&self, span: &Id) {
        self.0.lock().unwrap().entered.push(usize::try_from(span.into_u64()).unwrap() - 1);
    }

    fn exit(&self, _: &Id) {
        self.0.lock().unwrap().entered.pop();
    }
}

#[test]
fn what_a_host_function_traces_lies_within_its_call() {
    let lines = Lines::default();
    crate::subscribed(lines.clone(), || {
        let host = watched_by(TracingObserver::new());
        Probe::with("trace", ()).ask(&host, &grants());
        one_of_each(&host);
    });
    let traced = lines.0.lock().unwrap();
    assert!(traced.entered.is_empty());
    let calls: Vec<_> =
        traced.lines.iter().filter_map(|line| Some(&line[line.find("host_call INFO")?..])).collect();
    assert_eq!(calls, ["host_call INFO called"]);
    let told: Vec<_> = traced
        .lines
        .iter()
        .filter_map(|line| {
            Some(&line[line.find("TRACE host").or(line.find("WARN host")).or(line.find("ERROR host"))?..])
        })
        .collect();
    assert_eq!(
        told,
        [
            r#"TRACE host call answered "trace" "granted""#,
            r#"TRACE host call answered "fs_read" "granted" "/data/a""#,
            r#"WARN host call denied "fs_read" "out_of_scope" "/etc/passwd""#,
            r#"WARN host call failed "greet" "granted""#,
            r#"WARN host call denied "greet" "not_granted""#,
            r#"ERROR host function panicked "greet" "granted""#,
        ]
    );
    assert_eq!(traced.spans.iter().filter(|name| **name == "host_call").count(), 6);
}

/// Panics wherever it can, or in its spans.
struct Broken {
    spans_only: bool,
}

impl Observer for Broken {
    fn observe(&self, _: &Event<'_>) {
        panic!("observe");
    }

    fn wants(&self, _: Phase) -> bool {
        assert!(self.spans_only, "wants");
        true
    }

    fn begin(&self, _: &PhaseContext<'_>) -> Option<Box<dyn Span>> {
        Some(Box::new(BrokenSpan))
    }
}

struct BrokenSpan;

impl Span for BrokenSpan {
    fn enter(&mut self) {
        panic!("enter");
    }

    fn exit(&mut self) {
        panic!("exit");
    }
}

#[test]
fn an_observer_that_panics_changes_no_answer() {
    for spans_only in [true, false] {
        let recorder = Recorder::new();
        let host =
            Host::builder(functions()).missing(MissingCapability::Deny).observer(Broken { spans_only });
        let host = host.observer(recorder.clone()).build().unwrap();
        assert_eq!(one_of_each(&host), STATUSES);
        assert_eq!(host_calls(recorder.take()).len(), STATUSES.len());
    }
}
