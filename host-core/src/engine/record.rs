//! The record of one host function call.

use std::time::{Duration, Instant};

use hostfn_abi::{Status, Word};

use super::stop::Stop;
use crate::call::{Caller, ReplySlot};
use crate::observe::{Decision, Event, EventKind, Fault, HostCall, PhaseGuard};
use crate::spec::FnMetadata;

/// The way a host function call ended.
#[must_use = "the guest waits for the reply"]
#[derive(Debug)]
pub enum Outcome {
    /// The function replied, and no observer wants to know.
    Unrecorded(ReplySlot),
    /// The call is recorded: an observer wants to know, or the call was refused or failed. Boxed, because a recorded call has
    /// some 200 bytes, which every other call would move.
    Recorded(Box<RecordedCall>),
}

/// A host function call that has ended, and is recorded when its reply is placed.
///
/// Its values are those of the moment when the function returned: placing the reply may run the guest's allocator, which
/// may call host functions of its own. A call that is dropped before [`report`](RecordedCall::report) is recorded all the
/// same, without a reply.
#[must_use = "the guest waits for the reply"]
pub struct RecordedCall {
    pub(super) placed: ReplySlot,
    pub(super) stop: Option<Stop>,
    /// `None` without observers, or after the call was recorded.
    pub(super) record: Option<Record>,
}

/// The values of a record.
pub(super) struct Record {
    caller: Caller,
    spec: &'static FnMetadata,
    args: u32,
    scope_value: Option<String>,
    duration: Option<Duration>,
    fault: Option<Fault>,
    /// Since when the call waits for its function, while it does.
    since: Option<Instant>,
    /// The phase, whose spans are dropped after its end is reported.
    watch: PhaseGuard,
}

impl RecordedCall {
    /// The place of the reply, which the guest gets next.
    ///
    /// # Errors
    /// When the guest is stopped: it gets no reply. Drop the call, which records it, and end the call into the guest.
    pub fn placed(&self) -> Result<ReplySlot, Stop> {
        self.stop.map_or(Ok(self.placed), Err)
    }

    /// The status of the call.
    pub fn status(&self) -> Status {
        self.placed.status()
    }

    /// Records the call, which the guest got `word` for.
    pub fn report(mut self, word: Word) {
        if let Some(record) = self.record.take() {
            record.tell(word);
        }
    }
}

impl Drop for RecordedCall {
    fn drop(&mut self) {
        if let Some(mut record) = self.record.take() {
            record.duration = record.since.map(|since| since.elapsed()).or(record.duration);
            record.tell(Word::new(self.placed.status(), 0));
        }
    }
}

impl Record {
    /// The values of the call that has just returned; `None` without observers. Every observer learns of a refusal or
    /// failure, and those that want calls of the others.
    pub(super) fn new(
        caller: &Caller,
        spec: &'static FnMetadata,
        args: u32,
        scope_value: Option<String>,
        fault: Option<Fault>,
        watch: PhaseGuard,
    ) -> Option<Self> {
        if caller.observers().is_empty() || (fault.is_none() && !watch.is_wanted()) {
            return None;
        }
        let (caller, duration) = (caller.clone(), watch.duration());
        Some(Self { caller, spec, args, scope_value, duration, fault, since: None, watch })
    }

    /// The values of a call that waits for its function. `abandoned` is its fault if nobody waits for it any more.
    pub(super) fn waiting(
        caller: &Caller,
        spec: &'static FnMetadata,
        args: u32,
        scope_value: Option<String>,
        watch: &PhaseGuard,
        abandoned: impl FnOnce() -> Fault,
    ) -> Option<Self> {
        if caller.observers().is_empty() {
            return None;
        }
        let (caller, duration, fault) = (caller.clone(), watch.duration(), Some(abandoned()));
        let since = duration.and_then(|passed| Instant::now().checked_sub(passed));
        Some(Self { caller, spec, args, scope_value, duration, fault, since, watch: PhaseGuard::NOTHING })
    }

    /// The function has returned, after it was waited for.
    pub(super) fn returned(&mut self, fault: Option<Fault>, watch: PhaseGuard) {
        self.fault = fault;
        self.since = None;
        self.duration = watch.duration();
        self.watch = watch;
    }

    fn tell(&self, word: Word) {
        if self.fault.is_none() && !self.watch.is_wanted() {
            return;
        }
        let fault = self.fault.as_ref();
        let passed = if self.spec.capability().is_some() { Decision::Granted } else { Decision::Always };
        let decision = fault.and_then(Fault::decision).unwrap_or(passed);
        let mut call = HostCall::new(self.spec, decision, word.status());
        call.scope_value = fault.and_then(Fault::scope_value).or(self.scope_value.as_deref());
        (call.args, call.reply) = (self.args, word.len());
        (call.duration, call.fault) = (self.duration, fault);
        let Self { caller, .. } = self;
        caller.observers().tell(&Event::new(
            caller.plugin(),
            Some(caller.instance()),
            EventKind::HostCall(call),
        ));
    }
}

impl std::fmt::Debug for RecordedCall {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RecordedCall")
            .field("placed", &self.placed)
            .field("stop", &self.stop)
            .finish_non_exhaustive()
    }
}
