//! What holds for every function of every module.

mod common;

use common::native::{declare, libm};
use common::{Guest, host};
use host_modules::{ffi, http, kms, kv, log, secret, standard};
use hostfn::{Error, Host, HostFnSpec, Module, Status};

/// Every module, configured.
fn modules() -> Vec<Module> {
    let mut modules = standard();
    for configured in [
        kms::module().signer("release", NoKey).into(),
        kv::module().memory("notes").into(),
        log::module().to(|_| ()).into(),
        secret::module().text("api-key", "a key").into(),
        http::module().with_secrets().into(),
    ] {
        let configured: Module = configured;
        modules.retain(|module| module.name() != configured.name());
        modules.push(configured);
    }
    modules.push(declare(ffi::module(), &libm(), &[("cos", "(f64) -> f64")]).into());
    modules
}

/// A key that is never used.
struct NoKey;

impl kms::Signer for NoKey {
    fn public_key(&self) -> [u8; 32] {
        // the generator of the curve, which is a key as any other
        let mut key = [0x66; 32];
        key[0] = 0x58;
        key
    }

    fn sign(&self, _: &[u8]) -> Result<[u8; 64], Box<dyn std::error::Error + Send + Sync>> {
        Err("it signs nothing".into())
    }
}

fn everything() -> Host {
    host(modules())
}

fn needs_something(spec: &HostFnSpec) -> bool {
    spec.capability().is_some()
}

#[test]
fn nothing_works_unless_it_is_granted() {
    let host = everything();
    let mut guest = Guest::of(&host, "");
    for spec in host.registry().iter().filter(|spec| needs_something(spec)) {
        assert_eq!(guest.status(spec.name(), ()), Status::NO_CAPABILITY, "{}", spec.name());
    }
}

#[test]
fn arguments_that_are_none_are_refused() {
    let host = everything();
    let mut guest = Guest::granted(&host, &host.registry().grant_everything());
    for spec in host.registry().iter() {
        let nonsense = vec![(); spec.wire_parameters().count() + 7];
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
            assert!(spec.documentation().len() > 10, "{} says what it does", spec.name());
        }
    }
}
