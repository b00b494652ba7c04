//! A call by an Extism guest and the same call on a session: the same status, code, message and record.

use hostfn::abi::codec;
use hostfn::engine::{LiveGrants, MissingCapability};
use hostfn::{ErrorReply, Grants, Limits};
use hostfn_extism::ExtismPlugin;
use serde_json::{Value, json};

use super::{GREET, Host, READ};

/// One call: the function, the block that an Extism guest passes, the same as arguments, and what is done before it.
struct Case {
    function: &'static str,
    block: Vec<u8>,
    args: Vec<u8>,
    grants: Grants,
    before: fn(&LiveGrants),
    calls: usize,
}

fn case(function: &'static str, text: &str) -> Case {
    let grants = Grants::none().allow(&GREET).allow_within(&READ, ["/data/**"]).unwrap();
    let args = codec::to_vec(&(text,)).unwrap();
    Case { function, block: text.as_bytes().to_vec(), args, grants, before: |_| (), calls: 1 }
}

fn cases() -> Vec<(&'static str, Case)> {
    let long = "x".repeat(2000);
    let damaged = |case: Case| Case { block: vec![0xff], args: vec![0x91, 0xa1, 0xff], ..case };
    vec![
        ("granted", case("greet", "Ada")),
        ("not granted", Case { grants: Grants::none(), ..case("greet", "Ada") }),
        ("revoked", Case { before: |grants| assert!(grants.revoke(&GREET)), ..case("greet", "Ada") }),
        ("within the scope", case("read", "/data/a")),
        ("out of the scope", case("read", "/etc/passwd")),
        ("out of the scope by dots", case("read", "/data/../etc/passwd")),
        ("narrowed", Case { before: narrow, ..case("read", "/data/a") }),
        ("always", case("find", "Emma")),
        ("nothing found", case("find", "Ulysses")),
        ("no reply", case("note", "a line")),
        ("over the quota", Case { calls: 7, ..case("note", "a line") }),
        ("own error", case("fail", "own")),
        ("panic", case("fail", "panic")),
        ("after a panic", Case { calls: 2, ..case("fail", "panic") }),
        ("too long", case("find", &long)),
        ("not text", damaged(case("find", ""))),
        ("not text, not granted", Case { grants: Grants::none(), ..damaged(case("greet", "")) }),
        ("another module", case("price", "Emma")),
    ]
}

fn narrow(grants: &LiveGrants) {
    let scope = hostfn::Scope::new(hostfn::scope::ScopeKind::Path, &["/data/b/**"], &[]).unwrap();
    assert!(grants.narrow(&READ, &scope));
}

fn host() -> Host {
    let mut limits = Limits::default();
    limits.args = 1500;
    Host::with(|builder| builder.missing(MissingCapability::Deny).limits(limits))
}

fn module(case: &Case) -> &'static str {
    if case.function == "price" { "shop" } else { "host" }
}

/// The records of calls, without sizes and times.
fn records(host: &Host) -> Vec<Value> {
    let records = host.records.take();
    let calls = records.iter().filter(|record| record.function.is_some());
    let record = |record: &hostfn::observe::Record| {
        json!({
            "module": record.module,
            "function": record.function,
            "capability": record.capability,
            "decision": record.decision.map(hostfn::observe::Decision::as_str),
            "scope_value": record.scope_value,
            "status": record.status,
        })
    };
    calls.map(record).collect()
}

/// The last reply as `{"ok": ..}` or `{"err": ..}`.
fn by_extism(case: &Case) -> (Value, Vec<Value>) {
    let host = host();
    // the input of a plugin has the same limit as arguments: what is over it is another block
    let is_long = case.block.len() > 1500;
    let block = if is_long {
        format!("(call $alloc (i64.const {}))", case.block.len())
    } else {
        "(call $input)".into()
    };
    let input: &[u8] = if is_long { b"" } else { &case.block };
    let text = format!(
        "(module
           (import \"extism:host/env\" \"input_offset\" (func $input (result i64)))
           (import \"extism:host/env\" \"alloc\" (func $alloc (param i64) (result i64)))
           (import \"extism:host/env\" \"length\" (func $length (param i64) (result i64)))
           (import \"extism:host/env\" \"output_set\" (func $output_set (param i64 i64)))
           (import \"{}:try\" \"{}\" (func $call (param i64) (result i64)))
           (func (export \"run\") (result i32) (local $b i64) (local $n i32)
             (local.set $n (i32.const {}))
             (loop $next
               (local.set $b (call $call {block}))
               (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
             (call $output_set (local.get $b) (call $length (local.get $b)))
             (i32.const 0)))",
        module(case),
        case.function,
        case.calls
    );
    let wasm = wat::parse_str(text).unwrap();
    let mut plugin = ExtismPlugin::loader(&host.composition).load(&wasm, &case.grants).unwrap();
    (case.before)(&plugin.grants());
    let output = plugin.call("run", input).unwrap();
    (serde_json::from_slice(&output).unwrap(), records(&host))
}

fn by_session(case: &Case) -> (Value, Vec<Value>) {
    let host = host();
    let import = host.composition.import(module(case), case.function).unwrap();
    let subject = host.composition.subject("extism", None, [import]).unwrap();
    let mut session = subject.session(&case.grants).open().unwrap();
    (case.before)(&session.grants());
    let mut last = Value::Null;
    for _ in 0..case.calls {
        let reply = session.call(import, &case.args).unwrap();
        last = if reply.status.is_ok() {
            json!({ "ok": (!reply.bytes.is_empty()).then(|| codec::decode::<Wire>(reply.bytes).unwrap().0) })
        } else {
            let name = reply.status.name().unwrap_or("FAILED").to_ascii_lowercase();
            let error = codec::decode::<ErrorReply>(reply.bytes).unwrap_or_else(|_| ErrorReply {
                code: name,
                message: String::new(),
                detail: None,
            });
            let status = reply.status.code();
            json!({ "err": { "code": error.code, "status": status, "message": error.message, "detail": null } })
        };
    }
    (last, records(&host))
}

/// A reply of the functions above as JSON.
struct Wire(Value);

impl<'de> serde::Deserialize<'de> for Wire {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use hostfn::abi::Value as Any;
        Ok(Wire(match Any::deserialize(deserializer)? {
            Any::Nil => Value::Null,
            Any::Unsigned(value) => json!(value),
            Any::String(value) => json!(value),
            Any::Bytes(value) => json!(value),
            other => panic!("{other:?}"),
        }))
    }
}

#[test]
fn guest_and_session_differ_in_no_reply_and_no_record() {
    let cases = cases();
    assert_eq!(cases.len(), 18);
    for (name, case) in &cases {
        let (extism, session) = (by_extism(case), by_session(case));
        assert_eq!(extism, session, "{name}");
        assert_eq!(extism.1.len(), case.calls, "{name}");
    }
}
