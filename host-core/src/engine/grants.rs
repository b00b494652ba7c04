//! The grants of a running instance.

use std::fmt;
use std::sync::Arc;

use super::subject::Subject;
use crate::policy::{Access, Gate, Grants, Scope};
use crate::registry::HostFnSpec;
use crate::spec::Capability;

/// The grants of a running instance. A change holds from the very next call on, in any thread.
///
/// Nothing can be granted beyond the ceiling: the grants that the instance was started with, or those of
/// [`SessionBuilder::ceiling`](super::SessionBuilder::ceiling), cut down to what its manifest asks for. Only
/// capabilities of functions that the plugin imports count.
///
/// ```
/// use hostfn_core::engine::Composition;
/// use hostfn_core::{Capability, Grants, HostFnSpec, Param, Registry, Scope, ScopeKind};
///
/// static READ: Capability = Capability::new("fs.read", "Read files.").scoped(ScopeKind::Path);
/// static SIZE: HostFnSpec = HostFnSpec::new("host", "size", |call| {
///     let mut call = call.authorize()?;
///     let (path,) = call.args_within::<(&str,), _>(|args| args.0)?;
///     call.reply(&path.len())
/// })
/// .requires_on(&READ, "path")
/// .with_params(&[Param::new::<&str>("path")]);
///
/// let composition = Composition::builder(Registry::builder().add(&SIZE).build()?).build()?;
/// let subject = composition.subject("notes", None, composition.imports())?;
/// let granted = Grants::none().allow_within(&READ, ["/data/**"])?;
/// let live = subject.session(&granted).open()?.grants();
///
/// live.narrow(&READ, &Scope::new(ScopeKind::Path, &["/data/notes/**"], &[]).unwrap());
/// assert!(!live.is_granted_on(&READ, "/data/a"));
/// live.set(&READ, &Scope::everything(ScopeKind::Path)); // no further than what was granted
/// assert!(live.is_granted_on(&READ, "/data/a") && !live.is_granted_on(&READ, "/etc/passwd"));
/// live.revoke(&READ);
/// assert!(!live.is_granted(&READ));
/// live.restore(&READ);
/// assert_eq!(live.to_grants(), granted);
/// # Ok::<(), hostfn_core::Error>(())
/// ```
#[derive(Clone)]
pub struct LiveGrants(Arc<[Arc<Gate>]>);

impl LiveGrants {
    /// Takes a capability back. Returns whether it was granted until now.
    pub fn revoke(&self, capability: &Capability) -> bool {
        let gate = self.gate(capability).filter(|gate| gate.is_open());
        gate.map(Gate::close).is_some()
    }

    /// Narrows a scoped capability to what its scope now and `scope` both allow. Returns whether any of it is granted
    /// after that.
    pub fn narrow(&self, capability: &Capability, scope: &Scope) -> bool {
        self.changed(capability, |gate| gate.narrow(scope))
    }

    /// Grants `scope` of a scoped capability instead of its scope now, cut down to the ceiling. Returns whether any of it
    /// is granted after that.
    pub fn set(&self, capability: &Capability, scope: &Scope) -> bool {
        self.changed(capability, |gate| gate.set(&Arc::new(scope.clone())))
    }

    /// Grants a capability as far as the ceiling allows. Returns whether any of it is granted after that.
    pub fn restore(&self, capability: &Capability) -> bool {
        self.changed(capability, Gate::open_all)
    }

    /// Grants what `grants` grant, cut down to the ceiling, and revokes everything else.
    pub fn set_all(&self, grants: &Grants) {
        for gate in &*self.0 {
            match grants.scope_of(gate.capability()) {
                Some(scope) if gate.capability().is_scoped() => gate.set(scope),
                Some(scope) if !scope.is_nothing() => gate.open_all(),
                _ => gate.close(),
            }
        }
    }

    /// Returns whether a capability is granted, to the functions that the plugin imports.
    pub fn is_granted(&self, capability: &Capability) -> bool {
        self.gate(capability).is_some_and(Gate::is_open)
    }

    /// Returns whether a scoped capability is granted for `value`: a path, a URL, a name.
    pub fn is_granted_on(&self, capability: &Capability, value: &str) -> bool {
        self.gate(capability).is_some_and(|gate| gate.is_open() && gate.covers(value))
    }

    /// Returns what is granted now.
    pub fn to_grants(&self) -> Grants {
        let open = self.0.iter().filter(|gate| gate.is_open());
        open.fold(Grants::none(), |grants, gate| grants.also(gate.capability(), gate.scope()))
    }

    /// Returns the most that can be granted.
    pub fn ceiling(&self) -> Grants {
        let ceiling =
            |grants: Grants, gate: &Arc<Gate>| grants.also(gate.capability(), gate.ceiling().cloned());
        self.0.iter().fold(Grants::none(), ceiling)
    }

    /// The gates themselves.
    pub(super) fn gates(&self) -> Arc<[Arc<Gate>]> {
        Arc::clone(&self.0)
    }

    fn changed(&self, capability: &Capability, change: impl FnOnce(&Gate)) -> bool {
        self.gate(capability).is_some_and(|gate| {
            change(gate);
            gate.is_open()
        })
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

/// Creates a gate for each capability that the ceiling grants, as far open as `grants` say if they are not the same, and
/// decides what the instance may do with each of its imports.
pub(super) fn open_gates(
    subject: &Subject,
    grants: Option<&Grants>,
    ceiling: &Grants,
    max_calls: u32,
) -> (LiveGrants, Box<[Function]>) {
    // sorted by name, so that grants are listed in order
    let mut gates: Vec<Arc<Gate>> = Vec::new();
    for capability in subject.imports().filter_map(|spec| spec.capability()) {
        if let Err(at) = gates.binary_search_by_key(&capability.name(), |gate| gate.capability().name())
            && ceiling.allows(capability)
        {
            let scope = ceiling.scope_of(capability).filter(|_| capability.is_scoped()).cloned();
            gates.insert(at, Arc::new(Gate::new(capability, scope)));
        }
    }
    let live = LiveGrants(gates.into());
    if let Some(grants) = grants {
        live.set_all(grants);
    }
    let gate_of = |capability: &Capability| {
        let at = live.0.binary_search_by_key(&capability.name(), |gate| gate.capability().name());
        at.ok().map(|at| Arc::clone(&live.0[at]))
    };
    let functions = subject
        .imports()
        .map(|spec| Function {
            spec,
            access: Access::new(spec, spec.capability().and_then(gate_of), max_calls),
        })
        .collect();
    (live, functions)
}
