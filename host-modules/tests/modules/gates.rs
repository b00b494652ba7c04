//! Rules for every function of every module.

use hostfn::{Error, Host, HostFnSpec, Status};
use test_support::relay::{Guest, host};

use crate::everything::modules;

fn everything() -> Host {
    host(modules())
}

fn needs_something(spec: &HostFnSpec) -> bool {
    spec.capability().is_some()
}

#[test]
fn nothing_works_unless_it_is_granted() {
    let host = everything();
    let mut guest = Guest::in_host(&host, "");
    for spec in host.registry().iter().filter(|spec| needs_something(spec)) {
        assert_eq!(guest.status(spec.name(), ()), Status::NO_CAPABILITY, "{}", spec.name());
    }
}

#[test]
fn arguments_that_are_none_are_refused() {
    let host = everything();
    let mut guest = Guest::granted(&host, &host.registry().grant_everything());
    for spec in host.registry().iter() {
        let nonsense = vec![(); spec.wire_params().count() + 7];
        assert_eq!(guest.status(spec.name(), nonsense), Status::BAD_INPUT, "{}", spec.name());
    }
}

#[test]
fn nothing_is_called_after_close() {
    let host = everything();
    let mut guest = Guest::granted(&host, &host.registry().grant_everything());
    guest.instance.close().unwrap();
    for spec in host.registry().iter() {
        let called = pollster::block_on(guest.instance.call_async::<_, ()>(spec.name(), ()));
        assert!(matches!(called, Err(Error::Closed { .. })), "{}: {called:?}", spec.name());
    }
}

#[test]
fn every_name_begins_with_its_module_s() {
    let modules = modules();
    assert_eq!(modules.len(), 11);
    for module in modules {
        for spec in module.specs() {
            assert!(spec.name().starts_with(&format!("{}_", module.name())), "{}", spec.name());
            assert!(spec.docs().len() > 10, "{} says what it does", spec.name());
        }
    }
}
