//! Records of host calls whose replies are placed by a guest that calls host functions meanwhile.

use std::fmt::Debug;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Waker};
use std::time::Duration;

use hostfn::abi::codec;
use hostfn::engine::MissingCapability;
use hostfn::observe::{AuditFile, Event, EventKind, Learner, Observer, Phase, Recorder, TracingObserver};
use hostfn::{Grants, Host, HostError, HostFn, Instance, Limits, Status, capabilities, host_fn};
use test_support::probe::{HEAP, export, registry};
use test_support::relay::relay;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id};
use tracing::{Metadata, Subscriber};

capabilities! {
    /// Read files beneath granted directories.
    pub FS_READ = "fs.read" in path;
    /// Erase everything.
    pub ERASE = "erase";
}

/// Read a whole file.
#[host_fn(capability = FS_READ(path))]
fn fs_read(path: &str) -> String {
    path.to_owned()
}

/// Read a whole file on an executor.
#[host_fn(capability = FS_READ(path))]
async fn fs_read_later(path: String) -> String {
    std::future::ready(()).await;
    path
}

#[derive(Debug, HostError)]
enum Missing {
    /// The file does not exist.
    #[status(not_found)]
    NoSuchFile,
}

impl std::fmt::Display for Missing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the file does not exist")
    }
}

/// Look for a file that does not exist.
#[host_fn(capability = FS_READ(path))]
fn fs_look(path: &str) -> Result<String, Missing> {
    if path.is_empty() { Ok(String::new()) } else { Err(Missing::NoSuchFile) }
}

/// Erase everything, which matches no value.
#[host_fn(capability = ERASE)]
fn erase() {}

/// Read a file that takes long.
#[host_fn(capability = FS_READ(path))]
fn fs_slow(path: &str) -> String {
    std::thread::sleep(Duration::from_millis(50));
    path.to_owned()
}

/// Read a file that never comes.
#[host_fn(capability = FS_READ(path))]
async fn fs_never(path: String) -> String {
    std::future::pending::<()>().await;
    path
}

fn functions() -> hostfn::Registry {
    registry(&[fs_read::SPEC, fs_read_later::SPEC, fs_look::SPEC, fs_slow::SPEC, fs_never::SPEC])
}

fn host(observer: impl Observer + 'static) -> Host {
    Host::builder(functions()).limits(Limits::default()).observer(observer).build().unwrap()
}

fn grants() -> Grants {
    Grants::none().allow_within(&FS_READ, ["/data/**"]).unwrap()
}

/// The value that the call at `level` names: every third one is outside the grant.
fn value(level: usize) -> String {
    if level % 3 == 1 { format!("/deny/{level}") } else { format!("/data/{level}") }
}

/// A guest whose `run` calls `first` with the value of level 0, and whose allocator calls a host function with the
/// next value each time that it is asked for a block: every third time `second`, which fails, else `first`.
fn nesting(first: &str, second: &str) -> Vec<u8> {
    let args: Vec<_> = (0..10).map(|level| codec::to_vec(&(value(level),)).unwrap()).collect();
    let data: String = args
        .iter()
        .enumerate()
        .map(|(level, args)| {
            let bytes: String = args.iter().map(|byte| format!("\\{byte:02x}")).collect();
            format!("(data (i32.const {}) \"{bytes}\")", 1024 + 64 * level)
        })
        .collect();
    let at = "(i32.add (i32.const 1024) (i32.mul (global.get $level) (i32.const 64)))";
    let len = args[0].len();
    let call = |name: &str| format!("(drop (call ${name} {at} (i32.const {len})))");
    let run = export("run", &call("first"), "(i64.const 0)");
    wat::parse_str(format!(
        r#"(module
            (import "host" "{first}" (func $first (param i32 i32) (result i64)))
            (import "host" "{second}" (func $second (param i32 i32) (result i64)))
            (memory (export "memory") 4)
            {data}
            (global $level (mut i32) (i32.const 0))
            (global $heap (mut i32) (i32.const {HEAP}))
            (func (export "plugin_alloc") (param i32) (result i32)
                (global.set $level (i32.add (global.get $level) (i32.const 1)))
                (if (i32.eq (i32.rem_u (global.get $level) (i32.const 3)) (i32.const 2))
                    (then {second_call})
                    (else {first_call}))
                (global.get $heap)
                (global.set $heap (i32.add (global.get $heap) (local.get 0))))
            {run})"#,
        first_call = call("first"),
        second_call = call("second"),
    ))
    .unwrap()
}

