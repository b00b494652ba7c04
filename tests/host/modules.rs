//! Functions that come with their states.

use std::convert::Infallible;

use hostfn::abi::Value;
use hostfn::error::Code;
use hostfn::{Error, Grants, Host, HostFn, HostModule, Registry, host_fn};
use test_support::probe::{Probe, Record, answer, problems};

struct Counter(u64);

/// Count on.
#[host_fn(capability = none, collect = false)]
fn counter_add(#[state] counter: &mut Counter, by: u64) -> u64 {
    counter.0 += by;
    counter.0
}

fn counter(from: u64) -> HostModule {
    HostModule::new("counter")
        .function(counter_add::SPEC)
        .state("counter", move |_| Ok::<_, Infallible>(Counter(from)))
}

fn unconfigured() -> HostModule {
    let remedy = "add where it begins: `counter(0)`";
    HostModule::new("counter")
        .function(counter_add::SPEC)
        .require_config("it does not know where it begins", remedy)
}

#[test]
fn a_module_brings_its_functions_and_their_states() {
    let registry = Registry::builder().module(counter(100)).build().unwrap();
    assert_eq!(registry.len(), 1);
    let host = Host::builder(registry).build().unwrap();
    let mut probe = Probe::with("counter_add", (5,)).start(&host, &Grants::none());
    assert_eq!(answer(&mut probe).1, Some(Value::Unsigned(105)));
    assert_eq!(answer(&mut probe).1, Some(Value::Unsigned(110)));
    let mut other = Probe::with("counter_add", (1,)).start(&host, &Grants::none());
    assert_eq!(answer(&mut other).1, Some(Value::Unsigned(101)), "each instance has its own");
}

#[test]
fn a_module_that_lacks_something_is_an_error_that_names_the_line_to_add() {
    let error = Registry::builder().module(unconfigured()).build().unwrap_err();
    assert_eq!(
        problems(&error),
        ["H0108 module `counter`: it does not know where it begins; add where it begins: `counter(0)`"]
    );
}

#[test]
fn of_two_modules_of_one_name_one_that_was_not_configured_gives_way() {
    for modules in [[unconfigured(), counter(7)], [counter(7), unconfigured()]] {
        let registry = Registry::builder().modules(modules).build().unwrap();
        let host = Host::builder(registry).build().unwrap();
        let mut probe = Probe::with("counter_add", (0,)).start(&host, &Grants::none());
        assert_eq!(answer(&mut probe).1, Some(Value::Unsigned(7)));
    }
}

#[test]
fn two_configured_modules_of_one_name_are_an_error() {
    let error = Registry::builder().modules([counter(1), counter(2)]).build().unwrap_err();
    assert_eq!(
        problems(&error),
        ["H0109 module `counter`: there are two modules of this name; keep one of them"]
    );
}

#[test]
fn a_modules_states_come_before_the_host_s_and_are_closed_after_them() {
    let record = Record::default();
    let note = |what: &'static str| {
        let record = record.clone();
        move |line: &str| record.add(format!("{what} {line}"))
    };
    let (made, closed, own, last) = (note("module"), note("module"), note("host"), note("host"));
    let module = HostModule::new("counter")
        .state("counter", move |_| {
            made("made");
            Ok::<_, Infallible>(Counter(0))
        })
        .on_close(move |_: Counter| {
            closed("closed");
            Ok::<_, Infallible>(())
        });
    let host = Host::builder(Registry::builder().module(module).build().unwrap())
        .state("own", move |_| {
            own("made");
            Ok::<_, Infallible>(0_u8)
        })
        .on_close(move |_: u8| {
            last("closed");
            Ok::<_, Infallible>(())
        })
        .build()
        .unwrap();
    let wasm = test_support::probe::guest(&[], "");
    host.load("probe", &wasm).unwrap().instantiate(&Grants::none()).unwrap().close().unwrap();
    assert_eq!(record.take(), ["module made", "host made", "host closed", "module closed"]);
}

#[test]
fn a_state_that_a_module_and_the_host_both_provide_is_an_error_with_both_places() {
    let registry = Registry::builder().module(counter(1)).build().unwrap();
    let built = Host::builder(registry).state("other", |_| Ok::<_, Error>(Counter(2))).build();
    let error = built.unwrap_err();
    assert_eq!(error.code(), Code::DuplicateStateType);
    assert_eq!(error.to_string().matches("tests/host/modules.rs:").count(), 2, "{error}");
}
