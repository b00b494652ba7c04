//! The return value of a host function whose type the caller's code does not know.

use std::ops::Deref;

use crate::call::{AsyncOutcome, AsyncReply, Authorized, Reply};
use crate::spec::{HostError, IntoReply};

/// A returned value on its way to the guest: a `Result` is answered with
/// [`Authorized::reply_result`], anything else with [`Authorized::reply`].
///
/// Which of the two it is, is decided by the type, a `Result` behind an alias included; no trait can
/// decide it, because `Result` is itself `Serialize`. Where you know the type, call the method.
///
/// ```
/// use hostfn_core::{HostFnSpec, ReturnProbe};
///
/// type Answer = Result<u32, std::convert::Infallible>;
/// fn answer() -> Answer {
///     Ok(42)
/// }
///
/// static SPEC: HostFnSpec = HostFnSpec::new("host", "answer", |call| {
///     let mut call = call.authorize()?;
///     let () = call.args()?;
///     ReturnProbe::new(answer()).reply(call)
/// })
/// .always_available();
/// ```
#[derive(Debug)]
pub struct ReturnProbe<T>(PlainReturn<T>);

/// A returned value that is not a `Result`: what [`ReturnProbe`] falls back to.
#[derive(Debug)]
pub struct PlainReturn<T>(T);

impl<T> ReturnProbe<T> {
    /// Returns what the function returned.
    pub const fn new(value: T) -> Self {
        Self(PlainReturn(value))
    }
}

impl<T, E> ReturnProbe<Result<T, E>> {
    /// Answers with the value or the error.
    ///
    /// # Errors
    /// Those of [`Authorized::reply_result`].
    #[inline]
    pub fn reply(&self, call: Authorized<'_>) -> Reply
    where
        T: IntoReply,
        E: HostError,
    {
        call.reply_result(&self.0.0)
    }
}

impl<T, E> ReturnProbe<Result<T, E>> {
    /// Answers a call that waited, with the value or the error.
    pub fn finish(&self, later: AsyncReply) -> AsyncOutcome
    where
        T: IntoReply,
        E: HostError,
    {
        later.reply_result(&self.0.0)
    }
}

impl<T> Deref for ReturnProbe<T> {
    type Target = PlainReturn<T>;

    #[inline]
    fn deref(&self) -> &PlainReturn<T> {
        &self.0
    }
}

impl<T> PlainReturn<T> {
    /// Answers with the value.
    ///
    /// # Errors
    /// Those of [`Authorized::reply`].
    #[inline]
    pub fn reply(&self, call: Authorized<'_>) -> Reply
    where
        T: IntoReply,
    {
        call.reply(&self.0)
    }

    /// Answers a call that waited, with the value.
    pub fn finish(&self, later: AsyncReply) -> AsyncOutcome
    where
        T: IntoReply,
    {
        later.reply(&self.0)
    }
}
