//! A module held to a host and its grants, as the host itself would.

use std::collections::BTreeMap;

use hostfn_abi::names;
use hostfn_core::link::{self, Import, ModuleInfo, builtin};
use hostfn_core::{
    Code, FunctionRecord, FunctionRow, GrantStatus as CapabilityStanding, Grants, HostFnSpec, Manifest,
    Problem, Report, Scope, check_exports,
};

use super::known::Known;
use super::report::{CapabilityRow, ContractRow, ImportRow, Manifest as ShownManifest, Standing};

pub(super) struct Judge<'j> {
    plugin: &'j str,
    module: &'j ModuleInfo<'j>,
    host: Option<&'j Known>,
    grants: Option<&'j Grants>,
    pub(super) manifest: Option<Manifest>,
    /// The host functions that it imports, each once.
    pub(super) specs: BTreeMap<(String, String), &'static HostFnSpec>,
    pub(super) problems: Vec<Problem>,
}

impl<'j> Judge<'j> {
    pub(super) fn of(
        plugin: &'j str,
        module: &'j ModuleInfo<'j>,
        host: Option<&'j Known>,
        grants: Option<&'j Grants>,
    ) -> Self {
        let (specs, problems) = (BTreeMap::new(), Vec::new());
        Judge { plugin, module, host, grants, manifest: None, specs, problems }
    }

    pub(super) fn row(&self, module: &str, name: &str) -> Option<&'j FunctionRow> {
        self.host?.function(module, name)
    }

    fn problem(&mut self, code: Code, part: &str, what: impl Into<String>, remedy: &str) {
        let place = format!("plugin `{}`{part}", self.plugin);
        self.problems.push(Problem::new(code, place, what, remedy));
    }

    /// Checks the exports that the manifest lists, and marks which of its entries are there.
    pub(super) fn manifest(&mut self, manifest: Option<Manifest>, shown: Option<&mut ShownManifest>) {
        for export in shown.into_iter().flat_map(|shown| &mut shown.exports) {
            export.found = self.module.exports_entry(&export.entry) == Some(true);
            if !export.found && self.host.is_none() {
                let what = format!(
                    "the manifest names it as an entry of `{}`, and the module exports no such function",
                    export.contract.escape_debug()
                );
                let part = format!(", export `{}`", export.entry.escape_debug());
                let remedy = "export it from the plugin, as section 7 of the ABI says";
                self.problem(Code::EntryMissing, &part, what, remedy);
            }
        }
        if let (Some(host), Some(manifest)) = (self.host, &manifest) {
            let entry = |entry: &str| self.module.exports_entry(entry);
            let contracts = &host.listing.contracts;
            self.problems.extend(check_exports(self.plugin, contracts, manifest.exports(), entry));
        }
        self.manifest = manifest;
    }

    /// What of the ABI is not as it has to be.
    pub(super) fn exports(&mut self) {
        if self.host.is_none() {
            return;
        }
        link::check_exports(self.plugin, self.module, &mut self.problems);
        if let Some(version) = self.module.constant(names::PLUGIN_ABI_VERSION)
            && version != hostfn_abi::ABI_VERSION
        {
            let what = format!(
                "it was built for version {version} of the ABI, and this host speaks {}",
                hostfn_abi::ABI_VERSION
            );
            self.problem(Code::AbiVersion, "", what, "build it against this host's version");
        }
    }

    /// What of its imports the host does not have, or has in another form.
    pub(super) fn imports(&mut self, records: &[FunctionRecord]) {
        let Some(host) = self.host else { return };
        let imported = link::check_imports(self.plugin, self.module, host, records, &mut self.problems);
        for at in imported {
            let row = &host.listing.functions[at];
            self.specs.insert((row.module.clone(), row.name.clone()), host.spec(row));
        }
        if self.grants.is_some() {
            self.problems.extend(self.report().refusals().cloned());
        }
    }

    fn report(&self) -> Report {
        let specs = self.specs.values().map(|spec| spec.metadata());
        let none = Grants::none();
        Report::of(self.plugin, self.manifest.as_ref(), specs, self.grants.unwrap_or(&none))
    }

    /// What of a capability an instance would get.
    pub(super) fn effective(&self, granted: &Grants) -> Grants {
        self.manifest.as_ref().map_or_else(|| granted.clone(), |manifest| manifest.effective(granted))
    }

    pub(super) fn granted(&self) -> Option<&'j Grants> {
        self.grants
    }

    pub(super) fn capabilities(&self) -> Vec<CapabilityRow> {
        let Some(host) = self.host else { return Vec::new() };
        let report = self.report();
        let text = |scope: Option<&Scope>| scope.map(ToString::to_string);
        let row = |row: &hostfn_core::CapabilityReport| {
            let requires = |spec: &&&HostFnSpec| spec.capability().is_some_and(|of| of.name() == row.name());
            let functions = self.specs.values().filter(requires);
            let functions: Vec<_> =
                functions.map(|spec| format!("{}.{}", spec.module(), spec.name())).collect();
            let listed = host.capability(row.name());
            let standing = match row.standing() {
                CapabilityStanding::Denied if self.grants.is_none() => "needed".to_owned(),
                standing => standing.to_string(),
            };
            CapabilityRow {
                name: row.name().to_owned(),
                standing,
                about: listed.map_or_else(String::new, |capability| capability.about().to_owned()),
                escapes: listed.is_some_and(hostfn_core::Capability::is_escape),
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
        let rows = host.listing.contracts.iter().filter_map(|contract| {
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

    /// What the ABI or a contract makes of an export.
    pub(super) fn meaning(&self, export: &str) -> Option<String> {
        let of_abi = match export {
            names::MEMORY => Some("what the host reads and writes"),
            names::PLUGIN_ALLOC => Some("makes room for what the host writes"),
            names::PLUGIN_ABI_VERSION => Some("the version of the ABI"),
            names::PLUGIN_INIT => Some("called once, before anything else"),
            names::INITIALIZE => Some("called first"),
            _ => None,
        };
        if let Some(meaning) = of_abi {
            return Some(meaning.to_owned());
        }
        let contracts = self.host?.listing.contracts.iter();
        let methods = contracts.flat_map(|of| of.methods.iter().map(move |method| (of, method)));
        let is: Vec<_> = methods
            .filter(|(_, method)| method.entry == export)
            .map(|(contract, method)| contract.full_name(method))
            .collect();
        (!is.is_empty()).then(|| is.join(", "))
    }
}