/// A record: function, decision, value and status.
type Row = (String, String, Option<String>, i32);

/// Returns what the calls of `nesting` leave, the innermost first: a call is recorded when it has been answered.
fn expected(first: &str) -> Vec<Row> {
    let row = |level: usize| {
        let (function, decision, status) = match level % 3 {
            0 => (first, "granted", Status::OK),
            1 => (first, "out_of_scope", Status::NO_CAPABILITY),
            _ => ("fs_look", "granted", Status::NOT_FOUND),
        };
        (function.to_owned(), decision.to_owned(), Some(value(level)), status.code())
    };
    (0..9).rev().map(row).collect()
}

/// Runs the guest on a host with this observer: on both kinds of instance, with functions of both kinds.
fn each_way(observed: impl Fn(&dyn Fn(Host) -> &'static str)) {
    observed(&|host| {
        let plugin = host.load("nested", &nesting("fs_read", "fs_look")).unwrap();
        plugin.instantiate(&grants()).unwrap().call::<_, ()>("run", ()).unwrap();
        "fs_read"
    });
    for first in ["fs_read", "fs_read_later"] {
        observed(&|host| {
            let plugin = host.load("nested", &nesting(first, "fs_look")).unwrap();
            pollster::block_on(async {
                let mut instance = plugin.instantiate_async(&grants()).await.unwrap();
                instance.call_async::<_, ()>("run", ()).await.unwrap();
            });
            first
        });
    }
}

#[test]
fn recorder_nested_calls_each_keep_their_value() {
    each_way(|run| {
        let recorder = Recorder::new();
        let first = run(host(recorder.clone()));
        let records = recorder.take().into_iter().filter(|record| record.phase == Some(Phase::HostCall));
        let records: Vec<_> = records.collect();
        let rows = records.iter().map(|record| {
            let decision = record.decision.unwrap().as_str().to_owned();
            (
                record.function.unwrap().to_owned(),
                decision,
                record.scope_value.clone(),
                record.status.unwrap(),
            )
        });
        assert_eq!(rows.collect::<Vec<_>>(), expected(first));
        assert!(records.iter().all(|record| record.args == Some(9) && record.duration_ns.is_some()));
        assert!(records.iter().all(|record| record.instance == records[0].instance));
        // the innermost error found no room, and no other reply was dropped
        let replies: Vec<_> = records.iter().map(|record| record.reply.unwrap() > 0).collect();
        assert_eq!(replies, [false, true, true, true, true, true, true, true, true]);
    });
}

#[test]
fn audit_file_nested_calls_each_keep_their_value() {
    each_way(|run| {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("audit.jsonl");
        let audit = AuditFile::create(&path).unwrap();
        let first = run(host(audit.clone()));
        audit.close().unwrap();
        let lines = std::fs::read_to_string(&path).unwrap();
        let lines = lines.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
        let rows: Vec<Row> = lines
            .filter(|line| line["phase"] == "host_call")
            .map(|line| {
                let text = |key: &str| line[key].as_str().map(str::to_owned);
                let status = i32::try_from(line["status"].as_i64().unwrap()).unwrap();
                (text("function").unwrap(), text("decision").unwrap(), text("scope_value"), status)
            })
            .collect();
        assert_eq!(rows, expected(first));
    });
}

#[test]
fn learner_nested_calls_each_keep_their_value() {
    each_way(|run| {
        let learner = Learner::new();
        run(host(learner.clone()));
        let allow = "allow = [\"/data/0\", \"/data/2\", \"/data/3\", \"/data/5\", \"/data/6\", \"/data/8\"]";
        assert_eq!(learner.to_toml("nested"), format!("# what `nested` used\n\"fs.read\" = {{ {allow} }}\n"));
    });
}

/// Keeps function, decision and value of each event that has them.
#[derive(Clone, Default)]
struct Events(Arc<Mutex<Vec<Vec<String>>>>);

impl Visit for Events {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if matches!(field.name(), "function" | "decision" | "scope_value") {
            let mut events = self.0.lock().unwrap();
            events.last_mut().unwrap().push(format!("{value:?}").trim_matches('"').to_owned());
        }
    }
}

