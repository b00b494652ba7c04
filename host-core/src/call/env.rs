use std::panic::{AssertUnwindSafe, catch_unwind};

use hostfn_abi::codec::{self, Scratch};

use super::async_reply::{AsyncCallFn, AsyncOutcome, AsyncReply, CallFuture};
use super::failure::CallFailure;
use super::refusals::is_not_async;
use super::reply_slot::{LONGEST_REPLY, ReplySlot};
use super::spill::{Spill, SpillBuffer};
use super::{Call, CallFn, InFlight, Mode};
use crate::call::Caller;
use crate::observe::Fault;
use crate::policy::Access;
use crate::spec::FnMetadata;
use crate::state::{MemoryBudget, States};

/// The parts of an instance that each of its calls borrows. An engine keeps one per instance.
#[derive(Debug)]
pub struct Env {
    states: States,
    lent: Lent,
    kept: Kept,
}

/// The parts that a call reads. In one place, so that a call carries one reference.
#[derive(Debug)]
pub(super) struct Lent {
    pub(super) budget: Budget,
    pub(super) caller: Caller,
    pub(super) memory: MemoryBudget,
    pub(super) scratch: Scratch,
}

/// The parts that a call writes.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) spill: SpillBuffer,
    pub(super) record: Record,
}

/// The record of a call for observers.
#[derive(Debug, Default)]
pub(super) struct Record {
    wanted: bool,
    scope_value: Option<String>,
}

impl Record {
    /// `value` was matched against the grant.
    #[inline]
    pub(super) fn matched(&mut self, value: &str) {
        if self.wanted {
            self.scope_value = Some(value.to_owned());
        }
    }
}

/// The size limits of one call, in bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Budget {
    pub(super) args: u32,
    reply: u32,
}

impl Budget {
    /// The most bytes of a reply of `spec`.
    #[inline]
    pub(super) fn reply(self, spec: &FnMetadata) -> usize {
        spec.max_reply().map_or(self.reply, |own| own.min(self.reply)) as usize
    }

    /// The most bytes of an error reply, which the limit of a function does not hold for.
    pub(super) fn error_reply(self) -> usize {
        self.reply as usize
    }
}

impl Env {
    /// Creates an environment whose calls come from `caller`, and carry at most `max_args` bytes of arguments and
    /// `max_reply` of reply. Memory that is held for calls is charged to `memory`: replies that do not fit the window, and
    /// decoded values.
    pub fn new(caller: Caller, states: States, max_args: u32, max_reply: u32, memory: MemoryBudget) -> Self {
        let budget = Budget { args: max_args, reply: max_reply.min(LONGEST_REPLY) };
        let kept = Kept { spill: SpillBuffer::new(&memory), record: Record::default() };
        let scratch = Scratch::within(memory.clone());
        Self { states, lent: Lent { budget, caller, memory, scratch }, kept }
    }

    /// The memory that calls count against.
    pub fn memory(&self) -> &MemoryBudget {
        &self.lent.memory
    }

    /// Decodes what the guest answered; what it takes up counts while it is decoded.
    ///
    /// # Errors
    /// Those of `decode`.
    pub fn decode<T>(
        &mut self,
        bytes: &[u8],
        decode: impl FnOnce(&[u8], &Scratch) -> Result<T, codec::Error>,
    ) -> Result<T, codec::Error> {
        let decoded = decode(bytes, &self.lent.scratch);
        self.lent.scratch.clear();
        decoded
    }

    /// Checks whether the value that the next call matches against its grant is kept. Forgets that of an earlier call.
    #[inline]
    pub fn record(&mut self, wanted: bool) {
        self.kept.record = Record { wanted, scope_value: None };
    }

    /// The value that a recorded call matched against its grant. Take it as soon as the call has returned: placing
    /// its reply may run the guest, whose own calls are recorded here, too. Nothing is kept of later calls until
    /// [`record`](Env::record) asks for it again.
    pub fn take_scope_value(&mut self) -> Option<String> {
        std::mem::take(&mut self.kept.record).scope_value
    }

    /// Returns how a call of `spec` that ended so makes its reply.
    pub(crate) fn later(&self, spec: &FnMetadata) -> AsyncReply {
        AsyncReply::new(self.lent.budget.reply(spec), self.lent.memory.clone())
    }

    /// The instance's states.
    pub fn states(&self) -> &States {
        &self.states
    }

    /// The instance's states, to change.
    pub fn states_mut(&mut self) -> &mut States {
        &mut self.states
    }

    /// Returns who calls.
    pub fn caller(&self) -> &Caller {
        &self.lent.caller
    }

    /// Another call from the host into the guest begins.
    #[inline]
    pub fn enter(&mut self) {
        self.lent.caller.set_depth(self.lent.caller.depth().saturating_add(1));
    }

