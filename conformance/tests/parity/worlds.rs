//! The engines.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};

use hostfn::abi::{Value, codec};
use hostfn::engine::{Composition, Exports, MissingCapability};
use hostfn::error::Code;
use hostfn::observe::{Decision, Event, EventKind, Observer};
use hostfn::testing::MockHost;
use hostfn::{
    CancelToken, Capability, Error, ErrorReply, Grants, Host, HostFnSpec, Limits, Registry, Status,
};
use tape_engine::Tape;

use crate::cases::{Case, Step};
use crate::functions::registry;

/// Registry, grants and limits that a guest starts with.
pub struct Setup {
    registry: Registry,
    grants: Grants,
    limits: Limits,
    /// The functions that the guest imports.
    used: Vec<&'static str>,
    records: Records,
}

/// The records of a guest's calls, a line each.
type Records = Arc<Mutex<Vec<String>>>;

impl Setup {
    pub fn new(case: &Case) -> Self {
        let mut limits = Limits::default();
        (case.limits)(&mut limits);
        let used = case.steps.iter().filter_map(Step::function).collect();
        Self { registry: registry(), grants: (case.grants)(), limits, used, records: Records::default() }
    }

    fn imports(&self) -> impl Iterator<Item = &'static HostFnSpec> {
        self.registry.iter().filter(|spec| self.used.contains(&spec.name()))
    }

    fn observer(&self) -> impl Observer + use<> {
        let records = Arc::clone(&self.records);
        move |event: &Event<'_>| {
            if let EventKind::HostCall(call) = event.what {
                let (name, scope_value) = (call.spec.name(), call.scope_value);
                let line = record(name, call.decision, scope_value, call.status, call.message());
                records.lock().unwrap().push(line);
            }
        }
    }
}

fn record(
    name: &str,
    decision: Decision,
    scope_value: Option<&str>,
    status: Status,
    message: &str,
) -> String {
    format!("{name} {decision:?} {} {status} {message:?}", scope_value.unwrap_or("-"))
}

/// Result of a call as the guest receives it.
pub enum Answer {
    Reply(Value),
    Refused(Status, Option<ErrorReply>),
    /// The guest is stopped.
    Stopped(Code),
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Answer::Reply(value) => write!(f, "{value:?}"),
            Answer::Refused(status, None) => write!(f, "{status}"),
            Answer::Refused(status, Some(reply)) => {
                write!(f, "{status} {}: {} {:?}", reply.code, reply.message, reply.detail)
            }
            Answer::Stopped(code) => write!(f, "stopped {code}"),
        }
    }
}

fn answer(status: Status, bytes: &[u8]) -> Answer {
    if !status.is_ok() {
        return Answer::Refused(status, codec::decode(bytes).ok());
    }
    Answer::Reply(if bytes.is_empty() { Value::Nil } else { codec::decode(bytes).unwrap() })
}

/// An engine.
pub trait World {
    fn name(&self) -> &'static str;

    /// Returns true if its guests can call async functions.
    fn waits(&self) -> bool {
        true
    }

    /// Starts a guest that can call the functions of its case.
    fn start(&self, setup: &Setup) -> Box<dyn Guest>;
}

/// A guest of an engine.
pub trait Guest {
    /// Enters the guest, which calls the function so many times with the same arguments; what it got for the last call.
    fn call(&mut self, function: &str, args: &[u8], times: u32) -> Answer;

    /// Revokes a capability.
    fn revoke(&mut self, capability: &Capability);

    /// Takes the records.
    fn records(&mut self) -> Vec<String>;
}

pub fn worlds() -> Vec<Box<dyn World>> {
    vec![Box::new(Wasm { waits: true }), Box::new(Wasm { waits: false }), Box::new(Mock), Box::new(Tapes)]
}

/// Numbers of host function calls that one call of a guest can make.
const TIMES: [u32; 2] = [1, 3];

fn export(function: &str, times: u32) -> String {
    assert!(TIMES.contains(&times));
    format!("{function}-{times}")
}

/// A guest of an engine on the seam.
struct Running<E> {
    guest: E,
    records: Records,
}

impl<E: Exports> Guest for Running<E> {
    fn call(&mut self, function: &str, args: &[u8], times: u32) -> Answer {
        let (export, args) = (export(function, times), args.to_owned());
        let result = if self.guest.is_async() {
            pollster::block_on(self.guest.call_bytes_async(&export, args))
        } else {
            self.guest.call_bytes(&export, args)
        };
        match result {
            Ok(result) => answer(Status::OK, result.bytes()),
            Err(Error::Guest { status, reply, .. }) => Answer::Refused(status, reply.map(|reply| *reply)),
            Err(error) => Answer::Stopped(error.code()),
        }
    }

