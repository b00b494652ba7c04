//! From the host to the guest: what [`export!`](crate::export) and [`init!`](crate::init) expand to.

use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;
use core::any::Any;
use core::fmt::Display;
use core::ops::Deref;

use hostfn_abi::codec::{self, Scratch};
use serde::{Deserialize, Serialize};

use crate::raw::{self, Slot};
use crate::{CallError, Status, Word, blocks, log};

/// The last result. The host reads it after the export has returned, so it lives until the next one is
/// called.
static RESULT: Slot<Vec<u8>> = Slot::new(Vec::new());

/// One call from the host: the block of its arguments.
pub struct Incoming {
    block: Option<Vec<u8>>,
    scratch: Scratch,
}

impl Incoming {
    /// Takes over the block that the host wrote the arguments to.
    pub fn claim(ptr: i32, len: i32) -> Self {
        crate::panic::report_panics();
        drop(RESULT.take());
        let block = if len == 0 { Some(Vec::new()) } else { blocks::claim(ptr, len) };
        Self { block, scratch: Scratch::new() }
    }

    /// The arguments, as a tuple with an element for each of `params`.
    pub fn args<'a, T: Deserialize<'a>>(&'a self, params: &[&str]) -> Result<T, CallError> {
        match &self.block {
            Some(block) => {
                codec::decode_args_with(block, &self.scratch).map_err(|error| bad_args(params, &error))
            }
            None => Err(bad_input("the arguments are not in a block of `plugin_alloc`")),
        }
    }
}

#[cold]
fn bad_args(params: &[&str], error: &codec::Error) -> CallError {
    match error.element().and_then(|i| params.get(i)) {
        Some(param) => bad_input(&format!("argument `{param}`: {error}")),
        None => bad_input(&format!("arguments: {error}")),
    }
}

fn bad_input(message: &str) -> CallError {
    CallError::new(Status::BAD_INPUT, "bad_input", message)
}

/// The return value of an export, on its way to the host. It is a type that decides whether it is a
/// `Result`, an alias of one included; no trait can, because `Result` is itself `Serialize`.
pub struct Returned<T>(Plain<T>);

/// A returned value that is not a `Result`: what [`Returned`] falls back to.
pub struct Plain<T>(T);

impl<T> Returned<T> {
    /// Returns what the function returned.
    pub fn new(value: T) -> Self {
        Self(Plain(value))
    }
}

impl<T> Deref for Returned<T> {
    type Target = Plain<T>;

    fn deref(&self) -> &Plain<T> {
        &self.0
    }
}

impl<T> Plain<T> {
    /// Answers with the value.
    pub fn answer(&self) -> i64
    where
        T: Serialize,
    {
        answer(&self.0)
    }
}

impl<T, E> Returned<Result<T, E>> {
    /// Answers with the value or the error.
    pub fn answer(&self) -> i64
    where
        T: Serialize,
        E: Display + 'static,
    {
        match &self.0.0 {
            Ok(value) => answer(value),
            Err(error) => refuse(&CallError::from_display(error)),
        }
    }
}

/// The return types of an `init!` function.
pub trait Started {
    /// Returns what `plugin_init` answers.
    fn status(self) -> i32;
}

impl Started for () {
    fn status(self) -> i32 {
        Status::OK.code()
    }
}

impl<E: Display + 'static> Started for Result<(), E> {
    fn status(self) -> i32 {
        match self {
            Ok(()) => Status::OK.code(),
            Err(error) => {
                // a status is all that the host gets
                log::error(&error.to_string());
                CallError::from_display(&error).status.code()
            }
        }
    }
}

/// Answers with an error.
#[cold]
pub fn refuse(error: &CallError) -> i64 {
    let reply = error.reply.as_ref().and_then(|reply| codec::to_vec(reply).ok());
    finish(error.status, reply.unwrap_or_default())
}

fn answer<T: Serialize>(value: &T) -> i64 {
    match codec::to_vec(value) {
        Ok(bytes) => finish(Status::OK, bytes),
        Err(error) => {
            let message = format!("the result cannot be encoded: {error}");
            refuse(&CallError::new(Status::INTERNAL, "bad_result", message))
        }
    }
}

fn finish(status: Status, bytes: Vec<u8>) -> i64 {
    let (ptr, len) = raw::range(&bytes);
    raw::host_set_result(ptr, len);
    RESULT.replace(bytes);
    Word::new(status, len.cast_unsigned()).to_i64()
}

impl CallError {
    /// The error of an export: itself if it is one already, `FAILED` otherwise.
    #[cold]
    fn from_display<E: Display + 'static>(error: &E) -> Self {
        match (error as &dyn Any).downcast_ref::<CallError>() {
            Some(error) if error.status.code() < 0 => error.clone(),
            Some(error) => Self { status: Status::FAILED, reply: error.reply.clone() },
            None => Self::new(Status::FAILED, "failed", error.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::String;

    use hostfn_abi::codec::Scratch;

    use super::{Incoming, Returned, Started};
    use crate::{CallError, Status, Word, blocks};

    type Answer = Result<String, CallError>;

    fn of(args: &[u8]) -> Incoming {
        Incoming { block: Some(args.into()), scratch: Scratch::new() }
    }

    fn status(word: i64) -> Status {
        Word::from_i64(word).status()
    }

    #[test]
    fn no_arguments_take_no_block() {
        assert_eq!(Incoming::claim(0, 0).args(&[]), Ok(()));
    }

    #[test]
    fn arguments_borrow_from_their_block() {
        let incoming = of(b"\x92\xa5world\x93\x01\x02\xcc\xff");
        let (name, bytes): (&str, &[u8]) = incoming.args(&["name", "bytes"]).unwrap();
        assert_eq!((name, bytes), ("world", &[1, 2, 255][..]));
    }

    #[test]
    fn a_bad_argument_is_named() {
        let incoming = of(b"\x91\x07");
        let error = incoming.args::<(&str,)>(&["name"]).unwrap_err();
        assert_eq!((error.status, error.code()), (Status::BAD_INPUT, "bad_input"));
        assert_eq!(error.message(), "argument `name`: expected a string, found an integer at byte 1");
    }

    #[test]
    fn a_block_that_was_not_given_out_is_refused() {
        let error = Incoming::claim(8, 8).args::<(&str,)>(&["name"]).unwrap_err();
        assert_eq!(error.status, Status::BAD_INPUT);
        assert_eq!(blocks::claim(8, 8), None);
    }

    #[test]
    fn a_result_behind_an_alias_is_one() {
        let ok: Answer = Ok("yes".into());
        assert_eq!(Returned::new(ok).answer(), Word::new(Status::OK, 4).to_i64());
        let denied: Answer = Err(CallError { status: Status::NO_CAPABILITY, reply: None });
        assert_eq!(Returned::new(denied).answer(), Word::new(Status::NO_CAPABILITY, 0).to_i64());
    }

    #[test]
    fn an_error_of_another_type_is_a_failure() {
        assert_eq!(status(Returned::new("x".parse::<u8>()).answer()), Status::FAILED);
        assert_eq!(Err::<(), _>("no disk").status(), Status::FAILED.code());
    }

    #[test]
    fn an_error_does_not_pass_for_success() {
        let odd: Result<(), _> = Err(CallError::new(Status::OK, "odd", "not so"));
        assert_eq!(status(Returned::new(odd).answer()), Status::FAILED);
    }
}
