//! One call from the host into the guest.

use hostfn_abi::codec::{self, Scratch};
use hostfn_abi::limits::MAX_ERROR_BYTES;
use hostfn_abi::{ErrorReply, Status};
use serde::de::DeserializeOwned;

use super::calls;
use super::session::Session;
use super::stop::Stop;
use super::subject::Subject;
use crate::error::{Code, Error, Limit, Problem, Result};
use crate::link::place_of_export;
use crate::observe::{Phase, PhaseContext, PhaseGuard};
use crate::state::{CancelToken, MemoryReservation};

/// One call from the host into the guest, from [`Session::enter`] to [`end`](GuestCall::end). One that is dropped
/// before was given up half-way: the instance ends with it.
#[must_use = "a call that is dropped before `end` ends the instance"]
pub struct GuestCall<'e> {
    /// `None` once it has ended.
    hold: Option<Box<Hold>>,
    export: &'e str,
    watch: PhaseGuard,
}

/// The hold of a call on its instance, so that giving it up ends the instance. The session keeps it from call to call:
/// counting references for each would cost more than a call of the engine.
pub(super) struct Hold {
    subject: Subject,
    life: CancelToken,
    number: u64,
}

impl Session {
    /// Begins a call of `export`: checks that the instance takes calls and that the host may run another, and makes the
    /// budgets of the call whole. The deadline counts from here.
    ///
    /// # Errors
    /// `H0413` when the instance has ended, `H0408` when a host function panicked in an earlier call, `H0418` when the
    /// guest was cut off in an earlier call, `H0411` when too many calls run already.
    #[inline]
    pub fn enter<'e>(&mut self, export: &'e str) -> Result<GuestCall<'e>> {
        // an error is large: no result is moved if absent
        if !self.is_usable() {
            return Err(self.unusable());
        }
        if !calls::begin(&self.subject) {
            return Err(calls::too_many(&self.subject, export));
        }
        let hold = self.hold.take().unwrap_or_else(|| Box::new(self.new_hold()));
        let watch = self.watch(Phase::Call, |scene| scene.of_export(export));
        self.renew();
        self.deepen();
        Ok(GuestCall { hold: Some(hold), export, watch })
    }

    #[cold]
    fn new_hold(&self) -> Hold {
        let (subject, life) = (self.subject.clone(), self.life.clone());
        Hold { subject, life, number: self.number() }
    }

    /// The error of a call that was stopped.
    pub fn stopped(&self, export: &str, stop: Stop) -> Error {
        self.stopped_by(export, stop, None)
    }

    pub(crate) fn stopped_by(
        &self,
        export: &str,
        stop: Stop,
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Error {
        let (plugin, export) = (self.subject.name().to_owned(), export.to_owned());
        match stop.limit() {
            Some(limit) => {
                let set_by = self.subject.set_by(limit.field());
                Error::Exhausted { plugin, export, limit, set_by, cut_off: true, source }
            }
            None if stop == Stop::Time => {
                Error::TimedOut { plugin, export, set_by: self.subject.set_by("time") }
            }
            None => Error::Cancelled { plugin, export },
        }
    }

    /// The error of a result that is not a valid one.
    pub fn bad_result(&self, export: &str, what: &str) -> Error {
        let remedy =
            "build the guest to answer as section 7 of the ABI says, with the type that the host expects";
        Problem::new(Code::BadResult, self.place(export), format!("invalid result: {what}"), remedy).into()
    }

    /// The error of arguments that cannot be passed.
    pub fn bad_args(&self, export: &str, what: &str) -> Error {
        Problem::new(
            Code::BadArguments,
            self.place(export),
            format!("the arguments could not be passed: {what}"),
            "pass a tuple of values that serde can encode, to a guest that exports `plugin_alloc`",
        )
        .into()
    }

    /// The error of an export that the guest does not have, or that is something else.
    pub fn no_such_export(&self, export: &str, what: &str) -> Error {
        let remedy = "export it as section 7 of the ABI says";
        Problem::new(Code::NoSuchExport, self.place(export), what, remedy).into()
    }

    /// The error of an instance whose memory is used up.
    pub fn out_of_memory(
        &self,
        export: &str,
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Error {
        let (plugin, export) = (self.subject.name().to_owned(), export.to_owned());
        let set_by = self.subject.set_by(Limit::Memory.field());
        Error::Exhausted { plugin, export, limit: Limit::Memory, set_by, cut_off: false, source }
    }

    pub(crate) fn place(&self, export: &str) -> String {
        place_of_export(self.subject.name(), export)
    }

    /// Takes the result of an export: the status that the guest returned, and its bytes.
    ///
    /// # Errors
    /// `H0404` ([`Error::Guest`]) when the status is an error, `H0407` when the result is longer than
    /// [`Limits::reply`](crate::Limits::reply), `H0411` when the instance's memory is used up.
    pub fn result(&mut self, export: &str, status: Status, bytes: &[u8]) -> Result<GuestResult> {
        self.check_result(export, status, bytes)?;
        let held = self.env.memory().take(bytes.len().saturating_sub(codec::SPARE));
        let held = held.map_err(|_| self.out_of_memory(export, None))?;
        Ok(GuestResult { bytes: bytes.to_owned(), _held: held })
    }

    /// Decodes what [`result`](Session::result) took. What the value takes up counts while it is decoded.
    ///
    /// # Errors
    /// `H0407` when it is not an `R`, `H0411` when the instance's memory is used up.
    pub fn decode<R: DeserializeOwned>(&mut self, export: &str, result: &GuestResult) -> Result<R> {
        self.decode_result(export, Status::OK, result.bytes(), |bytes, scratch| {
            codec::decode_with(bytes, scratch)
        })
    }

    /// Decodes the result of an export where it is.
    pub(crate) fn decode_result<R>(
        &mut self,
        export: &str,
        status: Status,
        bytes: &[u8],
        decode: Decode<R>,
    ) -> Result<R> {
        self.check_result(export, status, bytes)?;
        self.env.decode(bytes, decode).map_err(|error| {
            if matches!(error.kind(), codec::ErrorKind::OutOfMemory) {
                return self.out_of_memory(export, Some(error.into()));
            }
            let what = format!("it is not a `{}`: {error}", std::any::type_name::<R>());
            self.bad_result(export, &what)
        })
    }

    #[inline]
    fn check_result(&mut self, export: &str, status: Status, bytes: &[u8]) -> Result<()> {
        let max = self.limits.reply;
        if bytes.len() > max as usize {
            let what = format!("it is {} bytes, and a result has at most {max}", bytes.len());
            return Err(self.bad_result(export, &what));
        }
        if status.is_ok() { Ok(()) } else { Err(self.guest_error(export, status, bytes)) }
    }

    #[cold]
    fn guest_error(&mut self, export: &str, status: Status, bytes: &[u8]) -> Error {
        // one that is longer is dropped, and the status stands
        let short = Some(bytes).filter(|_| bytes.len() <= MAX_ERROR_BYTES as usize);
        let decode = |bytes: &[u8], scratch: &Scratch| codec::decode_with::<ErrorReply>(bytes, scratch);
        let reply = short.and_then(|bytes| self.env.decode(bytes, decode).ok()).map(Box::new);
        let (plugin, export) = (self.subject.name().to_owned(), export.to_owned());
        Error::Guest { plugin, export, status, reply }
    }
}

/// The way a result is read.
pub(crate) type Decode<R> = fn(&[u8], &Scratch) -> Result<R, codec::Error>;

/// The result of an export as `MessagePack`, held in the instance's memory budget.
#[derive(Debug)]
pub struct GuestResult {
    bytes: Vec<u8>,
    _held: MemoryReservation,
}

impl GuestResult {
    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl GuestCall<'_> {
    /// Runs the guest, or a part of the call, within the spans of the observers.
    #[inline]
    pub fn within<T>(&mut self, f: impl FnOnce() -> T) -> T {
        self.watch.within(f)
    }

    /// Waits for the guest within the spans of the observers, which are left while it waits.
    pub async fn around<F: Future>(&mut self, future: F) -> F::Output {
        self.watch.around(future).await
    }

    /// Ends the call. Observers receive it with its result and the bytes of its arguments and result.
    ///
    /// # Errors
    /// Those of `result`.
    #[inline]
    pub fn end<T>(mut self, session: &mut Session, bytes: (usize, usize), result: Result<T>) -> Result<T> {
        if let Some(hold) = self.hold.take() {
            calls::end(&hold.subject);
            if hold.number == session.number() {
                session.hold = Some(hold);
            }
        }
        session.surface();
        let error = result.as_ref().err();
        if self.watch.is_wanted() || error.is_some() {
            self.tell(session, bytes, error);
        }
        result
    }

    #[cold]
    fn tell(&self, session: &Session, bytes: (usize, usize), error: Option<&Error>) {
        let scene = PhaseContext::new(session.subject.name(), Some(session.number()), Phase::Call);
        session.observers.end(&scene.of_export(self.export), bytes, &self.watch, error);
    }
}

impl Drop for GuestCall<'_> {
    fn drop(&mut self) {
        if let Some(hold) = self.hold.take() {
            hold.give_up(self.export);
        }
    }
}

impl Hold {
    #[cold]
    fn give_up(&self, export: &str) {
        let Self { subject, life, number } = self;
        life.cancel();
        let plugin = subject.name();
        let scene = PhaseContext::new(plugin, Some(*number), Phase::Call).of_export(export);
        let error = Error::Cancelled { plugin: plugin.to_owned(), export: export.to_owned() };
        subject.composition().observers().end(&scene, (0, 0), &PhaseGuard::NOTHING, Some(&error));
        calls::end(subject);
    }
}

impl std::fmt::Debug for GuestCall<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GuestCall").field("export", &self.export).finish_non_exhaustive()
    }
}
