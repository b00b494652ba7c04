//! From the guest to the host: what [`imports!`](crate::imports) expands to.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::any::type_name;
use core::mem;

use hostfn_abi::codec::{self, Spilling, Written};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{CallError, Status, Word, blocks, raw, window};

/// Arguments up to this size are encoded on the stack.
const SMALL: usize = 256;

/// Calls the host function that `import` is. `args` is a tuple with an element for each parameter.
pub fn call<A, R>(function: &str, import: impl FnOnce(i32, i32) -> i64, args: &A) -> Result<R, CallError>
where
    A: Serialize,
    R: DeserializeOwned,
{
    encoded(function, args, |args| {
        let (ptr, len) = raw::range(args);
        window::ensure();
        let word = Word::from_i64(import(ptr, len));
        let reply = Reply::find(word.len()).ok_or_else(|| misplaced(function))?;
        answer(function, word.status(), reply.bytes())
    })
}

/// Replaces [`call`] where there is no memory that a host could reach: the host is what
/// [`native::Host`](crate::native::Host) names.
#[cfg(not(target_arch = "wasm32"))]
pub fn call_native<A, R>(module: &str, function: &str, args: &A) -> Result<R, CallError>
where
    A: Serialize,
    R: DeserializeOwned,
{
    encoded(function, args, |args| match crate::native::call(module, function, args) {
        Some((status, reply)) => answer(function, status, &reply),
        None => Err(no_host(function)),
    })
}

fn encoded<A: Serialize, R>(
    function: &str,
    args: &A,
    call: impl FnOnce(&[u8]) -> Result<R, CallError>,
) -> Result<R, CallError> {
    let (mut small, mut large) = ([0; SMALL], Vec::new());
    let mut sink = Spilling::new(&mut small, &mut large, usize::MAX);
    codec::encode(args, &mut sink).map_err(|error| not_encoded(function, &error))?;
    call(match sink.finish() {
        Written::Window(len) => &small[..len],
        Written::Spill(_) => &large,
    })
}

fn answer<R: DeserializeOwned>(function: &str, status: Status, reply: &[u8]) -> Result<R, CallError> {
    if !status.is_ok() {
        return Err(failed(status, reply));
    }
    codec::decode(reply).map_err(|error| bad_reply(function, type_name::<R>(), &error))
}

#[cfg(not(target_arch = "wasm32"))]
fn no_host(function: &str) -> CallError {
    internal(
        "no_host",
        format!(
            "`{function}` is a host function; it can be called in a WebAssembly guest, or within `native::with_host`"
        ),
    )
}

/// The place where the host put a reply.
enum Reply {
    Window { window: Vec<u8>, len: usize },
    Block(Vec<u8>),
}

impl Reply {
    fn find(len: u32) -> Option<Self> {
        let window = window::lend();
        match usize::try_from(len) {
            Ok(len) if len <= window.len() => Some(Reply::Window { window, len }),
            _ => {
                window::give_back(window);
                blocks::claim(raw::host_result_ptr(), len.cast_signed()).map(Reply::Block)
            }
        }
    }

    fn bytes(&self) -> &[u8] {
        match self {
            Reply::Window { window, len } => &window[..*len],
            Reply::Block(block) => block,
        }
    }
}

impl Drop for Reply {
    fn drop(&mut self) {
        if let Reply::Window { window, .. } = self {
            window::give_back(mem::take(window));
        }
    }
}

#[cold]
fn failed(status: Status, reply: &[u8]) -> CallError {
    CallError { status, reply: codec::decode(reply).ok() }
}

#[cold]
fn not_encoded(function: &str, error: &codec::Error) -> CallError {
    internal("bad_arguments", format!("the arguments of `{function}` cannot be encoded: {error}"))
}

#[cold]
fn misplaced(function: &str) -> CallError {
    internal(
        "bad_reply",
        format!("the reply of `{function}` is neither in the window nor in a block of `plugin_alloc`"),
    )
}

#[cold]
fn bad_reply(function: &str, expected: &str, error: &codec::Error) -> CallError {
    internal("bad_reply", format!("the reply of `{function}` is not a `{expected}`: {error}"))
}

fn internal(code: &str, message: String) -> CallError {
    CallError::new(Status::INTERNAL, code, message)
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::call;
    use crate::{CallError, Status, Word};

    #[test]
    fn no_reply_is_a_unit() {
        let word = Word::new(Status::OK, 0).to_i64();
        assert_eq!(call::<_, ()>("put", |_, _| word, &("key", 1)), Ok(()));
    }

    #[test]
    fn no_arguments_are_no_bytes() {
        let reply = call::<_, ()>("now", |_, len| Word::new(Status::new(len - 1), 0).to_i64(), &());
        assert_eq!(reply, Err(CallError { status: Status::NO_CAPABILITY, reply: None }));
    }

    #[test]
    fn arguments_of_any_size_are_passed() {
        let long = "x".repeat(1000);
        let reply = call::<_, ()>("put", |_, len| Word::new(Status::new(-len), 0).to_i64(), &(&long,));
        assert_eq!(reply.unwrap_err().status, Status::new(-1004));
    }

    #[test]
    fn a_reply_of_another_type_says_so() {
        let word = Word::new(Status::OK, 0).to_i64();
        let error = call::<_, u32>("count", |_, _| word, &()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "INTERNAL (-4): the reply of `count` is not a `u32`: truncated at byte 0"
        );
    }

    #[test]
    fn a_reply_that_is_nowhere_is_an_error() {
        let word = Word::new(Status::OK, 1 << 20).to_i64();
        let error = call::<_, ()>("big", |_, _| word, &()).unwrap_err();
        assert_eq!((error.status, error.code()), (Status::INTERNAL, "bad_reply"));
    }
}
