//! Every way in which a call is refused, out of line and in words.

use hostfn_abi::Status;
use hostfn_abi::codec::{self, Spilling};

use super::{InFlight, Mode};
use crate::observe::{Fault, Refusal, kept};
use crate::policy::Access;
use crate::spec::{FnMetadata, Requires};
use crate::state::{OutOfMemory, ScopeText};

#[cold]
pub(super) fn refused(spec: &FnMetadata, access: &Access) -> Fault {
    match spec.capability() {
        Some(capability) if !access.is_shut() => {
            Fault::refused(Refusal::NotGranted, format!("the capability `{capability}` is not granted"))
        }
        _ => Fault::shut("the instance takes no more calls after a panic"),
    }
}

#[cold]
pub(super) fn out_of_scope(spec: &FnMetadata, value: &ScopeText<'_>) -> Fault {
    match spec.requirement() {
        Requires::Scoped(capability, param) => Fault::refused(
            Refusal::OutOfScope(value.as_str().map(kept)),
            format!("the capability `{capability}` is not granted for this `{param}`"),
        ),
        _ => Fault::internal("arguments were matched against a capability that has no scope".to_owned()),
    }
}

#[cold]
pub(super) fn states_taken() -> Fault {
    Fault::internal("a call's states were taken twice, or before its arguments".to_owned())
}

#[cold]
pub(super) fn no_grant(spec: &FnMetadata) -> Fault {
    Fault::internal(format!("`{}` asks for its grant, and its capability has no scope", spec.name()))
}

#[cold]
pub(super) fn match_forgotten(spec: &FnMetadata) -> Fault {
    Fault::internal(format!(
        "`{}` is scoped on a parameter: its call function must take the arguments with `args_within`",
        spec.name()
    ))
}

#[cold]
pub(super) fn quota_exceeded(quota: u32) -> Fault {
    Fault::new(Status::QUOTA_EXCEEDED, format!("more than {quota} calls"))
}

#[cold]
pub(super) fn too_many_bytes(what: &str, max: u32) -> Fault {
    Fault::new(Status::QUOTA_EXCEEDED, format!("more than {max} bytes of {what}"))
}

#[cold]
pub(super) fn out_of_range() -> Fault {
    Fault::new(Status::BAD_INPUT, "the arguments' range is not inside the memory")
}

#[cold]
pub(super) fn not_decoded(call: &InFlight<'_>, error: &codec::Error) -> Fault {
    let InFlight { spec, mode: Mode::Run | Mode::Check, .. } = call else { return out_of_range() };
    let param = error.element().and_then(|i| spec.wire_params().nth(i));
    let message = match param {
        Some(param) => format!("argument `{}`: {error}", param.name()),
        None => format!("arguments: {error}"),
    };
    let status = match error.kind() {
        codec::ErrorKind::OutOfMemory => Status::QUOTA_EXCEEDED,
        _ => Status::BAD_INPUT,
    };
    Fault::new(status, message)
}

#[cold]
pub(super) fn not_encoded(reply: &Spilling<'_>, error: &codec::Error) -> Fault {
    if matches!(error.kind(), codec::ErrorKind::Full) {
        return if reply.is_starved() { Fault::from_error(&OutOfMemory) } else { too_large(reply.limit()) };
    }
    Fault::internal(format!("the reply cannot be encoded: {error}"))
}

#[cold]
fn too_large(max_reply: usize) -> Fault {
    Fault::new(Status::QUOTA_EXCEEDED, format!("more than {max_reply} bytes of reply"))
}

#[cold]
pub(super) fn is_not_async(spec: &FnMetadata) -> Fault {
    Fault::internal(format!("`{}` is not async, and was called as if it were", spec.name()))
}
