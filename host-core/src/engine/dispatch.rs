//! From a guest's call of a host function to its record. Data flows one way: authorize, decode, run, encode, place.

use hostfn_abi::Status;

use super::composition::Import;
use super::grants::Function;
use super::pending::{Completed, Pending};
use super::record::{Outcome, Record, RecordedCall};
use super::session::Session;
use super::stop::Stop;
use crate::call::{AsyncReply, CallFailure, Incoming, ReplySlot, Spill};
use crate::observe::{Fault, Phase, PhaseGuard};
use crate::registry::HostFnSpec;

/// A reply in a buffer of the session.
#[derive(Clone, Copy, Debug)]
pub struct HostReply<'s> {
    /// The status.
    pub status: Status,
    /// The reply as `MessagePack`: the function's value, or an [`ErrorReply`](crate::ErrorReply). Empty for a function that
    /// returns nothing.
    pub bytes: &'s [u8],
}

impl Session {
    /// Runs a call of a host function and records it: checks the grant and the quotas, decodes `args`, a `MessagePack`
    /// array with one element for each parameter, runs the function and encodes its reply. A call that is refused or
    /// fails is answered by its status.
    ///
    /// # Errors
    /// When the guest is stopped, because more calls failed than it may make: end the call into the guest with the error
    /// of [`stopped`](Session::stopped).
    pub fn call(&mut self, import: Import, args: &[u8]) -> Result<HostReply<'_>, Stop> {
        let args_len = u32::try_from(args.len()).unwrap_or(u32::MAX);
        let placed = match self.call_into(import, args, args_len, &mut []) {
            Outcome::Unrecorded(placed) => placed,
            Outcome::Recorded(call) => return self.report(*call),
        };
        Ok(self.reply(placed))
    }

    /// Records a call whose reply is read where the session keeps it.
    ///
    /// # Errors
    /// When the guest is stopped.
    pub fn report(&self, call: RecordedCall) -> Result<HostReply<'_>, Stop> {
        let placed = call.placed()?;
        call.report(placed.word());
        Ok(self.reply(placed))
    }

    fn reply(&self, placed: ReplySlot) -> HostReply<'_> {
        let bytes = if placed.is_spilled() { self.env.spilled() } else { &[] };
        HostReply { status: placed.status(), bytes }
    }

    /// Runs a call whose reply goes into `window`, or [beside](Session::take_spilled) it when it does not fit: for
    /// engines whose guests have a memory that the host can write to. `args_len` is how many bytes of arguments the guest
    /// named; `args` is shorter when they are not all inside its memory.
    ///
    /// The engine puts the reply where the guest finds it, and then [records](RecordedCall::report) the call.
    #[expect(
        clippy::inline_always,
        reason = "out of line, the call is written to memory and read back on every call"
    )]
    #[inline(always)]
    pub fn call_into(&mut self, import: Import, args: &[u8], args_len: u32, window: &mut [u8]) -> Outcome {
        if self.observers.want(Phase::HostCall) {
            return self.call_watched(import, args, args_len, window);
        }
        let Some((spec, incoming)) = self.incoming(import, args, args_len, window) else {
            return Outcome::Unrecorded(not_imported());
        };
        match spec.run(incoming) {
            Ok(placed) => Outcome::Unrecorded(placed),
            Err(failed) => self.fail_unwatched(spec, args_len, failed),
        }
    }

    #[cold]
    fn fail_unwatched(&mut self, spec: &'static HostFnSpec, args_len: u32, failed: CallFailure) -> Outcome {
        Outcome::Recorded(Box::new(self.fail(spec, args_len, failed, PhaseGuard::NOTHING)))
    }

    #[cold]
    fn call_watched(&mut self, import: Import, args: &[u8], args_len: u32, window: &mut [u8]) -> Outcome {
        let mut watch = self.watch_call(import);
        let Some((spec, incoming)) = self.incoming(import, args, args_len, window) else {
            return Outcome::Unrecorded(not_imported());
        };
        Outcome::Recorded(Box::new(match watch.within(|| spec.run(incoming)) {
            Ok(placed) => self.record(spec, args_len, placed, None, watch),
            Err(failed) => self.fail(spec, args_len, failed, watch),
        }))
    }

    /// Refuses a call before it reaches the function, and records it: for what an engine alone can find wrong, such as a
    /// guest that uses the session of another one. With `INTERNAL`, the guest does not receive the message.
    ///
    /// # Errors
    /// When the guest is stopped.
    ///
    /// ```
    /// use hostfn_core::engine::Composition;
    /// use hostfn_core::{Grants, HostFnSpec, Registry, Status};
    ///
    /// static NOW: HostFnSpec = HostFnSpec::new("host", "now", |call| call.authorize()?.reply(&())).always_available();
    ///
    /// let composition = Composition::builder(Registry::builder().add(&NOW).build()?).build()?;
    /// let subject = composition.subject("clock", None, composition.imports())?;
    /// let mut session = subject.session(&Grants::none()).open()?;
    /// let now = composition.import("host", "now").unwrap();
    /// let reply = session.refuse(now, 0, Status::INTERNAL, "the session belongs to another guest")?;
    /// assert_eq!(reply.status, Status::INTERNAL);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[cold]
    pub fn refuse(
        &mut self,
        import: Import,
        args_len: u32,
        status: Status,
        message: impl Into<String>,
    ) -> Result<HostReply<'_>, Stop> {
        let watch = self.watch_call(import);
        let failed = self.env.failure(Fault::new(status, message));
        let call = self.fail(import.spec, args_len, failed, watch);
        self.report(call)
    }

    /// Begins a call of an async function. Its future owns all it needs; the engine waits for it and then
    /// [finishes](Session::finish) the call.
    ///
    /// # Errors
    /// The call, when it was refused or failed before there was something to wait for: [`report`](Session::report) it.
    pub fn start(&mut self, import: Import, args: &[u8]) -> Result<Pending, RecordedCall> {
        self.start_in(import, args, u32::try_from(args.len()).unwrap_or(u32::MAX))
    }

    /// As [`start`](Session::start), for engines whose guests have a memory of their own: see
    /// [`call_into`](Session::call_into), and [`finish_into`](Session::finish_into).
    ///
    /// # Errors
    /// Those of [`start`](Session::start).
    pub fn start_in(&mut self, import: Import, args: &[u8], args_len: u32) -> Result<Pending, RecordedCall> {
        let mut watch = self.watch_call(import);
        let Some((spec, incoming)) = self.incoming(import, args, args_len, &mut []) else {
            return Err(unrecorded(not_imported()));
        };
        match watch.within(|| spec.start(incoming)) {
            Ok(task) => {
                let call = self.waiting(spec, args_len, &watch);
                let clock = std::sync::Arc::clone(self.subject.composition().clock());
                Ok(Pending {
                    task,
                    clock,
                    interrupt: self.interrupt.clone(),
                    rest: Rest { spec, call, watch },
                })
            }
            Err(failed) => Err(self.fail(spec, args_len, failed, watch)),
        }
    }

    /// Ends a call that was waited for. Its reply goes into `window`, or beside it when it does not fit.
    pub fn finish_into(&mut self, completed: Completed, window: &mut [u8]) -> RecordedCall {
        let Completed { ended, rest: Rest { spec, mut call, watch } } = completed;
        let (placed, fault) = match ended {
            Ok(finished) => match self.env.finish(finished, window) {
                Ok(placed) => (placed, None),
                Err(CallFailure { placed, fault }) => {
                    call.stop = self.suffer(spec, &fault).err();
                    (placed, Some(fault))
                }
            },
            Err(stop) => {
                // the guest is stopped where it waits, and gets no reply
                call.stop = Some(stop);
                let fault = Fault::new(Status::QUOTA_EXCEEDED, format!("the wait ended: {stop}"));
                (ReplySlot::nothing(fault.status()), Some(fault))
            }
        };
        call.placed = placed;
        if let Some(record) = &mut call.record {
            record.returned(fault, watch);
        }
        call
    }

    /// Ends a call that was waited for, and records it.
    ///
    /// # Errors
    /// When the guest is stopped: its time is up, it was cancelled, or more calls failed than it may make.
    pub fn finish(&mut self, completed: Completed) -> Result<HostReply<'_>, Stop> {
        let call = self.finish_into(completed, &mut []);
        self.report(call)
    }

    /// Takes the reply that did not fit the window, to be [given back](Session::give_back) when it is placed. Take it
    /// before the guest's allocator runs, which may call host functions of its own.
    #[inline]
    pub fn take_spilled(&mut self) -> Spill {
        self.env.take_spilled()
    }

    /// Gives the buffer back, so that the next reply need not allocate.
    #[inline]
    pub fn give_back(&mut self, spill: Spill) {
        self.env.give_back(spill);
    }

    /// Takes a call through every check, and not into its function: a script replies in its place, and
    /// [`finish`](Session::finish) ends the call.
    pub(crate) fn rehearse(&mut self, import: Import, args: &[u8]) -> Result<Rehearsed, RecordedCall> {
        let args_len = u32::try_from(args.len()).unwrap_or(u32::MAX);
        let watch = self.watch_call(import);
        let Some((spec, incoming)) = self.incoming(import, args, args_len, &mut []) else {
            return Err(unrecorded(not_imported()));
        };
        let failed = spec.check(incoming);
        if !failed.fault.is_checked() {
            return Err(self.fail(spec, args_len, failed, watch));
        }
        let later = self.env.later(spec);
        Ok(Rehearsed { later, rest: Rest { spec, call: self.waiting(spec, args_len, &watch), watch } })
    }

    /// An observer's phase begins.
    fn watch_call(&mut self, import: Import) -> PhaseGuard {
        let watch = self.watch(Phase::HostCall, |scene| scene.of_function(import.spec));
        self.env.record(watch.is_wanted());
        watch
    }

    #[expect(
        clippy::inline_always,
        reason = "out of line, the call is written to memory and read back on every call"
    )]
    #[inline(always)]
    fn incoming<'a>(
        &'a mut self,
        import: Import,
        args: &'a [u8],
        args_len: u32,
        window: &'a mut [u8],
    ) -> Option<(&'static HostFnSpec, Incoming<'a>)> {
        let Session { slots, functions, env, fresh, .. } = self;
        *fresh = false;
        let slot = *slots.get(import.at)?;
        let &mut Function { spec, ref mut access } = functions.get_mut(usize::from(slot))?;
        Some((spec, Incoming { access, args, args_len, window, env }))
    }

    /// A call was refused or failed, which is recorded also when no observer wants calls.
    #[cold]
    fn fail(
        &mut self,
        spec: &'static HostFnSpec,
        args_len: u32,
        failed: CallFailure,
        watch: PhaseGuard,
    ) -> RecordedCall {
        let CallFailure { placed, fault } = failed;
        let stop = self.suffer(spec, &fault).err();
        let mut call = self.record(spec, args_len, placed, Some(fault), watch);
        call.stop = stop;
        call
    }

    /// A panic poisons the instance, and every failure counts.
    #[cold]
    fn suffer(&mut self, spec: &HostFnSpec, fault: &Fault) -> Result<(), Stop> {
        if fault.is_panic() {
            self.poison(format!("{}: {}", spec.name(), fault.message()));
        }
        self.budgets.refuse()
    }

    fn record(
        &mut self,
        spec: &'static HostFnSpec,
        args_len: u32,
        placed: ReplySlot,
        fault: Option<Fault>,
        watch: PhaseGuard,
    ) -> RecordedCall {
        let scope_value = self.env.take_scope_value();
        let record = Record::new(self.env.caller(), spec, args_len, scope_value, fault, watch);
        RecordedCall { placed, stop: None, record }
    }

    fn waiting(&mut self, spec: &'static HostFnSpec, args_len: u32, watch: &PhaseGuard) -> RecordedCall {
        let scope_value = self.env.take_scope_value();
        let abandoned = || Fault::new(Status::QUOTA_EXCEEDED, "the wait ended: it was cancelled");
        let record = Record::waiting(self.env.caller(), spec, args_len, scope_value, watch, abandoned);
        RecordedCall { placed: ReplySlot::nothing(Status::QUOTA_EXCEEDED), stop: None, record }
    }
}

/// The part of a call that is kept while its reply is created elsewhere.
pub(super) struct Rest {
    pub(super) spec: &'static HostFnSpec,
    pub(super) call: RecordedCall,
    pub(super) watch: PhaseGuard,
}

/// A call that passed every check, and is to be answered by a script.
pub(crate) struct Rehearsed {
    /// The way its reply is made.
    pub(crate) later: AsyncReply,
    rest: Rest,
}

impl Rehearsed {
    /// The call, once it has a reply.
    pub(crate) fn completed(self, finished: crate::call::AsyncOutcome) -> Completed {
        Completed { ended: Ok(finished), rest: self.rest }
    }
}

#[cold]
fn not_imported() -> ReplySlot {
    ReplySlot::nothing(Status::INTERNAL)
}

fn unrecorded(placed: ReplySlot) -> RecordedCall {
    RecordedCall { placed, stop: None, record: None }
}
