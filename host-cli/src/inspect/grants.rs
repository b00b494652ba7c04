//! The smallest grants file that would let a plugin link.

use std::collections::BTreeMap;
use std::sync::Arc;

use hostfn_core::{Capability, Code, Grants, HostFnSpec, Scope};

use super::judge::Judge;
use super::known::Known;
use crate::text::cut;

/// One entry for each capability that an import requires, never wider than what is known to be needed: what the
/// grants give already, what the manifest asks for, or an empty list to fill in. A module says which functions it
/// calls and not with what values.
pub(super) fn smallest(judge: &Judge<'_>, host: &Known) -> String {
    let mut required: BTreeMap<&str, Vec<&HostFnSpec>> = BTreeMap::new();
    for spec in judge.specs.values() {
        if let Some(capability) = spec.capability() {
            required.entry(capability.name()).or_default().push(spec);
        }
    }
    let others = judge.problems.iter().any(|problem| problem.code() != Code::NotGranted);
    let others = if others { "# No grants help against its other problems.\n" } else { "" };
    if required.is_empty() {
        return format!("{others}# It imports nothing that requires a capability.\n");
    }
    let mut out = String::new();
    let mut to_fill = false;
    for (name, functions) in required {
        let Some(capability) = host.capability(name) else { continue };
        let functions: Vec<_> =
            functions.iter().map(|spec| cut(&format!("{}.{}", spec.module(), spec.name()))).collect();
        out += &format!("# for {}\n", functions.join(", "));
        match entry(judge, capability) {
            Entry::Decided(grants) => out += &grants.to_toml(),
            Entry::Asked(grants) => {
                out +=
                    "# as its manifest asks, which is the plugin's own word: narrow it to what you decide\n";
                out += &grants.to_toml();
            }
            Entry::NotAsked => {
                out += "# its manifest does not ask for it, so no grant would help\n";
                out += &format!("\"{name}\" = false\n");
            }
            Entry::ToFill => {
                to_fill = true;
                out += &format!("\"{name}\" = {{ allow = [] }}\n");
            }
        }
    }
    if !to_fill {
        return format!("{others}{out}");
    }
    let header = "\
# What a module calls its functions with is not written in it, so scopes cannot be known: an empty `allow`
# grants nothing, and the plugin does not link before it has a pattern. Fill in what you decide; a
# `hostfn::observe::Learner` that observes a trial run with wide grants tells what was used.
";
    format!("{others}{header}{out}")
}

enum Entry {
    /// What the operator decided, or what is not to be narrowed.
    Decided(Grants),
    /// What the manifest asks for.
    Asked(Grants),
    /// Nothing that is granted would reach the plugin.
    NotAsked,
    /// The scope is for a person to decide.
    ToFill,
}

fn entry(judge: &Judge<'_>, capability: &Capability) -> Entry {
    let name = capability.name();
    let asked = judge.manifest.as_ref().map(|manifest| manifest.asked().get(name));
    if let Some(None) = asked {
        return Entry::NotAsked;
    }
    if !capability.is_scoped() {
        return Entry::Decided(Grants::none().allow(capability));
    }
    let granted = judge.granted().map(|granted| judge.effective(granted));
    let granted = granted.as_ref().and_then(|granted| granted.scope_of(capability));
    let narrowed = |scope: &&Arc<Scope>| !scope.is_nothing() && !scope.is_everything();
    let alone = |scope: &Arc<Scope>| Grants::none().allow_scope(capability, (**scope).clone()).ok();
    // who decided to grant everything need not decide it again
    if let Some(grants) = granted.filter(|scope| !scope.is_nothing()).and_then(alone) {
        return Entry::Decided(grants);
    }
    asked.flatten().filter(narrowed).and_then(alone).map_or(Entry::ToFill, Entry::Asked)
}
