//! Guests in WAT, for code that a compiler would not emit.

use std::sync::{Arc, Mutex};

use hostfn::abi::Value;
use hostfn::abi::{Word, codec};
use hostfn::error::Code;
use hostfn::observe::{Event, EventKind, Observer, Phase, PhaseEnd};
use hostfn::{Error, Grants, Host, HostFnSpec, Instance, Registry, Status};

/// The address of the arguments in a probe.
pub const ARGS: u32 = 1024;
/// The first address of a probe's allocator.
pub const HEAP: u32 = 65_536;

/// A guest whose export `run` makes one call and returns its packed result and reply.
#[derive(Clone, Debug)]
pub struct Probe {
    import: String,
    args: Vec<u8>,
    ptr: u32,
    len: u32,
    window: Option<(u32, u32)>,
    alloc: String,
    extra: String,
}

impl Probe {
    /// Creates a probe that calls the host function `import` with these bytes, without a window, with a sound
    /// allocator.
    pub fn new(import: &str, args: &[u8]) -> Self {
        Probe {
            import: import.to_owned(),
            args: args.to_owned(),
            ptr: ARGS,
            len: u32::try_from(args.len()).unwrap(),
            window: None,
            alloc: BUMP.to_owned(),
            extra: String::new(),
        }
    }

    /// Creates a probe that calls with these arguments, encoded.
    pub fn with(import: &str, args: impl serde::Serialize) -> Self {
        Probe::new(import, &codec::to_vec(&args).unwrap())
    }

    /// Passes this range as the arguments, whatever is there.
    pub fn range(mut self, ptr: u32, len: u32) -> Self {
        (self.ptr, self.len) = (ptr, len);
        self
    }

    /// Sets a reply window.
    pub fn window(mut self, ptr: u32, cap: u32) -> Self {
        self.window = Some((ptr, cap));
        self
    }

    /// Sets the body of `plugin_alloc`, which has its length in `local.get 0`.
    pub fn alloc(mut self, body: &str) -> Self {
        self.alloc = format!("(func $alloc (export \"plugin_alloc\") (param i32) (result i32) {body})");
        self
    }

    /// Leaves `plugin_alloc` out.
    pub fn no_alloc(mut self) -> Self {
        self.alloc = String::new();
        self
    }

    /// Adds WAT to the module.
    pub fn extra(mut self, wat: &str) -> Self {
        wat.clone_into(&mut self.extra);
        self
    }

    /// Returns the module.
    pub fn wasm(&self) -> Vec<u8> {
        let data: String = self.args.iter().map(|b| format!("\\{b:02x}")).collect();
        let window = self.window.map_or(String::new(), |(ptr, cap)| {
            format!("(if (call $set_window (i32.const {ptr}) (i32.const {cap})) (then unreachable))")
        });
        wat::parse_str(format!(
            r#"(module
                (import "host" "{import}" (func $f (param i32 i32) (result i64)))
                (import "host" "host_log" (func $log (param i32 i32 i32)))
                (import "host" "host_alloc" (func $host_alloc (param i32) (result i32)))
                (import "host" "host_set_result" (func $set_result (param i32 i32)))
                (import "host" "host_set_window" (func $set_window (param i32 i32) (result i32)))
                (import "host" "host_result_ptr" (func $result_ptr (result i32)))
                (memory (export "memory") 4)
                (data (i32.const {ARGS}) "{data}")
                (global $heap (mut i32) (i32.const {HEAP}))
                {alloc}
                (func $call (export "run") (param i32 i32) (result i64)
                    (local $word i64)
                    {window}
                    (local.set $word (call $f (i32.const {ptr}) (i32.const {len})))
                    (call $set_result (call $result_ptr)
                        (i32.wrap_i64 (i64.shr_u (local.get $word) (i64.const 32))))
                    local.get $word)
                {extra})"#,
            import = self.import,
            alloc = self.alloc,
            ptr = self.ptr.cast_signed(),
            len = self.len.cast_signed(),
            extra = self.extra,
        ))
        .expect("the probe is valid WAT")
    }

    /// Creates an instance in a host.
    pub fn start(&self, host: &Host, grants: &Grants) -> Instance {
        host.load("probe", &self.wasm()).unwrap().instantiate(grants).unwrap()
    }

    /// Returns the status and the reply that the guest receives.
    pub fn ask(&self, host: &Host, grants: &Grants) -> (Status, Option<Value>) {
        answer(&mut self.start(host, grants))
    }
}

/// A bump allocator.
const BUMP: &str = r#"(func $alloc (export "plugin_alloc") (param i32) (result i32)
    (global.get $heap)
    (global.set $heap (i32.add (global.get $heap) (local.get 0))))"#;

/// Returns the status and the reply that `run` of a probe receives.
pub fn answer(instance: &mut Instance) -> (Status, Option<Value>) {
    match instance.call::<_, Whole>("run", ()) {
        Ok(Whole(value)) => (Status::OK, value),
        Err(Error::Guest { status, reply, .. }) => {
            (status, reply.map(|reply| Value::from_serialize(&reply).unwrap()))
        }
        Err(other) => panic!("{other:?}"),
    }
}

