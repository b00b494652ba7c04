//! The call gate: what an instance may do with each function that its plugin imports.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

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

/// A gate that nobody can reach, and so nobody closes.
static ALWAYS: LazyLock<Arc<Gate>> = LazyLock::new(|| {
    static NOTHING: Capability = Capability::new("always", "Call functions that require nothing.");
    Arc::new(Gate::new(&NOTHING, None))
});

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

    /// Returns whether its scope covers `value`; nothing is, where it has none.
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

    /// Returns what `scope` and the ceiling both allow. An equal scope stays the one that the operator wrote, whose patterns
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

    /// Returns whether it is open.
    #[inline]
    pub fn is_open(&self) -> bool {
        self.state.load(Ordering::Acquire) != CLOSED
    }
}

/// The access of one instance to one function.
#[derive(Debug)]
pub struct Access {
    /// Of a function that requires nothing, or is not granted: one that nobody changes.
    gate: Arc<Gate>,
    /// The state of the gate when it was last found open: all that a granted call compares.
    seen: u64,
    right: Right,
    /// The gate's scope as of then.
    scope: Option<Arc<Scope>>,
    calls_left: u32,
    quota: u32,
    /// The place where the function's states are in the instance.
    states: StateSlots,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Right {
    /// As long as the gate is open.
    Gate,
    /// The function's capability is not granted.
    Denied,
    /// Nothing is called any more.
    Shut,
}

/// Of no gate that is open.
const NEVER: u64 = u64::MAX;

impl Access {
    /// Access to the function that `spec` describes: through `gate` if it requires a capability, and
    /// none if it does and there is no gate for that capability. At most `max_calls` calls, or the
    /// function's own quota if that is less, until the next [`begin`](Access::begin).
    pub fn new(spec: &FnMetadata, gate: Option<Arc<Gate>>, max_calls: u32) -> Self {
        let (right, gate) = match (spec.capability(), gate) {
            (None, _) => (Right::Gate, None),
            (Some(capability), Some(gate)) if gate.capability.name() == capability.name() => {
                (Right::Gate, Some(gate))
            }
            _ => (Right::Denied, None),
        };
        let gate = gate.unwrap_or_else(|| Arc::clone(&ALWAYS));
        let quota = spec.quota().map_or(max_calls, |own| own.min(max_calls));
        let states = StateSlots::default();
        let mut access = Self { gate, seen: NEVER, right, scope: None, calls_left: quota, quota, states };
        access.look_again();
        access
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
        self.seen = NEVER;
    }

    /// Forgets the calls that were counted: another call from the host into the guest begins.
    #[inline]
    pub fn begin(&mut self) {
        self.calls_left = self.quota;
    }

    /// Returns whether nothing has changed since it was last found open. If not, [look again](Access::look_again).
    #[inline]
    pub(crate) fn is_open_as_before(&self) -> bool {
        self.gate.state.load(Ordering::Acquire) == self.seen
    }

    /// Returns whether it is open now, with the scope that it has now. The scope is read after the state, so it is as new as the
    /// state, or newer.
    #[cold]
    pub(crate) fn look_again(&mut self) -> bool {
        if self.right != Right::Gate {
            return false;
        }
        let state = self.gate.state.load(Ordering::Acquire);
        self.scope = self.gate.scope();
        self.seen = if state == CLOSED { NEVER } else { state };
        state != CLOSED
    }

    pub(crate) fn is_shut(&self) -> bool {
        self.right == Right::Shut
    }

    #[inline]
    pub(crate) fn scope(&self) -> Option<&Scope> {
        self.scope.as_deref()
    }

    /// Counts a call; the quota, if that is used up.
    #[inline]
    pub(crate) fn count(&mut self) -> Result<(), u32> {
        self.calls_left = self.calls_left.checked_sub(1).ok_or(self.quota)?;
        Ok(())
    }
}
