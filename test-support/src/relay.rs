//! A guest that passes every call to the host function of its name, and returns the reply.

use hostfn::abi::Value;
use hostfn::engine::MissingCapability;
use hostfn::wasm::CutOff;
use hostfn::{Error, Grants, Host, HostModule, Instance, Limits, Registry, Status};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// An instance of the guest.
#[derive(Debug)]
pub struct Guest {
    /// Its host.
    pub host: Host,
    /// The instance.
    pub instance: Instance,
}

/// The error that a guest receives when a call fails.
#[derive(Debug, PartialEq)]
pub struct Refused {
    /// The status.
    pub status: Status,
    /// The code of the error reply.
    pub code: String,
    /// The message of the error reply.
    pub message: String,
    /// The detail of the error reply.
    pub detail: Option<Value>,
}

impl Guest {
    /// Creates an instance in a host with this module and these grants in TOML. The host denies at the call, so that
    /// the guest can import every function.
    pub fn new(module: impl Into<HostModule>, grants: &str) -> Self {
        Self::in_host(&host([module.into()]), grants)
    }

    /// Creates a further instance in a host, with grants in TOML.
    pub fn in_host(host: &Host, grants: &str) -> Self {
        let grants = host.registry().read_grants(grants).unwrap();
        Self::granted(host, &grants)
    }

    /// Creates a further instance in a host.
    pub fn granted(host: &Host, grants: &Grants) -> Self {
        let plugin = host.load("relay", &relay(host.registry())).unwrap();
        let instance = pollster::block_on(plugin.instantiate_async(grants)).unwrap();
        Self { host: host.clone(), instance }
    }

    /// Returns the reply of the host function to the guest.
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

    /// Returns the status that the guest receives for a call that fails.
    pub fn status(&mut self, function: &str, args: impl Serialize) -> Status {
        match self.call::<Value>(function, args) {
            Ok(reply) => panic!("{function} answered {reply:?}"),
            Err(refused) => refused.status,
        }
    }

    /// Returns the code of the error that the guest receives for a call that fails.
    pub fn code(&mut self, function: &str, args: impl Serialize) -> String {
        match self.call::<Value>(function, args) {
            Ok(reply) => panic!("{function} answered {reply:?}"),
            Err(refused) => refused.code,
        }
    }
}

/// Creates a host with these modules that denies at the call.
pub fn host(modules: impl IntoIterator<Item = HostModule>) -> Host {
    limited(modules, Limits::default())
}

/// Creates a host with these modules and limits that denies at the call.
pub fn limited(modules: impl IntoIterator<Item = HostModule>, limits: Limits) -> Host {
    let registry = Registry::builder().modules(modules).build().unwrap();
    Host::builder(registry)
        .missing(MissingCapability::Deny)
        .cut_off(CutOff::Keep)
        .limits(limits)
        .build()
        .unwrap()
}

/// Returns a guest that imports every function of the registry, and exports for each a function of the same name that
/// passes its arguments on and returns the reply.
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
    // a bump allocator, which is reset when a call ends
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
