use std::fmt::Debug;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use hostfn_core::{
    Caller, Code, Error, Event, EventKind, Grants, LogLevel, Observer, Observers, Phase, PhaseContext,
    PhaseEnd, Problem, TracingObserver,
};
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::{Level, Metadata, Subscriber};

use super::{FS_READ, GREET_FN, READ_FN, call, watched_by};

/// Writes each event as a line.
#[derive(Clone)]
struct Lines {
    lines: Arc<Mutex<Vec<String>>>,
    next: Arc<AtomicU64>,
    level: Level,
}

impl Lines {
    fn up_to(level: Level) -> Self {
        Self { lines: Arc::default(), next: Arc::new(AtomicU64::new(1)), level }
    }

    fn add(&self, line: String) {
        self.lines.lock().unwrap().push(line);
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.lines.lock().unwrap())
    }
}

struct Fields(String);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if field.name() != "duration_ns" {
            self.0.push_str(&format!(" {}={value:?}", field.name()));
        }
    }
}

impl Subscriber for Lines {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= self.level
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(self.level.into())
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let mut fields = Fields(format!("new {id} {} {}", span.metadata().level(), span.metadata().name()));
        span.record(&mut fields);
        self.add(fields.0);
        Id::from_u64(id)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        let mut fields = Fields(format!("{} {}", event.metadata().level(), event.metadata().target()));
        event.record(&mut fields);
        self.add(fields.0);
    }

    fn enter(&self, span: &Id) {
        self.add(format!("enter {}", span.into_u64()));
    }

    fn exit(&self, span: &Id) {
        self.add(format!("exit {}", span.into_u64()));
    }

    fn try_close(&self, id: Id) -> bool {
        self.add(format!("close {}", id.into_u64()));
        true
    }
}

/// One after the other: what `tracing` keeps of which levels are enabled is one for the process.
fn with_default<T>(lines: Lines, f: impl FnOnce() -> T) -> T {
    static ONE: Mutex<()> = Mutex::new(());
    let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    tracing::subscriber::with_default(lines, f)
}

const CALL: &str = r#"plugin="plugin" instance=7 module="host" function="fs_read" capability="fs.read""#;

fn grants() -> Grants {
    Grants::none().allow_within(&FS_READ, ["/data/**", "/panic", "/fault"]).unwrap()
}

#[test]
fn a_host_call_is_a_span_around_the_function_and_an_event_at_its_end() {
    let lines = Lines::up_to(Level::TRACE);
    let observers = watched_by(TracingObserver::new());
    with_default(lines.clone(), || call(&observers, &grants(), &READ_FN, "/data/a"));
    let ended = r#"decision="granted" scope_value="/data/a" status=OK (0) args=9 reply=8"#;
    assert_eq!(
        lines.take(),
        [
            format!("new 1 TRACE host_call {CALL}"),
            "enter 1".into(),
            "exit 1".into(),
            format!("TRACE hostfn message=host call answered {CALL} {ended}"),
            "close 1".into(),
        ]
    );
}

