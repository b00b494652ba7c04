//! The expansion of `#[guest_contract]` passes the lints that a strict crate denies.

#![forbid(unsafe_code)]
#![deny(missing_docs, missing_debug_implementations, unreachable_pub, unused_qualifications, warnings)]
#![deny(elided_lifetimes_in_paths, non_camel_case_types, unused_lifetimes)]

use std::borrow::Cow;
use std::collections::BTreeMap;

// in scope, so that a path to them is a qualification that rustc calls unnecessary
use hostfn::__private::GuestReplyProbe;
use hostfn::contract::GuestError;
use hostfn::contract::{
    AsyncCallee, AsyncContract, Callee, ContractSpec, GuestContract, LinkedContract, MethodSpec,
};
use hostfn::{ErrorReply, HostError, Status, guest_contract};

/// Nobody is called that.
#[derive(Debug, thiserror::Error, HostError)]
#[error("nobody is called that")]
pub struct Unknown;

impl GuestError for Unknown {
    fn from_guest(status: Status, _: Option<&ErrorReply>) -> Option<Self> {
        (status == Status::NOT_FOUND).then_some(Unknown)
    }
}

type Answer = Result<Cow<'static, str>, Unknown>;

/// Guests that greet.
#[guest_contract(id = "greeter.v1", crate = hostfn)]
pub trait Greeter {
    /// Greet a person.
    fn greet(&mut self, r#type: &str, ages: &BTreeMap<String, u8>) -> Answer;
    /// Greet nobody.
    fn r#move(&self);
    /// Greet everyone.
    async fn greet_all(&self, names: &[String], times: Option<u32>) -> Vec<String>;
}

#[guest_contract(id = "tick")]
trait Tick {
    fn tick(&mut self);
    #[entry("tock-it")]
    fn tock(&mut self);
}

#[guest_contract(id = "silence")]
pub(crate) trait Silence {}

#[cfg(any())]
#[guest_contract(id = "Not There")]
trait NotThere {}

#[guest_contract(id = "not.there.either")]
#[cfg(any())]
trait NotThereEither {
    fn f(&mut self);
}

macro_rules! contract {
    ($name:ident, $id:literal, $method:ident($($param:ident: $ty:ty),*)) => {
        #[guest_contract(id = $id)]
        trait $name {
            fn $method(&mut self, $($param: $ty),*) -> u32;
        }
    };
}
contract!(Made, "made", make(a: u8, b: &[u8]));

fn main() {
    let entries = |contract: &'static ContractSpec| -> Vec<_> {
        contract.methods().iter().map(MethodSpec::entry).collect()
    };
    assert_eq!(
        entries(GreeterClient::CONTRACT),
        ["greeter_v1_greet", "greeter_v1_move", "greeter_v1_greet_all"]
    );
    assert_eq!(entries(TickClient::CONTRACT), ["tick_tick", "tock-it"]);
    assert_eq!(entries(MadeClient::CONTRACT), ["made_make"]);
    assert_eq!(entries(SilenceClient::CONTRACT), [""; 0]);
    assert_eq!(hostfn::Registry::collect().unwrap().contracts().count(), 4);
    let _: Option<(Callee<'_>, AsyncCallee, GuestReplyProbe<u8>, LinkedContract)> = None;
    let _: fn(AsyncCallee) -> GreeterAsyncClient = GreeterClient::shared;
}
