//! One guest's side of every call.

use std::any::{Any, TypeId};
use std::fmt;
use std::sync::Arc;

use hostfn_abi::{LogLevel, limits::MAX_LOG_BYTES};

use super::grants::{Function, LiveGrants, open_gates};
use super::guest_call::Hold;
use super::life::{LifeStatus, Poison};
use super::stop::Stop;
use super::subject::Subject;
use crate::call::{Caller, Env};
use crate::error::Result;
use crate::observe::{Event, EventKind, Observers, Phase, PhaseContext, PhaseGuard};
use crate::policy::{Grants, Limits};
use crate::state::{CancelToken, Interrupt, MemoryBudget, MemoryReservation, StateCx, in_nanos};

/// One guest's side of every call: its grants, states, budgets and records. The only way an engine runs host functions.
///
/// A session belongs to one guest and takes one call at a time. It closes its states when it is
/// [closed](Session::close) or dropped.
pub struct Session {
    pub(super) subject: Subject,
    pub(super) observers: Observers,
    pub(super) env: Env,
    /// See [`Subject`].
    pub(super) slots: Arc<[u16]>,
    /// One for each host function that the plugin imports.
    pub(super) functions: Box<[Function]>,
    pub(super) limits: Limits,
    pub(super) grants: LiveGrants,
    pub(super) interrupt: Interrupt,
    pub(super) life: CancelToken,
    pub(super) budgets: Budgets,
    /// The time of a call in nanoseconds, where a clock makes the guest look at its deadline.
    unread_time: Option<u64>,
    /// No host function was called since the quotas were made whole.
    pub(super) fresh: bool,
    /// See [`GuestCall`](super::GuestCall).
    pub(super) hold: Option<Box<Hold>>,
    /// The depth to which host functions have called back into the guest: section 9 of the ABI.
    nested: u32,
    last_line: Option<LastLine>,
    pub(super) poison: Option<Poison>,
    pub(super) standing: Arc<LifeStatus>,
    pub(super) cut_offs: u32,
    pub(super) closed: bool,
}

/// The rest of a call's budgets for log lines and failing calls.
pub(super) struct Budgets {
    lines: u32,
    bytes: u32,
    refusals: u32,
}

/// The last line of the log, in memory that the instance pays for.
struct LastLine {
    text: String,
    _held: MemoryReservation,
}

impl LastLine {
    const LONGEST: usize = 1024;

    fn set(&mut self, line: &[u8]) {
        self.text.clear();
        for chunk in line[..line.len().min(Self::LONGEST)].utf8_chunks() {
            let parts = [chunk.valid(), if chunk.invalid().is_empty() { "" } else { "?" }];
            for part in parts {
                let room = Self::LONGEST - self.text.len();
                self.text.push_str(&part[..part.floor_char_boundary(room)]);
            }
        }
    }
}

impl Budgets {
    fn whole(limits: &Limits) -> Self {
        Self { lines: limits.log_lines, bytes: limits.log_bytes, refusals: limits.refusals }
    }

    /// The guest writes a line of so many bytes.
    fn log(&mut self, bytes: u32) -> Result<(), Stop> {
        self.lines = self.lines.checked_sub(1).ok_or(Stop::LogLines)?;
        self.bytes = self.bytes.checked_sub(bytes).ok_or(Stop::LogBytes)?;
        Ok(())
    }

    /// A host function call was refused or failed.
    #[cold]
    pub(super) fn refuse(&mut self) -> Result<(), Stop> {
        self.refusals = self.refusals.checked_sub(1).ok_or(Stop::Refusals)?;
        Ok(())
    }
}

impl Session {
    /// Opens the gates and creates the states.
    pub(super) fn begin(
        subject: &Subject,
        (granted, ceiling): (&Grants, &Grants),
        startup: &CancelToken,
        number: u64,
        life: CancelToken,
        interrupt: Interrupt,
        standing: Arc<LifeStatus>,
    ) -> Result<Self> {
        let composition = subject.composition();
        let limits = subject.limits();
        let most = &*subject.effective_part(ceiling);
        // the gates are as wide as the ceiling when they are created
        let less = (!std::ptr::eq(granted, ceiling)).then(|| subject.effective_part(granted));
        let (grants, mut functions) = open_gates(subject, less.as_deref(), most, limits.calls);
        let observers = composition.observers().clone();
        let caller =
            Caller::new(subject.shared_name(), number).watched_by(observers.clone()).holding(grants.gates());
        let memory = MemoryBudget::new(limits.memory);
        let states = composition.make_states(&StateCx {
            plugin: subject.name(),
            manifest: subject.manifest(),
            grants: most,
            granted: ceiling,
            life: &life,
            startup,
            interrupt: &interrupt,
            memory: &memory,
        })?;
        for Function { spec, access } in &mut functions {
            access.resolve(states.slots_of(spec.metadata().params()));
        }
        let mut session = Self {
            subject: subject.clone(),
            observers,
            env: Env::new(caller, states, limits.args, limits.reply, memory),
            slots: Arc::clone(subject.slots()),
            functions,
            limits,
            grants,
            interrupt,
            life,
            budgets: Budgets::whole(&limits),
            unread_time: composition.ticks().then(|| in_nanos(limits.time)),
            fresh: false,
            hold: None,
            nested: 0,
            last_line: None,
            poison: None,
            standing,
            cut_offs: 0,
            closed: false,
        };
        session.renew();
        Ok(session)
    }

    /// Makes the budgets of a call whole: another call from the host into the guest begins.
    #[inline]
    pub(crate) fn renew(&mut self) {
        match self.unread_time {
            Some(nanos) => self.interrupt.give_unread(nanos),
            None => self.interrupt.give(self.limits.time),
        }
        self.budgets = Budgets::whole(&self.limits);
        if !self.fresh {
            self.renew_quotas();
        }
    }

