//! The imports and exports of a plugin, with the host's and the grants' part in them.

use hostfn_abi::names;
use hostfn_core::link::{Import, ModuleInfo, Surface, builtin, unfulfilled};
use hostfn_core::{
    Capability, CapabilityReport, EntryRecord, FnMetadata, FunctionRow, GrantStatus as CapabilityStanding,
    Grants, Manifest, MethodRow, Report, Scope, Shape,
};

use super::host::ListedHost;
use super::report::{CapabilityRow, ContractRow, ImportRow, ProblemRow, Standing};

/// Problems of one contract that are shown.
const MOST_PROBLEMS: usize = 64;

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

    pub(super) fn method(&self, contract: &str, name: &str) -> Option<MethodRow> {
        let contracts = self.host?.contracts();
        let contract = contracts.iter().find(|row| row.id == contract)?;
        contract.methods.iter().find(|method| method.name == name).cloned()
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

    /// The contracts that are required, or of which it exports something under the name of an entry.
    pub(super) fn contracts(&self, required: &[String], records: &[EntryRecord]) -> Vec<ContractRow> {
        let Some(host) = self.host else { return Vec::new() };
        let contracts = host.contracts();
        let rows = contracts.iter().filter_map(|contract| {
            let required = required.contains(&contract.id);
            let mut entries = contract.methods.iter().map(|method| &method.entry);
            if !required && !entries.any(|entry| self.module.export(entry).is_some()) {
                return None;
            }
            let problems =
                unfulfilled(self.plugin, contract, records, |entry| self.module.exports_entry(entry));
            let mut lacks = Vec::new();
            let mut wrong = Vec::new();
            for method in &contract.methods {
                match self.module.exports_entry(&method.entry) {
                    None => lacks.push(method.entry.clone()),
                    Some(false) => wrong.push(method.entry.clone()),
                    Some(true) => {}
                }
            }
            let fulfilled = problems.is_empty();
            let problems = problems.iter().take(MOST_PROBLEMS).map(ProblemRow::new).collect();
            Some(ContractRow { id: contract.id.clone(), required, fulfilled, lacks, wrong, problems })
        });
        rows.collect()
    }

    /// Returns the reasons for which calls fail at run time although the module is loaded.
    pub(super) fn warnings(&self) -> Vec<String> {
        if self.host.is_none() || self.module.export(names::PLUGIN_ALLOC).is_some() {
            return Vec::new();
        }
        let mut warnings = Vec::new();
        let has_window = self.module.imports.iter().any(|import| {
            builtin(import.module, import.name).is_some_and(|found| found.name == names::HOST_SET_WINDOW)
        });
        let reply = |import: &&Import<'_>| {
            self.row(import.module, import.name).is_some_and(|row| row.reply != Shape::Unit)
        };
        if let Some(import) = self.module.imports.iter().find(reply) {
            let (module, name) = (import.module, import.name);
            warnings.push(if has_window {
                format!(
                    "no `plugin_alloc`: a reply of `{module}.{name}` that exceeds the reply window is lost (`NO_ROOM`)"
                )
            } else {
                format!("no `plugin_alloc` and no reply window: every reply of `{module}.{name}` is lost (`NO_ROOM`)")
            });
        }
        let contracts = self.host.map(|host| host.contracts());
        let methods = contracts.iter().flat_map(|contracts| contracts.iter()).flat_map(|of| &of.methods);
        let mut called = methods.filter(|method| !method.params.is_empty());
        if let Some(method) = called.find(|method| self.module.exports_entry(&method.entry) == Some(true)) {
            warnings.push(format!(
                "no `plugin_alloc`: every call of `{}` fails, which takes arguments",
                method.entry
            ));
        }
        warnings
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
        let is = (!is.is_empty()).then(|| is.join(", "))?;
        let fits = self.module.exports_entry(export) == Some(true);
        Some(if fits { is } else { format!("named as {is}, which is (i32, i32) -> i64") })
    }
}
