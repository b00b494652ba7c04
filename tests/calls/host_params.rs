//! Host parameters of a function: shared states, the caller, the grant; and async functions, started
//! by an engine that waits.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Mutex;
use std::task::{Context, Poll};

use hostfn::abi::Value;
use hostfn::abi::codec;
use hostfn::error::Code;
use hostfn::state::Shared;
use hostfn::{
    Caller, ErrorReply, Grants, Host, HostError, HostFn, HostFnSpec, Scope, Status, capabilities, host_fn,
};
use test_support::probe::{Probe, answer, registry, text};
use test_support::session;

capabilities! {
    /// Use a store.
    pub STORE = "kv.read" in name;
    /// Wait for a while.
    pub SLEEP = "clock.sleep";
}

/// Returns who called before.
#[host_fn(capability = none)]
fn visit(#[state] log: &Shared<Mutex<Vec<u64>>>, #[caller] caller: &Caller) -> Vec<u64> {
    let mut log = log.lock().unwrap();
    log.push(caller.instance());
    log.clone()
}

/// The caller of a host function.
#[host_fn(capability = none)]
fn who(#[caller] caller: &Caller) -> String {
    format!("{} {}", caller.plugin(), caller.depth())
}

/// Returns what else would be allowed.
#[host_fn(capability = STORE(store))]
fn allowed(#[grant] grant: &Scope, store: &str, other: &str) -> bool {
    assert!(grant.allows(store));
    grant.allows(other)
}

#[test]
fn instances_share_what_is_shared_and_know_themselves() {
    let host =
        Host::builder(registry(&[visit::SPEC])).shared("log", Mutex::new(Vec::<u64>::new())).build().unwrap();
    let plugin = host.load("probe", &Probe::new("visit", b"").wasm()).unwrap();
    let mut a = plugin.instantiate(&Grants::none()).unwrap();
    let mut b = plugin.instantiate(&Grants::none()).unwrap();
    assert_ne!(a.id(), b.id());
    let ids = |ids: &[u64]| Some(Value::Array(ids.iter().map(|&id| Value::Unsigned(id)).collect()));
    assert_eq!(answer(&mut a), (Status::OK, ids(&[a.id()])));
    assert_eq!(answer(&mut b), (Status::OK, ids(&[a.id(), b.id()])));
}

#[test]
fn a_shared_state_that_nobody_provides_is_a_problem_of_the_host() {
    let error = Host::builder(registry(&[visit::SPEC])).build().unwrap_err();
    assert_eq!(error.code(), Code::StateMissing);
    assert!(error.to_string().contains(".shared(\"log\", value)"), "{error}");
}

#[test]
fn the_caller_is_the_plugin_at_its_depth() {
    let host = Host::builder(registry(&[who::SPEC])).build().unwrap();
    assert_eq!(Probe::new("who", b"").ask(&host, &Grants::none()), (Status::OK, text("probe 1")));
    // the reply has no window, so the guest is called for a block, and calls from there
    let body = r"(if (i32.eqz (global.get $deep)) (then
            (global.set $deep (i32.const 1))
            (drop (call $set_window (i32.const 4096) (i32.const 100)))
            (drop (call $f (i32.const 0) (i32.const 0)))
            (global.set $at (call $result_ptr))))
        (i32.const 70000)";
    let extra = r#"(global $deep (mut i32) (i32.const 0))
        (global $at (mut i32) (i32.const 0))
        (func (export "inner") (param i32 i32) (result i64)
            (call $set_result (global.get $at) (i32.const 8))
            (i64.const 0x800000000))"#;
    let mut instance = Probe::new("who", b"").alloc(body).extra(extra).start(&host, &Grants::none());
    assert_eq!(answer(&mut instance), (Status::OK, text("probe 1")));
    assert_eq!(instance.call::<_, String>("inner", ()).unwrap(), "probe 2");
}

#[test]
fn a_function_sees_the_grant_that_its_argument_was_matched_against() {
    let host = Host::builder(registry(&[allowed::SPEC])).build().unwrap();
    let grants = Grants::none().allow_within(&STORE, ["notes-*"]).unwrap();
    let ask = |other: &str| Probe::with("allowed", ("notes-a", other)).ask(&host, &grants);
    assert_eq!(ask("notes-b"), (Status::OK, Some(Value::Bool(true))));
    assert_eq!(ask("secrets"), (Status::OK, Some(Value::Bool(false))));
    let outside = Probe::with("allowed", ("secrets", "notes-a")).ask(&host, &grants);
    assert_eq!(outside.0, Status::NO_CAPABILITY);
}

/// A future that is ready the second time it is asked.
struct Twice(bool);

