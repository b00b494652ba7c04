//! Host functions for what the suite's own functions do not show.

use std::convert::Infallible;
use std::fmt;

use hostfn::state::ResourceError;
use hostfn::{HostError, HostFn, HostModule, Registry, Resource, Resources, Status, capabilities, host_fn};

capabilities! {
    /// Use things.
    pub THING = "thing" in name;
    /// Fetch pages.
    pub FETCH = "fetch" in name;
    /// Count.
    pub COUNT = "count";
}

/// A thing.
pub struct Thing(String);

/// Open a thing.
#[host_fn(capability = THING(name), collect = false)]
fn thing_open(#[state] things: &mut Resources<Thing>, name: &str) -> Result<Resource<Thing>, ResourceError> {
    things.insert_on(name, Thing(name.to_owned()))
}

/// The name of a thing.
#[host_fn(capability = THING(thing), collect = false)]
fn thing_name(#[state] things: &Resources<Thing>, thing: Resource<Thing>) -> Result<String, ResourceError> {
    things.get(thing).map(|thing| thing.0.clone())
}

/// Close a thing.
#[host_fn(capability = none, collect = false)]
fn thing_close(#[state] things: &mut Resources<Thing>, thing: Resource<Thing>) -> Result<(), ResourceError> {
    things.remove(thing).map(drop)
}

/// A failure of each kind that a function can have.
#[derive(Debug)]
pub enum Failure {
    /// A redirect that leaves the grant.
    LeadsOut,
    /// A denial without a value.
    Denied,
    /// A failure of the host.
    Internal,
    /// A status that is not an error.
    NoError,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

impl HostError for Failure {
    fn status(&self) -> Status {
        match self {
            Failure::LeadsOut | Failure::Denied => Status::NO_CAPABILITY,
            Failure::Internal => Status::INTERNAL,
            Failure::NoError => Status::OK,
        }
    }

    fn code(&self) -> &'static str {
        "failure"
    }

    fn scope_value(&self) -> Option<&str> {
        matches!(self, Failure::LeadsOut).then_some("elsewhere")
    }
}

/// Fetch a page, and fail in the way that its name says.
#[host_fn(capability = FETCH(page), collect = false)]
fn fetch(page: &str) -> Result<String, Failure> {
    match page {
        "leads-out" => Err(Failure::LeadsOut),
        "denied" => Err(Failure::Denied),
        "internal" => Err(Failure::Internal),
        "no-error" => Err(Failure::NoError),
        "panic" => panic!("the page is on fire"),
        page => Ok(page.to_owned()),
    }
}

/// The same, in its own time.
#[host_fn(capability = FETCH(page), collect = false)]
async fn fetch_later(page: String) -> Result<String, Failure> {
    std::future::ready(()).await;
    fetch(&page)
}

/// Text of so many bytes, in its own time.
#[host_fn(capability = none, max_reply = "1 KiB", collect = false)]
async fn long_later(bytes: u32) -> String {
    std::future::ready("x".repeat(bytes as usize)).await
}

/// Count, twice at most.
#[host_fn(capability = COUNT, quota = 2, collect = false)]
fn count_twice() -> u32 {
    1
}

/// Panic.
#[host_fn(capability = none, collect = false)]
fn explode() {
    panic!("boom");
}

/// Every function of the suite, and these.
pub fn registry() -> Registry {
    let module = HostModule::new("parity")
        .functions([thing_open::SPEC, thing_name::SPEC, thing_close::SPEC, fetch::SPEC, fetch_later::SPEC])
        .functions([long_later::SPEC, count_twice::SPEC, explode::SPEC])
        .state("things", |cx| Ok::<_, Infallible>(Resources::<Thing>::from_cx(cx)));
    Registry::builder().add_linked().module(module).build().unwrap()
}
