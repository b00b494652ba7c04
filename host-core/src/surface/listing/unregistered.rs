use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::registry::{HostFnSpec, Linked, Registry};

/// An annotated function that is linked into the program and not in its registry.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct UnregisteredRow {
    /// The module a guest would import it from.
    pub module: String,
    /// The name a guest would import it by.
    pub name: String,
    /// The package that declares it.
    #[serde(rename = "crate")]
    pub krate: String,
    /// The version of that package, where it is from outside the workspace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outside: Option<String>,
    /// The file, relative to the workspace, or to the package of a dependency.
    pub file: String,
    /// The line.
    pub line: u32,
}

impl UnregisteredRow {
    fn from_spec(spec: &HostFnSpec) -> Self {
        let place = spec.location();
        UnregisteredRow {
            module: spec.module().to_owned(),
            name: spec.name().to_owned(),
            krate: place.krate().to_owned(),
            outside: place.outside().map(str::to_owned),
            file: place.file().replace('\\', "/"),
            line: place.line(),
        }
    }

    /// `module.name`.
    pub fn full_name(&self) -> String {
        format!("{}.{}", self.module, self.name)
    }
}

/// A function counts as registered where its own place is: another of its name does not stand in for it.
pub(super) fn rows(registry: &Registry) -> Vec<UnregisteredRow> {
    let registered: BTreeSet<_> =
        registry.iter().map(|spec| (spec.module(), spec.name(), *spec.location())).collect();
    let linked = inventory::iter::<Linked>().map(|linked| linked.0);
    let missing = linked.filter(|spec| !registered.contains(&(spec.module(), spec.name(), *spec.location())));
    let rows: BTreeSet<UnregisteredRow> = missing.map(UnregisteredRow::from_spec).collect();
    rows.into_iter().collect()
}