/// Returns the message of an error reply.
pub fn message(reply: Option<&Value>) -> String {
    let Some(Value::Map(entries)) = reply else { panic!("no error reply: {reply:?}") };
    let message = entries.iter().find(|(key, _)| *key == Value::String("message".into()));
    match message {
        Some((_, Value::String(message))) => message.clone(),
        other => panic!("no message: {other:?}"),
    }
}

/// A reply of any kind, nothing at all included.
struct Whole(Option<Value>);

impl<'de> serde::Deserialize<'de> for Whole {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Value::deserialize(deserializer).map(|value| Whole(Some(value)))
    }
}

/// Creates a registry of these functions.
pub fn registry(specs: &[&'static HostFnSpec]) -> Registry {
    Registry::builder().add_all(specs.iter().copied()).build().unwrap()
}

/// Creates a host of these functions.
pub fn host(specs: &[&'static HostFnSpec]) -> Host {
    Host::builder(registry(specs)).build().unwrap()
}

/// Returns the reply of a probe that is this text.
pub fn text(value: &str) -> Option<Value> {
    Some(Value::String(value.to_owned()))
}

/// Returns a guest that imports these host functions, each as `$name`, and the imports that always exist; with
/// four pages of memory, a sound allocator, and `body`.
pub fn guest(imports: &[&str], body: &str) -> Vec<u8> {
    bare_guest(imports, &format!("(global $heap (mut i32) (i32.const {HEAP})) {BUMP} {body}"))
}

/// Returns the same guest without the allocator.
pub fn bare_guest(imports: &[&str], body: &str) -> Vec<u8> {
    let imports: String = imports
        .iter()
        .map(|name| format!("(import \"host\" \"{name}\" (func ${name} (param i32 i32) (result i64)))\n"))
        .collect();
    wat::parse_str(format!(
        r#"(module
            {imports}
            (import "host" "host_log" (func $log (param i32 i32 i32)))
            (import "host" "host_alloc" (func $host_alloc (param i32) (result i32)))
            (import "host" "host_set_result" (func $set_result (param i32 i32)))
            (import "host" "host_set_window" (func $set_window (param i32 i32) (result i32)))
            (import "host" "host_result_ptr" (func $result_ptr (result i32)))
            (memory (export "memory") 4)
            {body})"#
    ))
    .expect("the guest is valid WAT")
}

/// Returns an export with the signature of the ABI that returns `word` after `body`.
pub fn export(name: &str, body: &str, word: &str) -> String {
    format!(r#"(func (export "{name}") (param i32 i32) (result i64) {body} {word})"#)
}

/// Returns an export with the name of an import, which passes its arguments on and returns the reply.
pub fn relay(name: &str) -> String {
    let reply_len = "(i32.wrap_i64 (i64.shr_u (local.get $word) (i64.const 32)))";
    let call = format!("(local $word i64) (local.set $word (call ${name} (local.get 0) (local.get 1)))");
    let body = format!("{call} (call $set_result (call $result_ptr) {reply_len})");
    export(name, &body, "(local.get $word)")
}

/// Returns WAT that traps unless `call` returns this status without a reply.
pub fn expect_word(call: &str, status: Status) -> String {
    let word = Word::new(status, 0).to_i64();
    format!("(if (i64.ne {call} (i64.const {word})) (then unreachable))")
}

/// Returns the problems of an error, one line each.
pub fn problems(error: &Error) -> Vec<String> {
    error.problems().iter().map(ToString::to_string).collect()
}

/// Returns the sources of an error, one line each.
pub fn causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.map(|cause| format!("{cause}\n")).collect()
}

/// The events in the instances of a host, one line each.
#[derive(Clone, Debug, Default)]
pub struct Record(Arc<Mutex<Vec<String>>>);

impl Record {
    /// Takes the lines so far.
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }

    /// Adds a line.
    pub fn add(&self, line: impl Into<String>) {
        self.0.lock().unwrap().push(line.into());
    }
}

impl Observer for Record {
    fn observe(&self, event: &Event<'_>) {
        let plugin = event.plugin;
        self.add(match event.what {
            EventKind::Ended(PhaseEnd {
                phase: Phase::Call,
                export: Some(export),
                error: Some(error),
                ..
            }) if error.code() == Code::Cancelled => {
                format!("{plugin} {export}: {error}")
            }
            EventKind::Ended(_) => return,
            EventKind::Log { level, text, .. } => format!("{plugin} says {level}: {text}"),
            EventKind::BadLog { message } => format!("{plugin} host.host_log: {message}"),
            EventKind::HostCall(call) => {
                let (name, message) = (call.spec.name(), call.message());
                match event.denied() {
                    Some((_, capability)) => format!("{plugin} denied {name} {capability}: {message}"),
                    None if call.panicked() => format!("{plugin} {name} panicked: {message}"),
                    None => format!("{plugin} {}.{name} {}: {message}", call.spec.module(), call.status),
                }
            }
            other => format!("{plugin} {other:?}"),
        });
    }

    // refusals and failures, and no times of phases
    fn wants(&self, _: Phase) -> bool {
        false
    }
}