impl Subscriber for Events {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "hostfn"
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &tracing::span::Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        self.0.lock().unwrap().push(Vec::new());
        event.record(&mut self.clone());
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[test]
fn tracing_nested_calls_each_keep_their_value() {
    each_way(|run| {
        let events = Events::default();
        let first = crate::subscribed(events.clone(), || run(host(TracingObserver::new())));
        let mut events = events.0.lock().unwrap().clone();
        events.retain(|event| event.len() == 3);
        let expected: Vec<_> = expected(first)
            .into_iter()
            .map(|(function, decision, value, _)| vec![function, decision, value.unwrap()])
            .collect();
        assert_eq!(events, expected);
    });
}

#[test]
fn duration_of_a_call_excludes_what_the_allocator_does() {
    let recorder = Recorder::new();
    // the allocator calls `fs_slow` at level 2
    let plugin = host(recorder.clone()).load("nested", &nesting("fs_read", "fs_slow")).unwrap();
    plugin.instantiate(&grants()).unwrap().call::<_, ()>("run", ()).unwrap();
    let slow = Duration::from_millis(50).as_nanos();
    for record in recorder.take().iter().filter(|record| record.phase == Some(Phase::HostCall)) {
        let took = u128::from(record.duration_ns.unwrap());
        assert_eq!(took >= slow, record.function == Some("fs_slow"), "{record:?}");
    }
}

/// The function of each record, and its value.
type Values = Vec<(String, Option<String>)>;

/// An observer that can stop asking for calls.
#[derive(Clone, Default)]
struct Switched {
    is_off: Arc<AtomicBool>,
    received: Arc<Mutex<Values>>,
}

impl Observer for Switched {
    fn observe(&self, event: &Event<'_>) {
        if let EventKind::HostCall(call) = event.what {
            let row = (call.spec.name().to_owned(), call.scope_value.map(str::to_owned));
            self.received.lock().unwrap().push(row);
        }
    }

    fn wants(&self, _: Phase) -> bool {
        !self.is_off.load(Ordering::Relaxed)
    }
}

#[test]
fn value_of_a_call_is_not_kept_for_later_calls() {
    let observer = Switched::default();
    let host = Host::builder(registry(&[fs_read::SPEC, erase::SPEC])).missing(MissingCapability::Deny);
    let host = host.observer(observer.clone()).build().unwrap();
    let plugin = host.load("relay", &relay(host.registry())).unwrap();
    let mut instance = plugin.instantiate(&grants()).unwrap();
    instance.call::<_, String>("fs_read", ("/data/0",)).unwrap();
    // a denial is recorded although nobody asks for calls any more
    observer.is_off.store(true, Ordering::Relaxed);
    instance.call::<_, String>("fs_read", ("/data/1",)).unwrap();
    instance.call::<_, ()>("erase", ()).unwrap_err();
    let rows = [("fs_read", Some("/data/0")), ("erase", None)];
    let rows = rows.map(|(function, value)| (function.to_owned(), value.map(str::to_owned)));
    assert_eq!(*observer.received.lock().unwrap(), rows);
}

/// The call that the guest was in, and those around it, are recorded when the embedder gives the call up.
#[test]
fn record_of_a_call_given_up_half_way_is_kept() {
    let recorder = Recorder::new();
    let plugin = host(recorder.clone()).load("nested", &nesting("fs_read", "fs_never")).unwrap();
    let mut instance: Instance = pollster::block_on(plugin.instantiate_async(&grants())).unwrap();
    {
        let mut call = pin!(instance.call_async::<_, ()>("run", ()));
        for _ in 0..100 {
            assert!(call.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        }
    }
    let rows: Vec<_> = recorder
        .take()
        .into_iter()
        .filter(|record| record.phase == Some(Phase::HostCall))
        .map(|record| {
            (record.function.unwrap(), record.scope_value.unwrap(), record.status.unwrap(), record.reply)
        })
        .collect();
    let quota = Status::QUOTA_EXCEEDED.code();
    assert_eq!(
        rows,
        [
            ("fs_never", "/data/2".to_owned(), quota, Some(0)),
            ("fs_read", "/deny/1".to_owned(), Status::NO_CAPABILITY.code(), Some(0)),
            ("fs_read", "/data/0".to_owned(), Status::OK.code(), Some(0)),
        ]
    );
}
