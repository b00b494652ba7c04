//! The call gate: what an instance may do with each function that its plugin imports.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::policy::Scope;
use crate::spec::{Capability, FnMetadata, StateSlots};

/// A granted capability of one running instance: open until it is revoked.
#[derive(Debug)]
pub struct Gate {
    capability: &'static Capability,
    scope: Option<Arc<Scope>>,
    open: AtomicBool,
}

impl Gate {
    /// An open gate for `capability`, narrowed to `scope` where it has one.
    pub fn new(capability: &'static Capability, scope: Option<Arc<Scope>>) -> Self {
        Self { capability, scope, open: AtomicBool::new(true) }
    }

    /// The capability.
    pub fn capability(&self) -> &'static Capability {
        self.capability
    }

    /// Whether its scope covers `value`; nothing is, where it has none.
    pub(crate) fn covers(&self, value: &str) -> bool {
        self.scope.as_ref().is_some_and(|scope| scope.allows(value))
    }

    /// Closes it for good: the very next call finds it closed.
    pub fn close(&self) {
        self.open.store(false, Ordering::Release);
    }

    /// Opens it again, in a test.
    pub(crate) fn reopen(&self) {
        self.open.store(true, Ordering::Release);
    }

    /// Whether it is open still.
    #[inline]
    pub fn is_open(&self) -> bool {
        self.open.load(Ordering::Acquire)
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
    Gate(Arc<Gate>),
    /// The function's capability is not granted.
    Denied,
    /// Nothing is called any more.
    Shut,
}

impl Access {
    /// Access to the function that `spec` describes: through `gate` if it requires a capability, and
    /// none if it does and there is no gate for that capability. At most `max_calls` calls, or the
    /// function's own quota if that is less, until the next [`begin`](Access::begin).
    pub fn new(spec: &FnMetadata, gate: Option<Arc<Gate>>, max_calls: u32) -> Self {
        let right = match (spec.capability(), gate) {
            (None, _) => Right::Always,
            (Some(capability), Some(gate)) if gate.capability.name() == capability.name() => {
                Right::Gate(gate)
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
    pub(crate) fn is_open(&self) -> bool {
        match &self.right {
            Right::Gate(gate) => gate.is_open(),
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
            Right::Gate(gate) => gate.scope.as_deref(),
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
