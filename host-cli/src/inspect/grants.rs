//! The smallest grants file that would let a plugin link.

use std::collections::BTreeMap;
use std::sync::Arc;

use hostfn_core::{Capability, Code, FnMetadata, Grants, Problems, Scope};

use super::host::ListedHost;
use super::link::Link;
use crate::text::cut;

/// One entry for each capability that an import requires: what the grants give, what the manifest requests, or an empty
/// list to fill in. A module does not contain the arguments of its calls.
pub(super) fn smallest(link: &Link<'_>, host: &ListedHost, problems: Option<&Problems>) -> String {
    let mut required: BTreeMap<&str, Vec<&FnMetadata>> = BTreeMap::new();
    for spec in &link.imports {
        if let Some(capability) = spec.capability() {
            required.entry(capability.name()).or_default().push(spec);
        }
    }
    let mut problems = problems.into_iter().flat_map(Problems::iter);
    let others = problems.any(|problem| problem.code() != Code::NotGranted);
    let others = if others { "# Grants cannot solve its other problems.\n" } else { "" };
    if required.is_empty() {
        return format!("{others}# None of its imports requires a capability.\n");
    }
    let mut out = String::new();
    let mut to_fill = false;
    for (name, functions) in required {
        let Some(capability) = host.capability(name) else { continue };
        let functions: Vec<_> =
            functions.iter().map(|spec| cut(&format!("{}.{}", spec.module(), spec.name()))).collect();
        out += &format!("# for {}\n", functions.join(", "));
        match entry(link, capability) {
            Entry::Decided(grants) => out += &grants.to_toml(),
            Entry::Asked(grants) => {
                out += "# requested by its manifest: narrow it to what you decide\n";
                out += &grants.to_toml();
            }
            Entry::NotAsked => {
                out += "# not requested by its manifest, so a grant has no effect\n";
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
# A module does not contain the arguments of its calls, so scopes are unknown. An empty `allow` grants nothing:
# the plugin links once you add a pattern. A `hostfn::observe::Learner` that observes a trial run with wide grants
# records the scopes that were used.
";
    format!("{others}{header}{out}")
}

enum Entry {
    /// Decided by the operator, or without a scope.
    Decided(Grants),
    /// Requested by the manifest.
    Asked(Grants),
    /// Not requested by the manifest, so no grant has an effect.
    NotAsked,
    /// Without a known scope.
    ToFill,
}

fn entry(link: &Link<'_>, capability: &Capability) -> Entry {
    let name = capability.name();
    let asked = link.manifest.map(|manifest| manifest.asked().get(name));
    if let Some(None) = asked {
        return Entry::NotAsked;
    }
    if !capability.is_scoped() {
        return Entry::Decided(Grants::none().allow(capability));
    }
    let granted = link.grants.map(|granted| link.effective(granted));
    let granted = granted.as_ref().and_then(|granted| granted.scope_of(capability));
    let narrowed = |scope: &&Arc<Scope>| !scope.is_nothing() && !scope.is_everything();
    let alone = |scope: &Arc<Scope>| Grants::none().allow_scope(capability, (**scope).clone()).ok();
    // a grant of everything is left to narrow
    if let Some(grants) = granted.filter(|scope| !scope.is_nothing()).and_then(alone) {
        return Entry::Decided(grants);
    }
    asked.flatten().filter(narrowed).and_then(alone).map_or(Entry::ToFill, Entry::Asked)
}