    /// It ends.
    #[inline]
    pub fn leave(&mut self) {
        self.lent.caller.set_depth(self.lent.caller.depth().saturating_sub(1));
    }

    /// Takes the states, to close them; calls that come later find none.
    pub fn take_states(&mut self) -> States {
        std::mem::take(&mut self.states)
    }

    /// Puts the reply of a task into the window, or beside it when it does not fit.
    ///
    /// # Errors
    /// The fault, and where its message was placed.
    pub fn finish(&mut self, finished: AsyncOutcome, window: &mut [u8]) -> Result<ReplySlot, CallFailure> {
        finished.place(window, &mut self.kept.spill)
    }

    /// The reply that did not fit the window.
    pub fn spilled(&self) -> &[u8] {
        &self.kept.spill
    }

    /// A call that failed before it reached its function.
    #[cold]
    pub(crate) fn failure(&mut self, fault: Fault) -> CallFailure {
        fault.place(&mut [], &mut self.kept.spill)
    }

    /// Takes the reply that did not fit the window, to be given back when it is placed.
    #[inline]
    pub fn take_spilled(&mut self) -> Spill {
        self.kept.spill.take()
    }

    /// Gives the buffer back, so that the next reply need not allocate.
    #[inline]
    pub fn give_back(&mut self, spill: Spill) {
        self.kept.spill.give_back(spill);
    }
}

/// A call as an engine makes it from what it cut out of guest memory, for [`HostFnSpec::run`](crate::HostFnSpec::run).
#[derive(Debug)]
pub struct Incoming<'a> {
    /// The instance's access to the function.
    pub access: &'a mut Access,
    /// The arguments; shorter than `args_len` when the range was not all inside the guest's memory.
    pub args: &'a [u8],
    /// The size of the arguments that the guest passed, in bytes.
    pub args_len: u32,
    /// The reply window; empty if absent, or when it overlaps the arguments.
    pub window: &'a mut [u8],
    /// The borrowed parts of the instance.
    pub env: &'a mut Env,
}

impl Incoming<'_> {
    pub(crate) fn start(
        self,
        spec: &'static FnMetadata,
        later: Option<AsyncCallFn>,
    ) -> Result<CallFuture, CallFailure> {
        let mode = self.mode();
        self.dispatch(spec, mode, |call| match later {
            Some(later) => later(call),
            None => Err(is_not_async(spec)),
        })
    }

    #[expect(clippy::inline_always, reason = "see `dispatch`")]
    #[inline(always)]
    pub(crate) fn run(self, spec: &'static FnMetadata, function: CallFn) -> Result<ReplySlot, CallFailure> {
        let mode = self.mode();
        self.dispatch(spec, mode, function)
    }

    pub(crate) fn check(
        self,
        spec: &'static FnMetadata,
        function: CallFn,
        later: Option<AsyncCallFn>,
    ) -> CallFailure {
        let checked = self.dispatch(spec, Mode::Check, |call| {
            if spec.wire_params().next().is_none() {
                // a call function that takes nothing need not ask for its arguments
                return call.authorize()?.args::<()>();
            }
            match later {
                Some(later) => later(call).map(drop),
                None => function(call).map(drop),
            }
        });
        // one by hand may never have asked for its arguments
        checked.err().unwrap_or_else(|| {
            let memory = MemoryBudget::unlimited();
            Fault::checked().place(&mut [], &mut SpillBuffer::new(&memory))
        })
    }

    #[inline]
    fn mode(&self) -> Mode {
        if self.args.len() == self.args_len as usize { Mode::Run } else { Mode::OutOfRange }
    }

    // out of line, the call would be copied by wide loads of what narrow stores have just written, which a
    // processor cannot forward
    #[expect(clippy::inline_always, reason = "the call is taken apart where it is put together")]
    #[inline(always)]
    fn dispatch<T>(
        self,
        spec: &'static FnMetadata,
        mode: Mode,
        f: impl FnOnce(Call<'_>) -> Result<T, Fault>,
    ) -> Result<T, CallFailure> {
        let Incoming { access, args, args_len, window, env } = self;
        let Env { states, lent, kept } = env;
        let mut in_flight = InFlight {
            spec,
            access,
            args,
            args_len,
            mode,
            window: &mut *window,
            lent: &*lent,
            kept: &mut *kept,
            states: Some(states),
        };
        let call = Call(&mut in_flight);
        let ended = catch_unwind(AssertUnwindSafe(|| f(call)));
        lent.scratch.clear();
        match ended {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(fault)) => Err(fault.place(window, &mut kept.spill)),
            Err(panic) => Err(Fault::panicked(panic).place(window, &mut kept.spill)),
        }
    }
}
