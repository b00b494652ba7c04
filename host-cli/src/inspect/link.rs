//! The imports and exports of a plugin, with the host's and the grants' part in them.

use hostfn_abi::names;
use hostfn_core::link::{Import, ModuleInfo, Surface, builtin};
use hostfn_core::{
    Capability, CapabilityReport, FnMetadata, FunctionRow, GrantStatus as CapabilityStanding, Grants,
    Manifest, Report, Scope,
};

use super::host::ListedHost;
use super::report::{CapabilityRow, ContractRow, ImportRow, Standing};

/// A plugin between a host and its grants.
pub(super) struct Link<'j> {
    pub(super) plugin: &'j str,
    pub(super) module: &'j ModuleInfo<'j>,
    pub(super) host: Option<&'j ListedHost>,
    pub(super) grants: Option<&'j Grants>,
    pub(super) manifest: Option<&'j Manifest>,
    /// The host functions that it imports, sorted by module and name, each once.
    pub(super) imports: Vec<&'static FnMetadata>,
}

impl<'j> Link<'j> {
    pub(super) fn row(&self, module: &str, name: &str) -> Option<&'j FunctionRow> {
        self.host?.function(module, name)
    }

    /// The part of the grants that an instance would get.
    pub(super) fn effective(&self, granted: &Grants) -> Grants {
        self.manifest.map_or_else(|| granted.clone(), |manifest| manifest.effective(granted))
    }

    pub(super) fn capabilities(&self) -> Vec<CapabilityRow> {
        let Some(host) = self.host else { return Vec::new() };
        let none = Grants::none();
        let granted = self.grants.unwrap_or(&none);
        let report = Report::new(self.plugin, self.manifest, self.imports.iter().copied(), granted);
        let text = |scope: Option<&Scope>| scope.map(ToString::to_string);
        let row = |row: &CapabilityReport| {
            let requires =
                |spec: &&&'static FnMetadata| spec.capability().is_some_and(|of| of.name() == row.name());
            let functions = self.imports.iter().filter(requires);
            let functions: Vec<_> =
                functions.map(|spec| format!("{}.{}", spec.module(), spec.name())).collect();
            let listed = host.capability(row.name());
            let standing = match row.status() {
                CapabilityStanding::Denied if self.grants.is_none() => "needed".to_owned(),
                standing => standing.to_string(),
            };
            CapabilityRow {
                name: row.name().to_owned(),
                standing,
                about: listed.map_or_else(String::new, |capability| capability.about().to_owned()),
                escapes: listed.is_some_and(Capability::escapes),
                asked: text(row.asked()),
                reason: row.reason().map(str::to_owned),
                granted: text(row.granted()),
                effective: text(row.effective()),
                functions,
            }
        };
        report.capabilities().iter().map(row).collect()
    }

    pub(super) fn contracts(&self) -> Vec<ContractRow> {
        let Some(host) = self.host else { return Vec::new() };
        let contracts = host.contracts();
        let rows = contracts.iter().filter_map(|contract| {
            let entries = contract.methods.iter().map(|method| &method.entry);
            let lacks = entries.filter(|entry| self.module.exports_entry(entry) != Some(true));
            let lacks: Vec<String> = lacks.cloned().collect();
            let any = lacks.len() < contract.methods.len();
            any.then(|| ContractRow { id: contract.id.clone(), lacks })
        });
        rows.collect()
    }

    pub(super) fn import(&self, import: &Import<'_>) -> ImportRow {
        let row = self.row(import.module, import.name);
        let standing = match (row, self.host) {
            _ if builtin(import.module, import.name).is_some() => Standing::BuiltIn,
            (_, None) => Standing::Unjudged,
            (None, _) => Standing::Unknown,
            (Some(row), Some(host)) => match (&row.capability, self.grants) {
                (None, _) => Standing::Always,
                (Some(_), None) => Standing::Needed,
                (Some(name), Some(grants)) => {
                    let allows = host.capability(name).is_some_and(|of| self.effective(grants).allows(of));
                    if allows { Standing::Granted } else { Standing::Denied }
                }
            },
        };
        ImportRow {
            module: import.module.to_owned(),
            name: import.name.to_owned(),
            imported_as: self.module.imported_as(&import.ty),
            standing,
            requires: row.filter(|row| row.capability.is_some()).map(FunctionRow::requirement),
            summary: row.map(|row| row.summary.clone()).filter(|summary| !summary.is_empty()),
        }
    }

    /// The meaning of an export in the ABI or in a contract.
    pub(super) fn meaning(&self, export: &str) -> Option<String> {
        let of_abi = match export {
            names::MEMORY => Some("the linear memory"),
            names::PLUGIN_ALLOC => Some("the allocator"),
            names::PLUGIN_ABI_VERSION => Some("the version of the ABI"),
            names::PLUGIN_INIT => Some("the initialiser, called once"),
            names::INITIALIZE => Some("constructors, called first"),
            _ => None,
        };
        if let Some(meaning) = of_abi {
            return Some(meaning.to_owned());
        }
        let contracts = self.host?.contracts();
        let methods = contracts.iter().flat_map(|of| of.methods.iter().map(move |method| (of, method)));
        let is: Vec<_> = methods
            .filter(|(_, method)| method.entry == export)
            .map(|(contract, method)| contract.full_name(method))
            .collect();
        (!is.is_empty()).then(|| is.join(", "))
    }
}
