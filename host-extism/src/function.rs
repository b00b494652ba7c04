//! One host function as Extism calls it.

use std::sync::Arc;

use extism::{CurrentPlugin, Function, UserData, Val, ValType};
use hostfn::abi::{Value, codec};
use hostfn::engine::{HostReply, Outcome, Stop};
use hostfn::{ErrorReply, Status};

use crate::bytes;
use crate::json;
use crate::link::{Errors, Linked};
use crate::session::{Ended, Inner, Shared, Values};

/// Creates the function. One closure serves all.
pub(crate) fn build(linked: &Linked, shared: &Arc<Shared>, values: Values) -> Function {
    let params = vec![ValType::I64; linked.layout.params.len()];
    let results = if linked.has_result { vec![ValType::I64] } else { Vec::new() };
    let (namespace, name) = (linked.namespace.clone(), linked.import.spec().name());
    let (linked, shared) = (linked.clone(), Arc::clone(shared));
    let call = move |plugin: &mut CurrentPlugin, inputs: &[Val], outputs: &mut [Val], _: UserData<()>| {
        call(&linked, &shared, values, plugin, inputs, outputs)
    };
    Function::new(name, params, results, UserData::new(()), call).with_namespace(namespace)
}

/// The arguments as they were passed.
enum Passed {
    /// They are in the buffer.
    Read,
    /// They have so many bytes, and were not read: they are too long, or not all of them exist.
    Unread(u32),
}

fn call(
    linked: &Linked,
    shared: &Shared,
    values: Values,
    plugin: &mut CurrentPlugin,
    inputs: &[Val],
    outputs: &mut [Val],
) -> Result<(), extism::Error> {
    let inner = &mut *shared.lock();
    let belongs = inner.belongs_to(plugin);
    let import = linked.import;
    let passed = if belongs { read(linked, values, plugin, inputs, inner)? } else { Passed::Unread(0) };
    let Inner { session, args, reply: block, ended, .. } = inner;
    let replied = match passed {
        _ if !belongs => session.refuse(import, 0, Status::INTERNAL, "the session belongs to another plugin"),
        Passed::Read => session.call(import, args),
        Passed::Unread(len) => match session.call_into(import, &[], len, &mut []) {
            Outcome::Recorded(call) => session.report(*call),
            // such arguments are refused, and a refusal is recorded
            Outcome::Unrecorded(_) => {
                session.refuse(import, len, Status::INTERNAL, "the arguments were not read")
            }
        },
    };
    let reply = match replied {
        Ok(reply) => reply,
        Err(stop) => return Err(stopped(stop, ended)),
    };
    let status = reply.status;
    let written = match linked.errors {
        Errors::Receive => {
            envelope(reply, values, block);
            Some(&block[..])
        }
        Errors::End if status.is_ok() => bytes::reply(reply.bytes, &linked.layout.reply, values, block),
        Errors::End => {
            let error = error_of(reply);
            // an outsider's call says nothing about the guest that the session belongs to
            if belongs {
                *ended = Some(Ended::Failed(status, reply.bytes.to_owned()));
            }
            return Err(extism::Error::msg(format!("{}: {}", error.code, error.message)));
        }
    };
    let Some(written) = written else {
        return Err(extism::Error::msg("the reply has another type than the function"));
    };
    if let Some(output) = outputs.first_mut() {
        let handle = plugin.memory_new(written)?;
        *output = plugin.memory_to_val(handle);
    }
    session.may_go_on().map_err(|stop| stopped(stop, ended))
}

fn stopped(stop: Stop, ended: &mut Option<Ended>) -> extism::Error {
    *ended = Some(Ended::Stopped(stop));
    extism::Error::msg(stop.to_string())
}

/// Reads the blocks of the arguments. Their lengths are in memory that the guest writes, so no block is read that is not
/// within the limit with those before it.
fn read(
    linked: &Linked,
    values: Values,
    plugin: &mut CurrentPlugin,
    inputs: &[Val],
    inner: &mut Inner,
) -> Result<Passed, extism::Error> {
    let most =
        linked.import.spec().metadata().max_args().unwrap_or(u32::MAX).min(inner.session.limits().args);
    inner.args.clear();
    bytes::array(inputs.len(), &mut inner.args);
    let mut total = 0u64;
    for (input, kind) in inputs.iter().zip(&linked.layout.params) {
        let Some(offset) = input.i64() else { return Ok(Passed::Unread(1)) };
        let Some(handle) = plugin.memory_handle(offset.cast_unsigned()) else { return Ok(Passed::Unread(1)) };
        total = total.saturating_add(handle.len() as u64);
        if total > u64::from(most) {
            return Ok(Passed::Unread(u32::try_from(total).unwrap_or(u32::MAX)));
        }
        let block = plugin.memory_bytes(handle)?;
        bytes::argument(block, kind, &linked.layout.types, values, most as usize, &mut inner.args);
    }
    Ok(Passed::Read)
}

/// The error as the guest receives it. One without a reply has the name of its status.
fn error_of(reply: HostReply<'_>) -> ErrorReply {
    codec::decode(reply.bytes).unwrap_or_else(|_| {
        let name = reply.status.name().unwrap_or("FAILED");
        ErrorReply { code: name.to_ascii_lowercase(), message: String::new(), detail: None }
    })
}

/// The reply as `{"ok": value}` or `{"err": error}`.
fn envelope(reply: HostReply<'_>, values: Values, out: &mut Vec<u8>) {
    out.clear();
    let (key, value) = if reply.status.is_ok() {
        // a function that returns nothing replies with no bytes
        ("ok", codec::decode(reply.bytes).unwrap_or(Value::Nil))
    } else {
        let ErrorReply { code, message, detail } = error_of(reply);
        let text = |name: &str| Value::String(name.to_owned());
        let fields = vec![
            (text("code"), Value::String(code)),
            (text("status"), Value::Signed(i64::from(reply.status.code()))),
            (text("message"), Value::String(message)),
            (text("detail"), detail.unwrap_or(Value::Nil)),
        ];
        ("err", Value::Map(fields))
    };
    let envelope = Value::Map(vec![(Value::String(key.to_owned()), value)]);
    match values {
        Values::Json => json::write(&envelope, out),
        Values::MessagePack => *out = codec::to_vec(&envelope).unwrap_or_default(),
    }
}