    fn renew_quotas(&mut self) {
        for function in &mut self.functions {
            function.access.begin();
        }
        self.fresh = true;
    }

    /// The plugin.
    pub fn subject(&self) -> &Subject {
        &self.subject
    }

    /// The instance's number, which no other instance of the process has.
    pub fn number(&self) -> u64 {
        self.env.caller().instance()
    }

    /// A handle on the instance's grants, by which they can be revoked while it runs, from any thread.
    pub fn grants(&self) -> LiveGrants {
        self.grants.clone()
    }

    /// The instance's limits.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// The instance's memory: what the guest and its host functions take up together. An engine charges its guest's
    /// own memory here.
    pub fn memory(&self) -> &MemoryBudget {
        self.env.memory()
    }

    /// The instance's end: cancelled from any thread, it stops a running call and refuses every later one.
    pub fn lifetime(&self) -> &CancelToken {
        &self.life
    }

    /// Tells host functions that block, and engines that poll, when to stop.
    pub fn interrupt(&self) -> &Interrupt {
        &self.interrupt
    }

    /// The instance's state of type `S`.
    pub fn state<S: Any>(&self) -> Option<&S> {
        self.env.states().get()
    }

    /// The instance's state of type `S`, to change.
    pub fn state_mut<S: Any>(&mut self) -> Option<&mut S> {
        self.env.states_mut().get_mut()
    }

    pub(crate) fn has_state(&self, type_id: TypeId) -> bool {
        self.env.states().has(type_id)
    }

    /// Checks whether the guest may go on. An engine asks while the guest runs, about every 10 ms.
    ///
    /// # Errors
    /// When the deadline of the call has passed, or the instance was cancelled.
    pub fn may_go_on(&self) -> Result<(), Stop> {
        if self.interrupt.is_cancelled() {
            return Err(Stop::Cancelled);
        }
        if self.interrupt.is_raised() { Err(Stop::Time) } else { Ok(()) }
    }

    /// Writes a line into the log for the guest. Of a line that is longer than 64 KiB, the rest is dropped; what is not
    /// UTF-8 is replaced.
    ///
    /// # Errors
    /// When the guest has written more than its limits allow.
    pub fn log(&mut self, level: LogLevel, line: &[u8]) -> Result<(), Stop> {
        let line = &line[..line.len().min(MAX_LOG_BYTES as usize)];
        self.budgets.log(u32::try_from(line.len()).unwrap_or(u32::MAX))?;
        self.keep(line);
        if !self.observers.is_empty() {
            self.tell(EventKind::Log { level, text: &String::from_utf8_lossy(line), fields: &[] });
        }
        Ok(())
    }

    /// Charges a line of `bytes` bytes that cannot be read, and tells observers why.
    ///
    /// # Errors
    /// Those of [`log`](Session::log).
    pub fn bad_log(&mut self, bytes: u32, message: &str) -> Result<(), Stop> {
        self.budgets.log(bytes.min(MAX_LOG_BYTES))?;
        self.keep(&[]);
        self.tell(EventKind::BadLog { message });
        Ok(())
    }

    /// Returns the last line that the guest wrote into the log in this call, cut at 1 KiB: for the error of a trap.
    pub fn last_log(&self) -> Option<&str> {
        let wrote = self.budgets.lines != self.limits.log_lines;
        let line = self.last_line.as_ref().filter(|line| wrote && !line.text.is_empty());
        line.map(|line| line.text.as_str())
    }

    /// Keeps a line for the error of a trap, where the instance's memory has room for it.
    fn keep(&mut self, line: &[u8]) {
        if self.last_line.is_none() {
            let held = self.env.memory().take(LastLine::LONGEST).ok();
            self.last_line =
                held.map(|held| LastLine { text: String::with_capacity(LastLine::LONGEST), _held: held });
        }
        if let Some(last) = &mut self.last_line {
            last.set(line);
        }
    }

    fn tell(&self, what: EventKind<'_>) {
        if !self.observers.is_empty() {
            self.observers.tell(&Event::new(self.subject.name(), Some(self.number()), what));
        }
    }

    /// A phase of this instance begins.
    #[inline]
    pub(super) fn watch<'a>(
        &'a self,
        phase: Phase,
        of: impl FnOnce(PhaseContext<'a>) -> PhaseContext<'a>,
    ) -> PhaseGuard {
        if self.observers.is_empty() {
            return PhaseGuard::NOTHING;
        }
        self.observers.begin(&of(PhaseContext::new(self.subject.name(), Some(self.number()), phase)))
    }

    /// Enters the guest again from inside a host function, for a block of its memory. Returns `false` when host
    /// functions have called back too deeply: the guest must not be entered then.
    #[inline]
    pub fn enter_nested(&mut self) -> bool {
        let within = self.nested < self.limits.depth;
        self.nested += u32::from(within);
        within
    }

    /// Ends what [`enter_nested`](Session::enter_nested) began.
    #[inline]
    pub fn leave_nested(&mut self) {
        self.nested = self.nested.saturating_sub(1);
    }

    /// The guest runs one call deeper, as host functions see it.
    #[inline]
    pub(crate) fn deepen(&mut self) {
        self.env.enter();
    }

    /// Ends what [`deepen`](Session::deepen) began.
    #[inline]
    pub(crate) fn surface(&mut self) {
        self.env.leave();
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("plugin", &self.subject.name())
            .field("instance", &self.number())
            .field("grants", &self.grants)
            .finish_non_exhaustive()
    }
}