#[test]
fn what_is_refused_or_fails_is_told_where_nothing_else_is() {
    let lines = Lines::up_to(Level::WARN);
    let observers = watched_by(TracingObserver::new());
    with_default(lines.clone(), || {
        for value in ["/data/a", "/etc/\x1b[2J", "/fault", "/panic"] {
            call(&observers, &grants(), &READ_FN, value);
        }
        call(&observers, &grants(), &GREET_FN, "you");
        let event = |what| Event::new("pl\nugin", None, what);
        let observer = TracingObserver::new();
        let mut ended = PhaseEnd::new(Phase::Call);
        observer.observe(&event(EventKind::Ended(ended)));
        let error = Error::from(Problem::new(Code::TimedOut, "run", "slow", "hurry"));
        (ended.export, ended.error) = (Some("run"), Some(&error));
        observer.observe(&event(EventKind::Ended(ended)));
        // the guest's own error is an answer, and no warning
        let own = Error::Guest {
            plugin: "p".into(),
            export: "run".into(),
            status: hostfn_core::Status::NOT_FOUND,
            reply: None,
        };
        ended.error = Some(&own);
        observer.observe(&event(EventKind::Ended(ended)));
        observer.observe(&event(EventKind::BadLog { message: "outside" }));
    });
    let told = lines.take();
    let starts = [
        "WARN hostfn message=host call denied",
        "WARN hostfn message=host call failed",
        "ERROR hostfn message=host function panicked",
        "WARN hostfn message=host call denied",
        "WARN hostfn message=phase failed",
        "WARN hostfn message=a line was logged that cannot be read",
    ];
    assert_eq!(told.len(), starts.len(), "{told:#?}");
    for (line, start) in told.iter().zip(starts) {
        assert!(line.starts_with(start), "{line}");
    }
    assert!(told[0].contains(r#"decision="out_of_scope" scope_value="/etc/\\u{1b}[2J""#), "{}", told[0]);
    assert!(told[1].contains(r#"reason="the disk is tired""#), "{}", told[1]);
    assert!(told[2].contains("it was asked to"), "{}", told[2]);
    assert!(told[3].contains(r#"decision="not_granted" status=NO_CAPABILITY (-1)"#), "{}", told[3]);
    let failed = r#"plugin="pl\\nugin" phase="call" export="run" args=0 reply=0 code="H0406" reason="H0406 run: slow; hurry""#;
    assert!(told[4].ends_with(failed), "{}", told[4]);
}

#[test]
fn each_phase_has_a_span_of_its_name() {
    let lines = Lines::up_to(Level::DEBUG);
    let observers = watched_by(TracingObserver::new());
    let phases = [
        Phase::Load,
        Phase::Compile,
        Phase::Check,
        Phase::Link,
        Phase::Instantiate,
        Phase::Init,
        Phase::Call,
        Phase::Close,
        Phase::HostCall,
    ];
    with_default(lines.clone(), || {
        for phase in phases {
            let watch = Observers::new(observers.clone())
                .begin(&PhaseContext::new("plugin", Some(7), phase).of_export("run"));
            assert_eq!(watch.is_wanted(), phase != Phase::HostCall);
        }
    });
    let told = lines.take();
    let new: Vec<_> = told.iter().filter_map(|line| line.strip_prefix("new ")?.split_once(' ')).collect();
    let expected: Vec<_> = phases[..8]
        .iter()
        .map(|phase| {
            let export = if *phase == Phase::Call { " export=\"run\"" } else { "" };
            format!("DEBUG {phase} plugin=\"plugin\" instance=7{export}")
        })
        .collect();
    assert_eq!(new.iter().map(|(_, span)| *span).collect::<Vec<_>>(), expected);
}

#[test]
fn nothing_is_wanted_where_nothing_is_enabled() {
    let observer = TracingObserver::new();
    for (level, calls, phases) in
        [(Level::INFO, false, false), (Level::DEBUG, false, true), (Level::TRACE, true, true)]
    {
        with_default(Lines::up_to(level), || {
            assert_eq!(observer.wants(Phase::HostCall), calls, "{level}");
            assert_eq!(observer.wants(Phase::Load), phases, "{level}");
        });
    }
}

#[test]
fn a_guest_logs_at_its_own_level_and_on_one_line() {
    let lines = Lines::up_to(Level::TRACE);
    let observer = TracingObserver::new();
    with_default(lines.clone(), || {
        for number in 0..5 {
            let level = LogLevel::from_i32(number);
            let text = "ready\nWARN hostfn forged\u{202e}";
            observer.observe(&Event::new("plugin", Some(7), EventKind::Log { level, text, fields: &[] }));
        }
    });
    let expected = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR"].map(|level| {
        let text = r"ready\nWARN hostfn forged\u{202e}";
        format!("{level} hostfn::guest message={text} plugin=\"plugin\" instance=7")
    });
    assert_eq!(lines.take(), expected);
}

#[test]
fn what_belongs_to_a_line_is_on_it() {
    let lines = Lines::up_to(Level::TRACE);
    let caller = Caller::new("plugin", 7).watched_by(Observers::new(watched_by(TracingObserver::new())));
    with_default(lines.clone(), || {
        caller.log(LogLevel::Info, "stored", &[("a key", "b\nWARN".into()), ("bytes", 2_u64.into())]);
    });
    let expected =
        r#"INFO hostfn::guest message=stored plugin="plugin" instance=7 fields="a_key=\"b\\nWARN\" bytes=2""#;
    assert_eq!(lines.take(), [expected]);
}

#[test]
fn a_span_is_entered_on_whichever_thread_its_phase_runs() {
    let lines = Lines::up_to(Level::TRACE);
    let observer = TracingObserver::new();
    let scene = PhaseContext::new("plugin", Some(7), Phase::Call).of_export("run");
    let mut span = with_default(lines.clone(), || observer.begin(&scene)).unwrap();
    std::thread::spawn(move || {
        span.enter();
        span.exit();
    })
    .join()
    .unwrap();
    assert_eq!(lines.take()[1..], ["enter 1", "exit 1", "close 1"]);
}
