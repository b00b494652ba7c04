//! Events and phases for `tracing`.

use hostfn_abi::LogLevel;
use tracing::{Level, enabled, event, span};

use super::record::nanoseconds;
use crate::error::{Code, Untrusted};
use crate::observe::{Event, EventKind, HostCall, LogValue, Observer, Phase, PhaseContext, PhaseEnd, Span};
use crate::spec::{Capability, FnMetadata};

/// Hands everything on to `tracing`, for whichever subscriber the program has.
///
/// | target | what | level |
/// |---|---|---|
/// | `hostfn` | a host call: the span `host_call`, and how it was answered | trace |
/// | `hostfn` | each other phase: a span of its name, and that it ended, or that the guest returned an error of its own | debug |
/// | `hostfn` | a call that was refused or failed, a phase that failed | warn |
/// | `hostfn` | a host function that panicked | error |
/// | `hostfn::guest` | a line that a guest logged, and in `fields` what belongs to it | the line's own |
///
/// What a host function traces lies within the spans of its call. Where a level is disabled, its phases are
/// neither measured nor given a span. Texts that a guest chose are one line each: control characters and those
/// that reorder text are escaped.
#[derive(Clone, Copy, Debug, Default)]
pub struct TracingObserver(());

impl TracingObserver {
    /// For the subscriber that is there when something happens.
    pub fn new() -> Self {
        Self(())
    }
}

impl Observer for TracingObserver {
    fn observe(&self, event: &Event<'_>) {
        match event.what {
            EventKind::Log { level, text, fields } => log(event, level, text, fields),
            EventKind::BadLog { message } => {
                let reason = &*shown(message);
                event!(target: "hostfn", Level::WARN, plugin = &*plugin(event.plugin), instance = event.instance,
                    reason, "a line was logged that cannot be read");
            }
            EventKind::HostCall(call) => host_call(event, &call),
            EventKind::Ended(ended) => phase_ended(event, &ended),
        }
    }

    #[inline]
    fn wants(&self, phase: Phase) -> bool {
        match phase {
            Phase::HostCall => enabled!(target: "hostfn", Level::TRACE),
            _ => enabled!(target: "hostfn", Level::DEBUG),
        }
    }

    fn begin(&self, scene: &PhaseContext<'_>) -> Option<Box<dyn Span>> {
        let span = span_of(scene);
        if span.is_disabled() { None } else { Some(Box::new(Traced(span))) }
    }
}

/// A span that is entered and left on whichever thread its phase runs.
struct Traced(tracing::Span);

impl Span for Traced {
    fn enter(&mut self) {
        self.0.with_subscriber(|(id, dispatch)| dispatch.enter(id));
    }

    fn exit(&mut self) {
        self.0.with_subscriber(|(id, dispatch)| dispatch.exit(id));
    }
}

/// A span's name is static, so each phase has a span of its own.
fn span_of(scene: &PhaseContext<'_>) -> tracing::Span {
    macro_rules! named {
        ($name:literal) => {
            span!(target: "hostfn", Level::DEBUG, $name, plugin = &*plugin(scene.plugin),
                instance = scene.instance)
        };
    }
    match scene.phase {
        Phase::Load => named!("load"),
        Phase::Compile => named!("compile"),
        Phase::Check => named!("check"),
        Phase::Link => named!("link"),
        Phase::Instantiate => named!("instantiate"),
        Phase::Init => named!("init"),
        Phase::Close => named!("close"),
        Phase::Call => span!(target: "hostfn", Level::DEBUG, "call", plugin = &*plugin(scene.plugin),
            instance = scene.instance, export = scene.export.map(shown).as_deref()),
        Phase::HostCall => {
            span!(target: "hostfn", Level::TRACE, "host_call", plugin = &*plugin(scene.plugin),
            instance = scene.instance, module = scene.spec.map(FnMetadata::module),
            function = scene.spec.map(FnMetadata::name),
            capability = scene.spec.and_then(FnMetadata::capability).map(Capability::name))
        }
    }
}

fn log(event: &Event<'_>, level: LogLevel, text: &str, fields: &[(&str, LogValue<'_>)]) {
    // the names of tracing's own fields are static
    let fields = fields.iter().map(|(name, value)| format!("{}={value}", shown(name)));
    let fields = fields.collect::<Vec<_>>().join(" ");
    let fields = (!fields.is_empty()).then_some(&*fields);
    macro_rules! at {
        ($level:expr) => {
            event!(target: "hostfn::guest", $level, plugin = &*plugin(event.plugin),
                instance = event.instance, fields, "{}", shown(text))
        };
    }
    match level {
        LogLevel::Trace => at!(Level::TRACE),
        LogLevel::Debug => at!(Level::DEBUG),
        LogLevel::Info => at!(Level::INFO),
        LogLevel::Warn => at!(Level::WARN),
        LogLevel::Error => at!(Level::ERROR),
    }
}

fn host_call(event: &Event<'_>, call: &HostCall<'_>) {
    macro_rules! at {
        ($level:expr, $what:literal) => {
            event!(target: "hostfn", $level, plugin = &*plugin(event.plugin), instance = event.instance,
                module = call.spec.module(), function = call.spec.name(),
                capability = call.spec.capability().map(Capability::name),
                decision = call.decision.as_str(),
                scope_value = call.scope_value.map(shown).as_deref(),
                status = %call.status, args = call.args, reply = call.reply,
                duration_ns = call.duration.map(nanoseconds),
                reason = call.fault.map(|fault| shown(fault.message())).as_deref(), $what)
        };
    }
    match call.fault {
        _ if call.decision.is_denied() => at!(Level::WARN, "host call denied"),
        Some(fault) if fault.is_panic() => at!(Level::ERROR, "host function panicked"),
        Some(_) => at!(Level::WARN, "host call failed"),
        None => at!(Level::TRACE, "host call answered"),
    }
}

fn phase_ended(event: &Event<'_>, ended: &PhaseEnd<'_>) {
    macro_rules! at {
        ($level:expr, $what:literal) => {
            event!(target: "hostfn", $level, plugin = &*plugin(event.plugin), instance = event.instance,
                phase = ended.phase.as_str(), export = ended.export.map(shown).as_deref(),
                args = ended.bytes.0, reply = ended.bytes.1, duration_ns = ended.duration.map(nanoseconds),
                code = ended.error.map(|error| error.code().to_string()).as_deref(),
                reason = ended.error.map(|error| shown(&error.to_string())).as_deref(),
                $what)
        };
    }
    match ended.error {
        // the guest's own error is an answer: who called decides what it means
        Some(error) if error.code() == Code::GuestError => at!(Level::DEBUG, "call returned an error"),
        Some(_) => at!(Level::WARN, "phase failed"),
        None => at!(Level::DEBUG, "phase ended"),
    }
}

/// A plugin's name may come from its own manifest.
fn plugin(name: &str) -> String {
    Untrusted::new(name).to_string()
}

/// One line, of no more than a record keeps.
fn shown(text: &str) -> String {
    Untrusted::new(text).at_most(4096).to_string()
}
