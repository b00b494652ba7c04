//! A guest that hands every call on to the host function of its name, and the answer back.
#![allow(dead_code, reason = "each test file uses its own part")]

pub mod everything;
pub mod native;

use hostfn::{CutOff, Error, Grants, Host, Instance, Limits, Missing, Module, Registry, Status, Value};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// An instance of the guest.
pub struct Guest {
    pub host: Host,
    pub instance: Instance,
}

/// What a guest is told when a call fails.
#[derive(Debug, PartialEq)]
pub struct Refused {
    pub status: Status,
    pub code: String,
    pub message: String,
    pub detail: Option<Value>,
}

impl Guest {
    /// Of a host with these modules, which grants what the TOML says. What is not granted is refused by the call, so
    /// that the guest can import everything.
    pub fn new(module: impl Into<Module>, grants: &str) -> Self {
        Self::of(&host([module.into()]), grants)
    }

    /// Another instance in a host.
    pub fn of(host: &Host, grants: &str) -> Self {
        let grants = host.registry().read_grants(grants).unwrap();
        Self::granted(host, &grants)
    }

    pub fn granted(host: &Host, grants: &Grants) -> Self {
        let plugin = host.load("relay", &relay(host.registry())).unwrap();
        let instance = pollster::block_on(plugin.instantiate_async(grants)).unwrap();
        Self { host: host.clone(), instance }
    }

    /// What the guest gets from the host function.
    pub fn call<R: DeserializeOwned>(&mut self, function: &str, args: impl Serialize) -> Result<R, Refused> {
        match pollster::block_on(self.instance.call_async(function, args)) {
            Ok(reply) => Ok(reply),
            Err(Error::Guest { status, reply, .. }) => {
                let (code, message, detail) =
                    reply.map(|reply| (reply.code, reply.message, reply.detail)).unwrap_or_default();
                Err(Refused { status, code, message, detail })
            }
            Err(other) => panic!("{function}: {other}"),
        }
    }

    /// The status that the guest gets when the call fails.
    pub fn status(&mut self, function: &str, args: impl Serialize) -> Status {
        match self.call::<Value>(function, args) {
            Ok(reply) => panic!("{function} answered {reply:?}"),
            Err(refused) => refused.status,
        }
    }

    /// The code of the error that the guest gets.
    pub fn code(&mut self, function: &str, args: impl Serialize) -> String {
        match self.call::<Value>(function, args) {
            Ok(reply) => panic!("{function} answered {reply:?}"),
            Err(refused) => refused.code,
        }
    }
}

/// A host with these modules, which denies what is not granted when it is called.
pub fn host(modules: impl IntoIterator<Item = Module>) -> Host {
    limited(modules, Limits::default())
}

/// The same, with limits.
pub fn limited(modules: impl IntoIterator<Item = Module>, limits: Limits) -> Host {
    let registry = Registry::builder().modules(modules).build().unwrap();
    Host::builder(registry).missing(Missing::Deny).cut_off(CutOff::Keep).limits(limits).build().unwrap()
}

/// A guest that imports every function of the registry, and exports for each a function of the same name that hands
/// its arguments on and the reply back.
pub fn relay(registry: &Registry) -> Vec<u8> {
    let imports: String = registry
        .iter()
        .map(|spec| {
            let (module, name) = (spec.module(), spec.name());
            format!("(import \"{module}\" \"{name}\" (func ${name} (param i32 i32) (result i64)))\n")
        })
        .collect();
    let exports: String = registry
        .iter()
        .map(|spec| {
            let name = spec.name();
            format!(
                r#"(func (export "{name}") (param i32 i32) (result i64) (local $word i64)
                    (local.set $word (call ${name} (local.get 0) (local.get 1)))
                    (call $set_result (call $result_ptr) (i32.wrap_i64 (i64.shr_u (local.get $word) (i64.const 32))))
                    (global.set $heap (i32.const 65536))
                    (local.get $word))"#
            )
        })
        .collect();
    // blocks are given out one after the other, and all taken back when a call ends
    wat::parse_str(format!(
        r#"(module
            {imports}
            (import "host" "host_set_result" (func $set_result (param i32 i32)))
            (import "host" "host_result_ptr" (func $result_ptr (result i32)))
            (memory (export "memory") 2)
            (global $heap (mut i32) (i32.const 65536))
            (func (export "plugin_alloc") (param $len i32) (result i32) (local $pages i32)
                (local.set $pages (i32.sub
                    (i32.shr_u (i32.add (i32.add (global.get $heap) (local.get $len)) (i32.const 65535)) (i32.const 16))
                    (memory.size)))
                (if (i32.gt_s (local.get $pages) (i32.const 0))
                    (then (if (i32.eq (memory.grow (local.get $pages)) (i32.const -1)) (then (return (i32.const 0))))))
                (global.get $heap)
                (global.set $heap (i32.add (global.get $heap) (local.get $len))))
            {exports})"#
    ))
    .unwrap()
}