impl Future for Twice {
    type Output = ();
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.0, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

#[derive(Debug, thiserror::Error, HostError)]
enum SleepError {
    /// Nobody sleeps that long.
    #[error("{0} ms is too long")]
    #[status(-1024)]
    TooLong(u64),
}

/// Wait, and say how long it was and who asked.
#[host_fn(capability = SLEEP, max_reply = "64 B")]
async fn sleep(
    #[state] slept: Shared<Mutex<u64>>,
    #[caller] caller: Caller,
    millis: u64,
    name: String,
) -> Result<String, SleepError> {
    Twice(false).await;
    assert_ne!(millis, 13, "an unlucky number");
    if millis > 1_000 {
        return Err(SleepError::TooLong(millis));
    }
    *slept.lock().unwrap() += millis;
    Ok(format!("{name} of {} slept {millis}", caller.plugin()))
}

static BY_HAND: HostFnSpec = HostFnSpec::new_async("host", "sleep", |call| {
    let mut call = call.authorize()?;
    let (millis, name) = call.args::<(u64, String)>()?;
    let (slept,) = call.states::<(Shared<Mutex<u64>>,)>()?;
    let caller = call.caller().clone();
    Ok(call.wait(sleep(slept, caller, millis, name), |value, later| later.reply_result(&value)))
})
.requires(&SLEEP)
.with_params(&[
    hostfn::spec::Param::state::<Shared<Mutex<u64>>>("slept"),
    hostfn::spec::Param::caller("caller"),
    hostfn::spec::Param::new::<u64>("millis"),
    hostfn::spec::Param::new::<String>("name"),
])
.with_reply(hostfn::spec::reply_shape!(Result<String, SleepError>))
.with_max_reply(64)
.with_docs("Wait, and say how long it was and who asked.")
.declared_at(hostfn::spec::here!());

/// Starts a call, polls it to its end, and places its reply: status, bytes, whether they were spilled, and
/// what was slept in all.
fn wait_for(
    spec: &'static HostFnSpec,
    granted: bool,
    args: &[u8],
    window: usize,
) -> (Status, Vec<u8>, bool, u64) {
    let slept = Shared::new(Mutex::new(0));
    let grants = if granted { Grants::none().allow(&SLEEP) } else { Grants::none() };
    let state = slept.clone();
    let mut caller = session::Caller::new(spec, (1_000, 1_000), &grants, |builder| {
        builder.state("slept", move |_| Ok::<_, Infallible>(state.clone()))
    });
    let (answer, polls) = caller.call_async(args, window);
    assert!(polls == 0 || polls == 2, "the future waits once");
    let slept = *slept.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    (answer.status, answer.bytes, answer.is_spilled, slept)
}

fn args(millis: u64, name: &str) -> Vec<u8> {
    codec::to_vec(&(millis, name)).unwrap()
}

#[test]
fn an_async_function_answers_when_it_is_ready() {
    let (status, bytes, spilled, slept) = wait_for(sleep::SPEC, true, &args(5, "Ann"), 100);
    assert_eq!((status, spilled, slept), (Status::OK, false, 5));
    assert_eq!(codec::decode::<String>(&bytes).unwrap(), "Ann of probe slept 5");
    let (status, again, spilled, _) = wait_for(sleep::SPEC, true, &args(5, "Ann"), bytes.len() - 1);
    assert_eq!((status, again, spilled), (Status::OK, bytes, true));
}

#[test]
fn an_async_function_passes_the_same_gate() {
    let refused = wait_for(sleep::SPEC, false, b"\xc1", 100);
    assert_eq!((refused.0, refused.3), (Status::NO_CAPABILITY, 0));
    assert_eq!(wait_for(sleep::SPEC, true, b"\xc1", 100).0, Status::BAD_INPUT);
}

#[test]
fn an_async_function_fails_panics_and_talks_too_much_like_any_other() {
    let (status, bytes, ..) = wait_for(sleep::SPEC, true, &args(5_000, "Ann"), 100);
    let reply: ErrorReply = codec::decode(&bytes).unwrap();
    assert_eq!(
        (status.code(), reply.code.as_str(), reply.message.as_str()),
        (-1024, "too_long", "5000 ms is too long")
    );
    let (status, bytes, ..) = wait_for(sleep::SPEC, true, &args(13, "Ann"), 100);
    assert_eq!((status, bytes), (Status::INTERNAL, Vec::new()));
    assert_eq!(wait_for(sleep::SPEC, true, &args(5, &"x".repeat(65)), 100).0, Status::QUOTA_EXCEEDED);
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(400))]
    #[test]
    fn an_async_function_by_hand_is_the_same(
        granted in proptest::bool::weighted(0.8),
        millis in proptest::prop_oneof![0_u64..20, 900_u64..1_100],
        name in ".{0,40}",
        noise in proptest::option::weighted(0.3, proptest::collection::vec(proptest::num::u8::ANY, 0..30)),
        window in 0_usize..80,
    ) {
        // a panic's message on every unlucky number would be noise
        proptest::prop_assume!(millis != 13);
        let bytes = noise.unwrap_or_else(|| args(millis, &name));
        proptest::prop_assume!(codec::decode_args::<(u64, String)>(&bytes).map_or(true, |(millis, _)| millis != 13));
        let by_macro = wait_for(sleep::SPEC, granted, &bytes, window);
        proptest::prop_assert_eq!(by_macro, wait_for(&BY_HAND, granted, &bytes, window));
    }
}

#[test]
fn an_async_function_by_hand_has_the_same_spec() {
    assert_eq!(sleep::SPEC.differences(&BY_HAND), [""; 0]);
    assert_eq!(sleep::SPEC.differences(who::SPEC)[..3], ["name", "async", "requirement"]);
}

#[test]
fn an_instance_that_cannot_wait_is_not_made_of_a_plugin_that_imports_an_async_function() {
    let host = Host::builder(registry(&[sleep::SPEC])).shared("slept", Mutex::new(0_u64)).build().unwrap();
    let plugin = host.load("probe", &Probe::new("sleep", b"").wasm()).unwrap();
    assert!(plugin.needs_async());
    let error = plugin.instantiate(&Grants::none().allow(&SLEEP)).unwrap_err();
    assert_eq!(error.code(), Code::AsyncFunction);
}
