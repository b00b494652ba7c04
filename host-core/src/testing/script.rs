//! A scripted replacement of a function.

use std::fmt;

use hostfn_abi::{ErrorReply, Status, Value, codec};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::call::{AsyncOutcome, AsyncReply};
use crate::registry::HostFnSpec;
use crate::spec::{HostError, fits};

/// Answers a call, given its arguments.
type Run = dyn FnMut(&[u8], AsyncReply) -> Result<AsyncOutcome, String> + Send;

pub(super) struct Script {
    run: Box<Run>,
    /// The constant reply, if known beforehand.
    always: Option<ScriptedReply>,
}

type ScriptedReply = (Status, Vec<u8>);

impl Script {
    pub(super) fn value(value: impl Serialize + Send + 'static) -> Self {
        Self::always(move |_, later| Ok(later.reply(&value)))
    }

    pub(super) fn error(error: impl HostError + Send + 'static) -> Self {
        let error = Err::<(), _>(error);
        Self::always(move |_, later| Ok(later.reply_result(&error)))
    }

    pub(super) fn answer<A, R>(mut answer: impl FnMut(A) -> R + Send + 'static) -> Self
    where
        A: DeserializeOwned,
        R: Serialize,
    {
        let run = move |args: &[u8], later: AsyncReply| Ok(later.reply(&answer(taken(args)?)));
        Self { run: Box::new(run), always: None }
    }

    pub(super) fn attempt<A, R, E>(mut answer: impl FnMut(A) -> Result<R, E> + Send + 'static) -> Self
    where
        A: DeserializeOwned,
        R: Serialize,
        E: HostError,
    {
        let run = move |args: &[u8], later: AsyncReply| Ok(later.reply_result(&answer(taken(args)?)));
        Self { run: Box::new(run), always: None }
    }

    fn always(
        mut run: impl FnMut(&[u8], AsyncReply) -> Result<AsyncOutcome, String> + Send + 'static,
    ) -> Self {
        let finished = run(&[], AsyncReply::unlimited());
        let reply = finished.as_ref().ok().and_then(AsyncOutcome::reply);
        let always = reply.map(|(status, bytes)| (status, bytes.to_owned()));
        Self { run: Box::new(run), always }
    }

    /// Returns whether the function can answer so, as far as it is known.
    pub(super) fn check(&self, spec: &HostFnSpec) -> Result<(), String> {
        self.always.as_ref().map_or(Ok(()), |(status, reply)| may_answer(spec, *status, reply))
    }

    pub(super) fn run(
        &mut self,
        spec: &HostFnSpec,
        args: &[u8],
        later: AsyncReply,
    ) -> Result<AsyncOutcome, String> {
        let finished = (self.run)(args, later)?;
        if self.always.is_none()
            && let Some((status, reply)) = finished.reply()
        {
            may_answer(spec, status, reply)?;
        }
        Ok(finished)
    }
}

fn taken<A: DeserializeOwned>(args: &[u8]) -> Result<A, String> {
    codec::decode_args(args).map_err(|error| {
        format!("it does not take what the function does, but `{}`: {error}", std::any::type_name::<A>())
    })
}

/// A script that answers what the function never would makes tests pass that should not.
fn may_answer(spec: &HostFnSpec, status: Status, reply: &[u8]) -> Result<(), String> {
    let shape = spec.reply();
    if !status.is_ok() {
        let own = status.is_application() || matches!(status, Status::FAILED | Status::NOT_FOUND);
        let code = codec::decode::<ErrorReply>(reply).map(|reply| reply.code).unwrap_or_default();
        return match shape.error().filter(|_| own) {
            Some(error) if !error.kinds.is_empty() => {
                let known = error.kinds.iter().any(|kind| kind.code == code && kind.status == status);
                let declared: Vec<_> =
                    error.kinds.iter().map(|kind| format!("`{}`, {}", kind.code, kind.status)).collect();
                let what = || {
                    format!(
                        "it fails with `{code}`, {status}, and the function with {}",
                        declared.join(" or ")
                    )
                };
                if known { Ok(()) } else { Err(what()) }
            }
            None if own => {
                Err(format!("it fails with `{code}`, {status}, and the function never fails by itself"))
            }
            _ => Ok(()),
        };
    }
    let value = if reply.is_empty() { Ok(Value::Nil) } else { codec::decode(reply) };
    let value = value.map_err(|error| error.to_string())?;
    let expected = shape.shape();
    fits(&value, &expected.shape, &expected.types)
        .map_err(|what| format!("the reply is not `{}`: {what}", expected.shape))
}

/// An error for [`MockHost::fails`](super::MockHost::fails), where the function's own error type is out of reach.
///
/// ```
/// use hostfn_core::testing::MockError;
/// use hostfn_core::{HostError, Status, Value};
///
/// let error = MockError::new(Status::NOT_FOUND, "no_such_file", "there is no such file")
///     .with_detail(Value::String("/a.txt".to_owned()));
/// assert_eq!(error.code(), "no_such_file");
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct MockError {
    status: Status,
    reply: ErrorReply,
}

impl MockError {
    /// An error with this status, code for programs and message for people.
    pub fn new(status: Status, code: &str, message: impl Into<String>) -> Self {
        Self { status, reply: ErrorReply { code: code.to_owned(), message: message.into(), detail: None } }
    }

    /// The same error, with something more that a guest can use.
    #[must_use]
    pub fn with_detail(mut self, detail: Value) -> Self {
        self.reply.detail = Some(detail);
        self
    }
}

impl fmt::Display for MockError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reply.message)
    }
}

impl HostError for MockError {
    fn status(&self) -> Status {
        self.status
    }

    fn code(&self) -> &str {
        &self.reply.code
    }

    fn detail(&self) -> Option<Value> {
        self.reply.detail.clone()
    }
}
