//! The observers that come with the host, without an engine.

mod audit;
mod audit_flood;
mod learner;
mod lines;
mod panics;
mod recorder;
#[cfg(feature = "tracing")]
mod tracing;

use std::sync::{Arc, Mutex};

use hostfn_abi::codec;
use hostfn_core::engine::Composition;
use hostfn_core::{
    Authorized, Capability, Decision, Event, EventKind, Fault, Grants, HostCall, HostFnSpec, LogLevel,
    MissingCapability, Observer, Param, Phase, PhaseContext, Registry, Reply, ScopeKind, Span, Status,
};

static GREET: Capability = Capability::new("greet", "Greet people by name.");
static FS_READ: Capability = Capability::new("fs.read", "Read files.").scoped(ScopeKind::Path);
static FETCH: Capability = Capability::new("http.fetch", "Talk to servers.").scoped(ScopeKind::Host);
static STORE: Capability = Capability::new("kv.read", "Use a store.").scoped(ScopeKind::Name);

static GREET_FN: HostFnSpec = HostFnSpec::new("host", "greet", |call| {
    let mut call = call.authorize()?;
    let (value,) = call.args::<(&str,)>()?;
    run(call, value)
})
.requires(&GREET)
.with_params(VALUE);
static READ_FN: HostFnSpec =
    HostFnSpec::new("host", "fs_read", scoped).requires_on(&FS_READ, "v").with_params(VALUE);
static FETCH_FN: HostFnSpec =
    HostFnSpec::new("host", "fetch", scoped).requires_on(&FETCH, "v").with_params(VALUE);
static LOOKUP_FN: HostFnSpec =
    HostFnSpec::new("host", "lookup", scoped).requires_on(&STORE, "v").with_params(VALUE);

const VALUE: &[Param] = &[Param::new::<&str>("v")];

fn scoped(call: hostfn_core::Call<'_>) -> Reply {
    let mut call = call.authorize()?;
    let (value,) = call.args_within::<(&str,), _>(|(value,)| value)?;
    run(call, value)
}

fn run(call: Authorized<'_>, value: &str) -> Reply {
    assert_ne!(value, "/panic", "it was asked to");
    if value == "/fault" {
        return Err(Fault::new(Status::QUOTA_EXCEEDED, "the disk is tired"));
    }
    call.reply(value)
}

fn registry() -> Registry {
    Registry::builder().add_all([&GREET_FN, &READ_FN, &FETCH_FN, &LOOKUP_FN]).build().unwrap()
}

type Watchers = Vec<Arc<dyn Observer>>;

fn watched_by(observer: impl Observer + 'static) -> Watchers {
    vec![Arc::new(observer)]
}

/// Passes on what belongs to calls of one function, as of instance 7.
struct CallsOf(&'static HostFnSpec, Arc<dyn Observer>);

impl Observer for CallsOf {
    fn observe(&self, event: &Event<'_>) {
        if let EventKind::HostCall(_) = event.what {
            self.1.observe(&Event::new(event.plugin, Some(7), event.what));
        }
    }

    fn wants(&self, phase: Phase) -> bool {
        phase == Phase::HostCall && self.1.wants(phase)
    }

    fn begin(&self, scene: &PhaseContext<'_>) -> Option<Box<dyn Span>> {
        self.1.begin(&PhaseContext::new(scene.plugin, Some(7), scene.phase).of_function(self.0))
    }
}

/// Receives the decision of a call that was refused or failed, and wants nothing else.
struct Decided(Arc<Mutex<Decision>>);

impl Observer for Decided {
    fn observe(&self, event: &Event<'_>) {
        if let EventKind::HostCall(call) = event.what {
            *self.0.lock().unwrap() = call.decision;
        }
    }

    fn wants(&self, _: Phase) -> bool {
        false
    }
}

/// Makes a call as a guest does, watched by `observers`.
fn call(
    observers: &[Arc<dyn Observer>],
    grants: &Grants,
    spec: &'static HostFnSpec,
    value: &str,
) -> Decision {
    call_of(observers, "plugin", grants, spec, &codec::to_vec(&(value,)).unwrap())
}

fn call_of(
    observers: &[Arc<dyn Observer>],
    plugin: &str,
    grants: &Grants,
    spec: &'static HostFnSpec,
    args: &[u8],
) -> Decision {
    let decision = Arc::new(Mutex::new(Decision::Granted));
    let mut builder = Composition::builder(registry()).missing(MissingCapability::Deny);
    for observer in observers {
        builder = builder.observer(CallsOf(spec, Arc::clone(observer)));
    }
    let host = builder.observer(Decided(Arc::clone(&decision))).build().unwrap();
    let import = host.import(spec.module(), spec.name()).unwrap();
    let subject = host.subject(plugin, None, [import]).unwrap();
    subject.session(grants).open().unwrap().call(import, args).unwrap();
    *decision.lock().unwrap()
}

fn log(observer: &dyn Observer, text: &str) {
    observer.observe(&Event::new(
        "plugin",
        Some(7),
        EventKind::Log { level: LogLevel::Info, text, fields: &[] },
    ));
}

fn deny(observer: &dyn Observer, plugin: &str) {
    let call = HostCall::new(&GREET_FN, Decision::NotGranted, Status::NO_CAPABILITY);
    observer.observe(&Event::new(plugin, Some(7), EventKind::HostCall(call)));
}

fn deny_value(observer: &dyn Observer, plugin: &str, value: &str) {
    let mut call = HostCall::new(&LOOKUP_FN, Decision::OutOfScope, Status::NO_CAPABILITY);
    call.scope_value = Some(value);
    observer.observe(&Event::new(plugin, Some(7), EventKind::HostCall(call)));
}
