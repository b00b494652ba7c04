//! The third-party engine runs the `kv` module with its states, on the public API alone.

use std::io::Error as IoError;
use std::sync::{Arc, Mutex};

use hostfn::contract::Callee;
use hostfn::engine::{Composition, CompositionBuilder, Exports, Handle, LiveGrants, MissingCapability, Stop};
use hostfn::error::Code;
use hostfn::observe::{Event, EventKind, Recorder};
use hostfn::state::Shared;
use hostfn::{
    CancelToken, Error, ErrorReply, Grants, HostFn, HostModule, Limits, Registry, Result, Status, host_fn,
};
use hostfn_modules::kv::{self, KV_READ, KV_WRITE};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tape_engine::{Guest, Tape};

const TAPE: &str = "
    open = host.kv_open
    open_to_write = host.kv_open_to_write
    set = host.kv_set
    get = host.kv_get
    close = host.kv_close
    open_three_times = host.kv_open host.kv_open host.kv_open
    open_revoke_open = host.kv_open host.revoke host.kv_open
    explode = host.explode
    explode_and_open = host.explode host.kv_open
";

/// Panic.
#[host_fn(capability = none, collect = false)]
fn explode(store: &str) {
    panic!("no store {store}");
}

/// Revoke the right to read.
#[expect(clippy::needless_pass_by_value, reason = "this is how a shared state is passed")]
#[host_fn(capability = none, collect = false)]
fn revoke(#[state] grants: Shared<Mutex<Option<LiveGrants>>>, store: &str) {
    let _ = store;
    grants.lock().unwrap().as_ref().unwrap().revoke(&KV_READ);
}

/// A host, and what its observer received.
struct Host {
    composition: Composition,
    lines: Arc<Mutex<Vec<String>>>,
    live: Shared<Mutex<Option<LiveGrants>>>,
}

impl Host {
    fn new(build: impl FnOnce(CompositionBuilder) -> CompositionBuilder) -> Self {
        let stores = kv::module().memory("notes").max_value(1024).open().unwrap();
        let live = Shared::new(Mutex::new(None));
        let mine = HostModule::new("mine").functions([explode::SPEC, revoke::SPEC]);
        let registry = Registry::builder().module(stores).module(mine).build().unwrap();
        let lines = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&lines);
        let (handle, observer) = (live.clone(), move |event: &Event<'_>| {
            let entry = match event.what {
                EventKind::HostCall(call) => format!(
                    "{} {:?} {} {}",
                    call.spec.name(),
                    call.decision,
                    call.scope_value.unwrap_or("-"),
                    call.status
                ),
                EventKind::Ended(end) => match end.error {
                    Some(error) => format!("{} {}", end.phase, error.code()),
                    None => return,
                },
                _ => return,
            };
            seen.lock().unwrap().push(entry);
        });
        let builder = Composition::builder(registry)
            .state("live", move |_| Ok::<_, IoError>(handle.clone()))
            .observer(observer);
        Self { composition: build(builder).build().unwrap(), lines, live }
    }

    fn start(&self, grants: &Grants) -> Result<Guest> {
        let tape = Tape::load(&self.composition, "tape", None, TAPE)?;
        let guest = tape.start(grants, &CancelToken::new())?;
        *self.live.lock().unwrap() = Some(guest.session().grants());
        Ok(guest)
    }

    fn lines(&self) -> Vec<String> {
        std::mem::take(&mut self.lines.lock().unwrap())
    }
}

fn granted() -> Grants {
    let grants = Grants::none().allow_within(&KV_READ, ["notes"]).unwrap();
    grants.allow_within(&KV_WRITE, ["notes"]).unwrap()
}

fn call<R: DeserializeOwned>(guest: &mut Guest, export: &str, args: impl Serialize) -> Result<R> {
    Callee::new(guest).call(export, args)
}

/// The status and code that the guest returns.
fn refused(result: Result<u64>) -> (Status, String) {
    match result.unwrap_err() {
        Error::Guest { status, reply, .. } => {
            (status, reply.map_or_else(String::new, |reply: Box<ErrorReply>| reply.code))
        }
        other => panic!("{other}"),
    }
}

