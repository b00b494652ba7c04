//! Host functions, one for each way in which a call can end, and a host of them.

use std::convert::Infallible;
use std::fmt;
use std::future::pending;
use std::panic::resume_unwind;

use hostfn::engine::MissingCapability;
use hostfn::state::{OutOfMemory, ResourceError};
use hostfn::wasm::CutOff;
use hostfn::{
    Grants, Host, HostError, HostFn, HostModule, Instance, Limits, Registry, Resource, Resources, Status,
    capabilities, host_fn,
};

capabilities! {
    /// Open things of a name.
    VAULT = "vault" in name;
    /// Granted to nobody.
    LOCKED = "locked";
}

#[derive(Debug)]
struct Broken;

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&"it broke, and says why at length ".repeat(20))
    }
}

impl HostError for Broken {
    fn code(&self) -> &'static str {
        "broken"
    }
}

#[derive(Debug)]
struct Refused;

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not for you")
    }
}

impl HostError for Refused {
    fn code(&self) -> &'static str {
        "refused"
    }

    fn status(&self) -> Status {
        Status::NO_CAPABILITY
    }
}

/// A number.
#[host_fn(capability = none, collect = false)]
fn plain() -> u64 {
    7
}

/// The same text.
#[host_fn(capability = none, collect = false)]
fn echo(text: String) -> String {
    text
}

/// A text of as many bytes.
#[host_fn(capability = none, collect = false)]
fn bytes(count: u32) -> String {
    "a".repeat(count as usize)
}

/// Returns how many texts a list has.
#[host_fn(capability = none, collect = false)]
fn count(list: Vec<Option<String>>) -> usize {
    list.into_iter().flatten().count()
}

/// Fails.
#[host_fn(capability = none, collect = false)]
fn fail() -> Result<(), Broken> {
    Err(Broken)
}

/// Denies the call itself.
#[host_fn(capability = none, collect = false)]
fn refuse() -> Result<(), Refused> {
    Err(Refused)
}

/// Needs a grant that matches.
#[host_fn(capability = VAULT(name), collect = false)]
fn guarded(name: &str) -> usize {
    name.len()
}

/// Needs a grant that no plugin has.
#[host_fn(capability = LOCKED, collect = false)]
fn denied() {}

/// Runs once per call from the host.
#[host_fn(capability = none, quota = 1, collect = false)]
fn once() {}

/// Panics, without a message on standard error.
#[host_fn(capability = none, collect = false)]
fn panics(text: String) -> String {
    resume_unwind(Box::new(text))
}

/// Holds as many bytes while it runs.
#[host_fn(capability = none, collect = false)]
fn hold(#[state] things: &mut Resources<u32>, size: u32) -> Result<u64, OutOfMemory> {
    let held = things.memory().take(size as usize)?;
    Ok(held.bytes() as u64)
}

/// Opens a thing.
#[host_fn(capability = none, collect = false)]
fn open(#[state] things: &mut Resources<u32>) -> Result<Resource<u32>, ResourceError> {
    things.insert(7)
}

/// Closes a thing.
#[host_fn(capability = none, collect = false)]
fn close(#[state] things: &mut Resources<u32>, thing: Resource<u32>) -> Result<u32, ResourceError> {
    things.remove(thing)
}

/// Calls another instance of the same host.
#[host_fn(capability = none, collect = false)]
fn nested(#[state] other: &mut Option<Instance>) -> String {
    let other = other.as_mut().expect("there is another instance");
    other.call::<_, u64>("plain", ()).expect_err("there is no place for it").code().to_string()
}

/// The same text, later.
#[host_fn(capability = none, collect = false)]
async fn echo_later(text: String) -> String {
    std::future::ready(text).await
}

/// A text of as many bytes, later.
#[host_fn(capability = none, collect = false)]
async fn bytes_later(count: u32) -> String {
    std::future::ready("a".repeat(count as usize)).await
}

/// Fails, later.
#[host_fn(capability = none, collect = false)]
async fn fail_later() -> Result<(), Broken> {
    std::future::ready(Err(Broken)).await
}

/// Panics, later.
#[host_fn(capability = none, collect = false)]
async fn panics_later(text: String) -> String {
    resume_unwind(Box::new(std::future::ready(text).await))
}

/// Waits until it is cancelled, with a list that is charged.
#[host_fn(capability = none, collect = false)]
async fn never(list: Vec<Option<String>>) -> u64 {
    pending::<()>().await;
    list.len() as u64
}

pub(super) const FUNCTIONS: [&str; 14] = [
    "plain", "echo", "bytes", "count", "fail", "refuse", "guarded", "denied", "once", "panics", "hold",
    "open", "close", "nested",
];
pub(super) const WAITING: [&str; 5] = ["echo_later", "bytes_later", "fail_later", "panics_later", "never"];

/// A host that has room for one call at a time: one place that is not given back, and no call is taken any more.
pub(super) fn host(change: impl FnOnce(&mut Limits), cut_off: CutOff) -> Host {
    let mut limits = Limits::default();
    (limits.memory, limits.args, limits.reply) = (5 << 19, 1 << 20, 1 << 20);
    (limits.concurrent, limits.queued) = (1, 1);
    (limits.log_lines, limits.refusals) = (10, 10);
    change(&mut limits);
    let module = HostModule::new("outcomes")
        .functions([
            plain::SPEC,
            echo::SPEC,
            bytes::SPEC,
            count::SPEC,
            fail::SPEC,
            refuse::SPEC,
            guarded::SPEC,
        ])
        .functions([
            denied::SPEC,
            once::SPEC,
            panics::SPEC,
            hold::SPEC,
            open::SPEC,
            close::SPEC,
            nested::SPEC,
        ])
        .functions([echo_later::SPEC, bytes_later::SPEC, fail_later::SPEC, panics_later::SPEC, never::SPEC])
        .state("things", |cx| Ok::<_, Infallible>(Resources::<u32>::from_cx(cx).at_most(4)))
        .state("other", |_| Ok::<_, Infallible>(None::<Instance>));
    Host::builder(Registry::builder().module(module).build().unwrap())
        .limits(limits)
        .missing(MissingCapability::Deny)
        .cut_off(cut_off)
        .build()
        .unwrap()
}

pub(super) fn grants() -> Grants {
    Grants::none().allow_within(&VAULT, ["mine"]).unwrap()
}