    fn revoke(&mut self, capability: &Capability) {
        self.guest.session().grants().revoke(capability);
    }

    fn records(&mut self) -> Vec<String> {
        std::mem::take(&mut self.records.lock().unwrap())
    }
}

/// The wasmtime engine, on the thread's stack or on one of the guest's own.
struct Wasm {
    waits: bool,
}

impl World for Wasm {
    fn name(&self) -> &'static str {
        if self.waits { "wasm async" } else { "wasm sync" }
    }

    fn waits(&self) -> bool {
        self.waits
    }

    fn start(&self, setup: &Setup) -> Box<dyn Guest> {
        let host = Host::builder(setup.registry.clone())
            .missing(MissingCapability::Deny)
            .limits(setup.limits)
            .observer(setup.observer())
            .build()
            .unwrap();
        let plugin = host.load("parity", &module(setup)).unwrap();
        let guest = if self.waits {
            pollster::block_on(plugin.instantiate_async(&setup.grants)).unwrap()
        } else {
            plugin.instantiate(&setup.grants).unwrap()
        };
        Box::new(Running { guest, records: Arc::clone(&setup.records) })
    }
}

/// A guest that has an export for each function and number of calls, which passes the arguments on and returns the last
/// reply.
fn module(setup: &Setup) -> Vec<u8> {
    let import = |spec: &HostFnSpec| {
        let (module, name) = (spec.module(), spec.name());
        format!("(import \"{module}\" \"{name}\" (func ${name} (param i32 i32) (result i64)))\n")
    };
    let imports: String = setup.imports().map(import).collect();
    let mut exports = String::new();
    for (spec, times) in setup.imports().flat_map(|spec| TIMES.map(|times| (spec, times))) {
        let name = spec.name();
        let call = format!("(local.set $word (call ${name} (local.get 0) (local.get 1)))\n");
        exports += &format!(
            r#"(func (export "{}") (param i32 i32) (result i64) (local $word i64)
                {}
                (call $set_result (call $result_ptr) (i32.wrap_i64 (i64.shr_u (local.get $word) (i64.const 32))))
                (global.set $heap (i32.const 65536))
                (local.get $word))"#,
            export(name, times),
            call.repeat(times as usize)
        );
    }
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

/// The third-party engine.
struct Tapes;

impl World for Tapes {
    fn name(&self) -> &'static str {
        "tape"
    }

    fn start(&self, setup: &Setup) -> Box<dyn Guest> {
        let host = Composition::builder(setup.registry.clone())
            .missing(MissingCapability::Deny)
            .limits(setup.limits)
            .observer(setup.observer())
            .build()
            .unwrap();
        let line = |(spec, times): (&HostFnSpec, u32)| {
            let step = format!(" {}.{}", spec.module(), spec.name());
            format!("{} = {}\n", export(spec.name(), times), step.repeat(times as usize))
        };
        let tape: String =
            setup.imports().flat_map(|spec| TIMES.map(|times| (spec, times))).map(line).collect();
        let tape = Tape::load(&host, "parity", None, &tape).unwrap();
        let guest = tape.start(&setup.grants, &CancelToken::new()).unwrap();
        Box::new(Running { guest, records: Arc::clone(&setup.records) })
    }
}

/// The mock host. It has no guest, so the test itself calls the functions.
struct Mock;

struct Mocked(MockHost, Registry);

impl World for Mock {
    fn name(&self) -> &'static str {
        "mock"
    }

    fn start(&self, setup: &Setup) -> Box<dyn Guest> {
        let mock = MockHost::builder(setup.registry.clone())
            .plugin("parity")
            .grants(&setup.grants)
            .limits(setup.limits)
            .build()
            .unwrap();
        Box::new(Mocked(mock, setup.registry.clone()))
    }
}

impl Guest for Mocked {
    fn call(&mut self, function: &str, args: &[u8], times: u32) -> Answer {
        let spec = self.1.iter().find(|spec| spec.name() == function).unwrap();
        self.0.begin();
        let mut last = Answer::Reply(Value::Nil);
        for _ in 0..times {
            let call = AssertUnwindSafe(|| self.0.call_bytes(spec.module(), function, args));
            last = match catch_unwind(call) {
                Ok((status, bytes)) => answer(status, &bytes),
                // where a host stops the guest
                Err(_) => return Answer::Stopped(Code::Exhausted),
            };
        }
        last
    }

    fn revoke(&mut self, capability: &Capability) {
        self.0.deny(capability);
    }

    fn records(&mut self) -> Vec<String> {
        let line = |call: &hostfn::testing::MockCall| {
            record(call.name, call.decision, call.scope_value.as_deref(), call.status, &call.message)
        };
        self.0.take_calls().iter().map(line).collect()
    }
}