#[test]
fn kv_calls_that_are_granted_share_their_states() {
    let host = Host::new(|builder| builder);
    let mut guest = host.start(&granted()).unwrap();
    let store: u64 = call(&mut guest, "open", ("notes",)).unwrap();
    call::<()>(&mut guest, "set", (store, "key", b"value", None::<u64>)).unwrap();
    let value: Option<Vec<u8>> = call(&mut guest, "get", (store, "key")).unwrap();
    assert_eq!(value.as_deref(), Some(&b"value"[..]));
    assert_eq!(
        host.lines(),
        ["kv_open Granted notes OK (0)", "kv_set Granted notes OK (0)", "kv_get Granted notes OK (0)"]
    );
    call::<()>(&mut guest, "close", (store,)).unwrap();
    assert_eq!(refused(call(&mut guest, "get", (store, "key"))).0, Status::NOT_FOUND);
}

#[test]
fn kv_calls_that_are_denied_are_recorded() {
    let host = Host::new(|builder| builder);
    let refusals = host.start(&Grants::none()).unwrap_err();
    assert_eq!(refusals.code(), Code::NotGranted);
    let Error::Problems(problems) = refusals else { panic!("{refusals}") };
    assert_eq!(problems.iter().count(), 4);
    assert_eq!(host.lines(), ["link H0310"]);

    let host = Host::new(|builder| builder.missing(MissingCapability::Deny));
    let mut guest = host.start(&granted()).unwrap();
    assert_eq!(refused(call(&mut guest, "open", ("secrets",))).0, Status::NO_CAPABILITY);
    let mut guest = host.start(&Grants::none()).unwrap();
    assert_eq!(refused(call(&mut guest, "open", ("notes",))).0, Status::NO_CAPABILITY);
    assert_eq!(
        host.lines(),
        [
            "kv_open OutOfScope secrets NO_CAPABILITY (-1)",
            "call H0404",
            "kv_open NotGranted - NO_CAPABILITY (-1)",
            "call H0404"
        ]
    );
}

#[test]
fn kv_quotas_end_calls_and_then_the_guest() {
    let mut limits = Limits::default();
    limits.calls = 2;
    let host = Host::new(|builder| builder.limits(limits));
    let mut guest = host.start(&granted()).unwrap();
    let store: u64 = call(&mut guest, "open", ("notes",)).unwrap();
    assert_eq!(refused(call(&mut guest, "open_three_times", ("notes",))).0, Status::QUOTA_EXCEEDED);
    // the next call from the host has its quota again
    call::<u64>(&mut guest, "open", ("notes",)).unwrap();
    let large = vec![0_u8; 2_000];
    assert_eq!(
        refused(call(&mut guest, "set", (store, "key", &large, None::<u64>))).0,
        Status::QUOTA_EXCEEDED
    );

    limits.refusals = 2;
    let host = Host::new(|builder| builder.limits(limits).missing(MissingCapability::Deny));
    let mut guest = host.start(&Grants::none()).unwrap();
    let stopped = call::<u64>(&mut guest, "open_three_times", ("notes",)).unwrap_err();
    assert_eq!(stopped.code(), Code::Exhausted);
    assert_eq!(host.lines().len(), 4);
}

#[test]
fn a_panic_poisons_the_instance() {
    let host = Host::new(|builder| builder);
    let mut guest = host.start(&granted()).unwrap();
    assert_eq!(refused(call(&mut guest, "explode_and_open", ("notes",))).0, Status::INTERNAL);
    assert_eq!(guest.session().poisoned(), Some("explode: no store notes"));
    assert_eq!(call::<u64>(&mut guest, "open", ("notes",)).unwrap_err().code(), Code::Poisoned);
    assert_eq!(
        host.lines(),
        ["explode Always - INTERNAL (-4)", "kv_open Shut - INTERNAL (-4)", "call H0404"]
    );
}

#[test]
fn a_capability_is_revoked_while_the_guest_runs() {
    let host = Host::new(|builder| builder);
    let mut guest = host.start(&granted()).unwrap();
    assert_eq!(refused(call(&mut guest, "open_revoke_open", ("notes",))).0, Status::NO_CAPABILITY);
    assert_eq!(
        host.lines(),
        [
            "kv_open Granted notes OK (0)",
            "revoke Always - OK (0)",
            "kv_open NotGranted - NO_CAPABILITY (-1)",
            "call H0404"
        ]
    );
    assert!(!guest.session().grants().is_granted(&KV_READ));
}

