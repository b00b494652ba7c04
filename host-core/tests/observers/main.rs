//! The observers that come with the host, without an engine.

mod audit;
mod audit_flood;
mod learner;
mod lines;
mod panics;
mod recorder;
#[cfg(feature = "tracing")]
mod tracing;

use std::sync::Arc;

use hostfn_abi::codec;
use hostfn_core::{
    Access, Authorized, CallFailure, Caller, Capability, Decision, Env, Event, EventKind, Fault, Gate,
    Grants, HostCall, HostFnSpec, Incoming, LogLevel, Observer, Observers, Param, Phase, PhaseContext,
    Registry, Reply, ScopeKind, States, Status,
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

fn watched_by(observer: impl Observer + 'static) -> Observers {
    Observers::new(vec![Arc::new(observer)])
}

/// Returns what an engine does for a call that a guest makes: answers it, and tells of it.
fn call(observers: &Observers, grants: &Grants, spec: &'static HostFnSpec, value: &str) -> Decision {
    call_of(observers, "plugin", grants, spec, &codec::to_vec(&(value,)).unwrap())
}

fn call_of(
    observers: &Observers,
    plugin: &str,
    grants: &Grants,
    spec: &'static HostFnSpec,
    args: &[u8],
) -> Decision {
    let capability = spec.capability().unwrap();
    let scope = grants.scope_of(capability).cloned();
    let gate = grants.allows(capability).then(|| {
        let scope = scope.filter(|_| capability.is_scoped());
        Arc::new(Gate::new(capability, scope))
    });
    let mut access = Access::new(spec, gate, u32::MAX);
    let mut env = Env::new(Caller::new(plugin, 7), States::new(), 1 << 20, 1 << 20);
    let mut watch = observers.begin(&PhaseContext::new(plugin, Some(7), Phase::HostCall).of_function(spec));
    env.record(watch.is_wanted());
    let args_len = u32::try_from(args.len()).unwrap();
    let incoming = Incoming { access: &mut access, args, args_len, window: &mut [], env: &mut env };
    let (placed, fault) = match watch.within(|| spec.run(incoming)) {
        Ok(placed) => (placed, None),
        Err(CallFailure { placed, fault }) => (placed, Some(fault)),
    };
    let decision = fault.as_ref().and_then(Fault::decision).unwrap_or(Decision::Granted);
    let matched = env.take_scope_value();
    let mut call = HostCall::new(spec, decision, placed.status());
    call.scope_value = matched.as_deref().or(fault.as_ref().and_then(Fault::scope_value));
    (call.args, call.reply) = (args_len, placed.len());
    call.duration = watch.duration();
    call.fault = fault.as_ref();
    if fault.is_some() || watch.is_wanted() {
        observers.tell(&Event::new(plugin, Some(7), EventKind::HostCall(call)));
    }
    decision
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
