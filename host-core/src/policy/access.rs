//! The call gate: what an instance may do with each function that its plugin imports.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use crate::policy::Scope;
use crate::spec::{Capability, FnMetadata, StateSlots};

/// A capability of one running instance: open while it is granted, with a scope that can change up to what was granted
/// at most.
#[derive(Debug)]
pub struct Gate {
    capability: &'static Capability,
    /// The most that can be granted.
    ceiling: Option<Arc<Scope>>,
    /// The scope now. The call path reads its own copy, and this one only after a change.
    scope: RwLock<Option<Arc<Scope>>>,
    /// 0 while the gate is closed; else a number that each change makes another.
    state: AtomicU64,
    changes: AtomicU64,
}

const CLOSED: u64 = 0;

impl Gate {
    /// Creates an open gate for `capability`, narrowed to `scope` where it has one.
    pub fn new(capability: &'static Capability, scope: Option<Arc<Scope>>) -> Self {
        let (changes, state) = (AtomicU64::new(1), AtomicU64::new(1));
        Self { capability, ceiling: scope.clone(), scope: RwLock::new(scope), state, changes }
    }

    /// Returns the capability.
    pub fn capability(&self) -> &'static Capability {
        self.capability
    }

    /// Returns the scope now; `None` for a capability without one.
    pub fn scope(&self) -> Option<Arc<Scope>> {
        self.scope.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Returns the most that can be granted; `None` for a capability without a scope.
    pub fn ceiling(&self) -> Option<&Arc<Scope>> {
        self.ceiling.as_ref()
    }

    /// Whether its scope covers `value`; nothing is, where it has none.
    pub(crate) fn covers(&self, value: &str) -> bool {
        let scope = self.scope.read().unwrap_or_else(PoisonError::into_inner);
        scope.as_ref().is_some_and(|scope| scope.allows(value))
    }

    /// Closes it: the very next call finds it closed.
    pub fn close(&self) {
        let _changing = self.scope.write();
        self.state.store(CLOSED, Ordering::Release);
    }

    /// Opens it as wide as it can be.
    pub(crate) fn open_all(&self) {
        self.change(|_| self.ceiling.clone());
    }

    /// Sets the scope to what `scope` and the ceiling both allow, and opens the gate unless that is nothing.
    pub(crate) fn set(&self, scope: &Arc<Scope>) {
        self.change(|_| self.below(scope));
    }

    /// Narrows the scope to what it and `scope` both allow. Does not open a closed gate.
    pub(crate) fn narrow(&self, scope: &Scope) {
        if self.is_open() {
            self.change(|now| now.map(|now| Arc::new(scope.within(now))));
        }
    }

    /// What `scope` and the ceiling both allow. An equal scope stays the one that the operator wrote, whose patterns
    /// files are opened by.
    fn below(&self, scope: &Arc<Scope>) -> Option<Arc<Scope>> {
        let ceiling = self.ceiling.as_ref()?;
        Some(if ceiling == scope { Arc::clone(ceiling) } else { Arc::new(scope.within(ceiling)) })
    }

    fn change(&self, to: impl FnOnce(Option<&Arc<Scope>>) -> Option<Arc<Scope>>) {
        let mut scope = self.scope.write().unwrap_or_else(PoisonError::into_inner);
        let new = to(scope.as_ref());
        let nothing = new.as_ref().is_some_and(|new| new.is_nothing());
        let number = self.changes.fetch_add(1, Ordering::Relaxed) + 1;
        *scope = new;
        self.state.store(if nothing { CLOSED } else { number }, Ordering::Release);
    }

    /// Whether it is open.
    #[inline]
    pub fn is_open(&self) -> bool {
        self.state.load(Ordering::Acquire) != CLOSED
    }
}

/// What one instance may do with one function.
#[derive(Debug)]
pub struct Access {
    right: Right,
    calls_left: u32,
    quota: u32,
    /// Where the function's states are in the instance.
    states: StateSlots,
}

#[derive(Debug)]
enum Right {
    /// The function requires nothing.
    Always,
    /// As long as the gate is open.
    Gate(Passage),
    /// The function's capability is not granted.
    Denied,
    /// Nothing is called any more.
    Shut,
}

/// A gate, and its scope as of the last look at it.
#[derive(Debug)]
struct Passage {
    gate: Arc<Gate>,
    /// The gate's state when `scope` was read.
    seen: u64,
    scope: Option<Arc<Scope>>,
}

impl Passage {
    fn new(gate: Arc<Gate>) -> Self {
        let seen = gate.state.load(Ordering::Acquire);
        let scope = gate.scope();
        Self { gate, seen, scope }
    }

    #[inline]
    fn is_open(&mut self) -> bool {
        let state = self.gate.state.load(Ordering::Acquire);
        if state == self.seen { state != CLOSED } else { self.changed(state) }
    }

    /// The scope is read after the state, so it is as new as the state, or newer.
    #[cold]
    fn changed(&mut self, state: u64) -> bool {
        self.seen = state;
        self.scope = self.gate.scope();
        state != CLOSED
    }
}

impl Access {
    /// Access to the function that `spec` describes: through `gate` if it requires a capability, and
    /// none if it does and there is no gate for that capability. At most `max_calls` calls, or the
    /// function's own quota if that is less, until the next [`begin`](Access::begin).
    pub fn new(spec: &FnMetadata, gate: Option<Arc<Gate>>, max_calls: u32) -> Self {
        let right = match (spec.capability(), gate) {
            (None, _) => Right::Always,
            (Some(capability), Some(gate)) if gate.capability.name() == capability.name() => {
                Right::Gate(Passage::new(gate))
            }
            _ => Right::Denied,
        };
        let quota = spec.quota().map_or(max_calls, |own| own.min(max_calls));
        Self { right, calls_left: quota, quota, states: StateSlots::default() }
    }

    /// Sets the places of the function's states.
    pub(crate) fn resolve(&mut self, states: StateSlots) {
        self.states = states;
    }

    #[inline]
    pub(crate) fn states(&self) -> StateSlots {
        self.states
    }

    /// Refuses every further call, also to functions that require nothing.
    pub fn shut(&mut self) {
        self.right = Right::Shut;
    }

    /// Forgets the calls that were counted: another call from the host into the guest begins.
    #[inline]
    pub fn begin(&mut self) {
        self.calls_left = self.quota;
    }

    #[inline]
    pub(crate) fn is_open(&mut self) -> bool {
        match &mut self.right {
            Right::Gate(passage) => passage.is_open(),
            Right::Always => true,
            Right::Denied | Right::Shut => false,
        }
    }

    pub(crate) fn is_shut(&self) -> bool {
        matches!(self.right, Right::Shut)
    }

    #[inline]
    pub(crate) fn scope(&self) -> Option<&Scope> {
        match &self.right {
            Right::Gate(passage) => passage.scope.as_deref(),
            _ => None,
        }
    }

    /// Counts a call; the quota, if that is used up.
    #[inline]
    pub(crate) fn count(&mut self) -> Result<(), u32> {
        self.calls_left = self.calls_left.checked_sub(1).ok_or(self.quota)?;
        Ok(())
    }
}