struct First(Arc<Mutex<Vec<&'static str>>>);
struct Second(Arc<Mutex<Vec<&'static str>>>);

#[test]
fn states_are_closed_in_reverse_and_their_errors_reported() {
    let closed = Arc::new(Mutex::new(Vec::new()));
    let (one, two) = (Arc::clone(&closed), Arc::clone(&closed));
    let host = Host::new(|builder| {
        builder
            .state("first", move |_| Ok::<_, IoError>(First(Arc::clone(&one))))
            .state("second", move |_| Ok::<_, IoError>(Second(Arc::clone(&two))))
            .on_close(|First(closed)| {
                closed.lock().unwrap().push("first");
                Err(IoError::other("the first would not"))
            })
            .on_close(|Second(closed)| {
                closed.lock().unwrap().push("second");
                Err(IoError::other("the second would not"))
            })
    });
    let mut guest = host.start(&granted()).unwrap();
    let Error::Problems(problems) = guest.session_mut().close().unwrap_err() else { panic!() };
    assert_eq!(*closed.lock().unwrap(), ["second", "first"]);
    let said: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(said.len(), 2);
    assert!(said.iter().any(|line| line.contains("state `first`") && line.contains("the first would not")));
    assert!(said.iter().any(|line| line.contains("state `second`") && line.contains("the second would not")));
    assert_eq!(host.lines(), ["close H0415"]);
    assert_eq!(call::<u64>(&mut guest, "open", ("notes",)).unwrap_err().code(), Code::Closed);
    guest.session_mut().close().unwrap();
}

#[test]
fn a_handle_calls_the_guest_from_elsewhere() {
    let host = Host::new(|builder| builder);
    let (handle, driver) = Handle::new(host.start(&granted()).unwrap());
    let driver = std::thread::spawn(|| pollster::block_on(driver));
    let store: u64 = pollster::block_on(handle.call("open", ("notes",))).unwrap();
    pollster::block_on(handle.call::<_, ()>("close", (store,))).unwrap();
    pollster::block_on(handle.close()).unwrap();
    driver.join().unwrap().unwrap();
}

#[test]
fn the_engine_has_at_most_150_lines() {
    let lines = include_str!("../src/lib.rs").lines().count();
    assert!(lines <= 150, "{lines} lines");
}

#[test]
fn refusal_of_the_engine_is_recorded_and_counts() {
    let records = Recorder::new();
    let mut limits = Limits::default();
    limits.refusals = 2;
    let stores = kv::module().memory("notes").open().unwrap();
    let registry = Registry::builder().module(stores).build().unwrap();
    let composition =
        Composition::builder(registry).limits(limits).observer(records.clone()).build().unwrap();
    let open = composition.import("host", "kv_open").unwrap();
    let subject = composition.subject("tape", None, [open]).unwrap();
    let mut session = subject.session(&Grants::none().allow(&KV_READ)).open().unwrap();
    let mut refuse = |status, message: &str| {
        let reply = session.refuse(open, 7, status, message);
        reply.map(|reply| {
            (reply.status, hostfn::abi::codec::decode::<ErrorReply>(reply.bytes).map(|reply| reply.message))
        })
    };

    let (status, reply) = refuse(Status::BAD_INPUT, "the tape is torn").unwrap();
    assert_eq!((status, reply.unwrap()), (Status::BAD_INPUT, "the tape is torn".to_owned()));
    // the guest does not learn what is wrong with the host
    let (status, reply) = refuse(Status::INTERNAL, "the tape belongs to another guest").unwrap();
    assert!(status == Status::INTERNAL && !reply.is_ok_and(|message| message.contains("another")));
    assert_eq!(refuse(Status::BAD_INPUT, "the tape is torn").unwrap_err(), Stop::Refusals);

    let of_calls: Vec<_> = records
        .take()
        .into_iter()
        .filter_map(|record| Some((record.function?, record.status?, record.args?)))
        .collect();
    assert_eq!(of_calls, [("kv_open", -3, 7), ("kv_open", -4, 7), ("kv_open", -3, 7)]);
}
