//! The grants of a running instance.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use super::subject::Subject;
use crate::policy::{Access, Gate, Grants, Scope};
use crate::registry::HostFnSpec;
use crate::spec::Capability;

/// The grants of a running instance. What is revoked stays revoked, from the very next call on.
#[derive(Clone)]
pub struct LiveGrants(Arc<[Arc<Gate>]>);

impl LiveGrants {
    /// Takes a capability back. Returns whether it was granted until now.
    pub fn revoke(&self, capability: &Capability) -> bool {
        let gate = self.gate(capability).filter(|gate| gate.is_open());
        gate.map(Gate::close).is_some()
    }

    /// Whether a capability is granted, to the functions that the plugin imports.
    pub fn is_granted(&self, capability: &Capability) -> bool {
        self.gate(capability).is_some_and(Gate::is_open)
    }

    /// Gives back a capability that was revoked, in a test.
    pub(crate) fn restore(&self, capability: &Capability) {
        if let Some(gate) = self.gate(capability) {
            gate.reopen();
        }
    }

    /// The gates themselves.
    pub(super) fn gates(&self) -> Arc<[Arc<Gate>]> {
        Arc::clone(&self.0)
    }

    fn gate(&self, capability: &Capability) -> Option<&Gate> {
        self.0.iter().find(|gate| gate.capability().name() == capability.name()).map(Arc::as_ref)
    }
}

impl fmt::Debug for LiveGrants {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.0.iter().filter(|gate| gate.is_open()).map(|gate| gate.capability().name()))
            .finish()
    }
}

/// A host function that the plugin imports, and what the instance may do with it.
pub(super) struct Function {
    pub(super) spec: &'static HostFnSpec,
    pub(super) access: Access,
}

/// Opens a gate for each capability that is granted, and decides what the instance may do with each of its imports.
pub(super) fn open_gates(
    subject: &Subject,
    grants: &Grants,
    max_calls: u32,
) -> (LiveGrants, Box<[Function]>) {
    let mut gates: BTreeMap<&'static str, Arc<Gate>> = BTreeMap::new();
    let functions = subject
        .imports()
        .map(|spec| {
            let capability = spec.capability().filter(|capability| grants.allows(capability));
            let gate = capability.map(|capability| {
                let made = || Arc::new(Gate::new(capability, scope(grants, capability)));
                Arc::clone(gates.entry(capability.name()).or_insert_with(made))
            });
            Function { spec, access: Access::new(spec, gate, max_calls) }
        })
        .collect();
    (LiveGrants(gates.into_values().collect()), functions)
}

fn scope(grants: &Grants, capability: &Capability) -> Option<Arc<Scope>> {
    grants.scope_of(capability).filter(|_| capability.is_scoped()).cloned()
}
