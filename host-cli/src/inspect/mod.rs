//! Inspection of a plugin without running it.

mod grants;
mod host;
mod link;
mod manifest;
mod markdown;
mod metrics;
mod report;
mod text;

use std::collections::HashSet;

use hostfn_core::link::{
    Artifact, Checker, Features, MemoryType, ModuleInfo, Surface, TypeRef, check_grants, check_imports,
    read_any,
};
use hostfn_core::{EntryRecord, Error, FunctionRecord, Grants, Limits, Problem, Problems};
use sha2::{Digest, Sha256};

pub(crate) use host::ListedHost;
pub(crate) use report::Inspection;

use link::Link;
use report::{Abi, ExportRow, ImportRow, ProblemRow, RecordRow, Rows, SCHEMA, SectionRow, Size, Standing};

/// A plugin, and the host that it is checked against.
pub(crate) struct Subject<'s> {
    pub(crate) artifact: &'s Artifact<'s>,
    pub(crate) host: Option<&'s ListedHost>,
    pub(crate) grants: Option<&'s Grants>,
    /// The host's limits.
    pub(crate) limits: &'s Limits,
    /// The contracts that the plugin has to fulfil.
    pub(crate) contracts: &'s [String],
}

/// Reads a plugin, and checks it as a host does that loads it.
///
/// # Errors
/// The problems, when the module cannot be read or is too large to be shown.
pub(crate) fn inspect(subject: &Subject<'_>) -> Result<Inspection, Error> {
    let Subject { artifact, host, grants, limits, contracts } = *subject;
    let wasm = artifact.wasm();
    let checker = Checker::new(host, limits, Features::Host);
    let mut identity = checker.identify(artifact);
    let source = artifact.manifests(&mut Vec::new()).into_iter().next();
    let mut manifest = source.as_ref().and_then(manifest::shown);
    if let (None, Some(source), Some(name)) =
        (host, &source, manifest.as_ref().and_then(|manifest| manifest.name.as_ref()))
    {
        identity.take_name(artifact, source, name);
    }
    let mut found = checker.check(&identity, wasm, || Ok::<_, Problem>(()))?;
    let plugin = identity.name.as_str();
    let module = match found.module.take() {
        Some(module) => module,
        // refused for what this host does not support
        None => read_any(plugin, wasm, &limits.load).or_else(|problem| {
            Problems::check(std::mem::take(&mut found.problems))?;
            Err(Error::from(problem))
        })?,
    };
    let imports = host.map_or_else(Vec::new, |host| {
        let mut imported = check_imports(plugin, &module, host, &[], &mut Vec::new());
        imported.sort_unstable_by_key(|at| host.key(*at));
        imported.into_iter().map(|at| host.spec(at)).collect()
    });
    let mut problems = found.problems;
    if let (Some(_), Some(grants)) = (host, grants) {
        let refused = check_grants(plugin, identity.manifest.as_ref(), imports.iter().copied(), grants).err();
        problems.extend(refused.iter().flat_map(Problems::iter).cloned());
    }
    let problems = Problems::check(problems).err();
    for export in manifest.iter_mut().flat_map(|manifest| &mut manifest.exports) {
        export.found = module.exports_entry(&export.entry) == Some(true);
    }

    let link = Link { plugin, module: &module, host, grants, manifest: identity.manifest.as_ref(), imports };
    let built_against = built_against(&link, &found.records, &found.entries);
    Ok(Inspection {
        schema: SCHEMA,
        bytes: wasm.len(),
        sha256: Sha256::digest(wasm).iter().map(|byte| format!("{byte:02x}")).collect(),
        links: host.map(|_| problems.is_none()),
        abi: abi(&module),
        imports: Rows::new(&module.imports, |import| link.import(import)),
        capabilities: link.capabilities(),
        exports: Rows::new(&module.exports, |export| ExportRow {
            name: export.name.to_owned(),
            exported_as: module.exported_as(export),
            is: link.meaning(export.name),
        }),
        contracts: link.contracts(contracts, &found.entries),
        host_contracts: host.map_or(0, |host| host.contracts().len()),
        memories: memories(&module),
        tables: tables(&module),
        start: module.start.map(|index| module.function_name(index)),
        functions: module.functions,
        code: module.code,
        data: module.data,
        sections: Rows::new(&module.sections, |(name, bytes)| SectionRow {
            name: (*name).to_owned(),
            bytes: bytes.len(),
        }),
        metrics: metrics::rows(&module, &limits.load),
        built_against,
        warnings: link.warnings(),
        problems: problems.iter().flat_map(Problems::iter).map(ProblemRow::new).collect(),
        more_problems: problems.as_ref().map_or(0, Problems::more),
        grants: host.map(|host| grants::smallest(&link, host, problems.as_ref())),
        manifest,
        plugin: plugin.to_owned(),
    })
}

/// The records of what the module imports and exports; bindings may carry those of a whole host.
fn built_against(link: &Link<'_>, functions: &[FunctionRecord], entries: &[EntryRecord]) -> Rows<RecordRow> {
    let imports: HashSet<_> = link.module.imports.iter().map(|import| (import.module, import.name)).collect();
    let functions = functions
        .iter()
        .filter(|record| imports.contains(&(record.module(), record.name())))
        .map(|record| RecordRow {
            function: format!("{}.{}", record.module(), record.name()),
            fingerprint: record.fingerprint().to_owned(),
            capability: record.capability().map(str::to_owned),
            now: link.row(record.module(), record.name()).map(|row| row.fingerprint.clone()),
        });
    let entries = entries.iter().map(|record| RecordRow {
        function: format!("{}.{}", record.contract(), record.name()),
        fingerprint: record.fingerprint().to_owned(),
        capability: None,
        now: link.method(record.contract(), record.name()).map(|row| row.fingerprint.clone()),
    });
    Rows::from_all(functions.chain(entries))
}

fn abi(module: &ModuleInfo<'_>) -> Abi {
    let export = hostfn_abi::names::PLUGIN_ABI_VERSION;
    match (module.export(export), module.constant(export)) {
        (None, _) => Abi { version: Some(1), from: "no `plugin_abi_version`, which means 1" },
        (_, Some(version)) => Abi { version: Some(version), from: "`plugin_abi_version` returns it" },
        _ => Abi { version: None, from: "`plugin_abi_version` has to run" },
    }
}

fn memories(module: &ModuleInfo<'_>) -> Rows<Size> {
    let imported = module.imports.iter().filter(|import| matches!(import.ty, TypeRef::Memory(_)));
    let mut imported = imported.count();
    Rows::new(&module.memories, |memory| {
        let bytes = |pages: u64| pages.saturating_mul(page(memory));
        Size {
            from: bytes(memory.initial),
            to: memory.maximum.map(bytes),
            remarks: remarks(&mut imported, memory.memory64, memory.shared),
        }
    })
}

fn tables(module: &ModuleInfo<'_>) -> Rows<Size> {
    let imported = module.imports.iter().filter(|import| matches!(import.ty, TypeRef::Table(_)));
    let mut imported = imported.count();
    Rows::new(&module.tables, |table| Size {
        from: table.initial,
        to: table.maximum,
        remarks: remarks(&mut imported, table.table64, table.shared),
    })
}

/// The page size of a memory, in bytes.
fn page(memory: &MemoryType) -> u64 {
    1 << memory.page_size_log2.unwrap_or(16).min(16)
}

/// The first ones are imported.
fn remarks(imported: &mut usize, wide: bool, shared: bool) -> Vec<&'static str> {
    let is_imported = *imported > 0;
    *imported = imported.saturating_sub(1);
    let all = [(is_imported, "imported"), (wide, "64-bit"), (shared, "shared")];
    all.into_iter().filter_map(|(is, remark)| is.then_some(remark)).collect()
}

impl Inspection {
    /// The number of problems, including those that are not shown.
    fn problem_count(&self) -> usize {
        self.problems.len() + self.more_problems
    }

    /// Text for a terminal.
    pub(crate) fn to_text(&self) -> String {
        text::render(self)
    }

    /// Markdown for a review or a wiki.
    pub(crate) fn to_markdown(&self) -> String {
        markdown::render(self)
    }

    /// JSON, indented, with a final line feed.
    pub(crate) fn to_json(&self) -> String {
        crate::text::json(&serde_json::json!(self))
    }

    /// Returns whether the host of the listing would refuse it.
    pub(crate) fn is_refused(&self) -> bool {
        self.links == Some(false)
    }

    /// The smallest grants file with which it links.
    pub(crate) fn grants(&self) -> Option<&str> {
        self.grants.as_deref()
    }

    /// Returns whether the plugin fulfils the contracts that it has to: those that are required, or else each of which it
    /// exports an entry, and at least one where the host has any.
    pub(crate) fn is_fulfilling(&self) -> bool {
        let required = self.contracts.iter().any(|row| row.required);
        let mut rows = self.contracts.iter().filter(|row| row.required || !required);
        rows.all(|row| row.fulfilled) && (self.host_contracts == 0 || !self.contracts.is_empty())
    }

    /// Returns whether the plugin carries records, or has nothing to record.
    fn is_recorded(&self) -> bool {
        let calls =
            self.imports.rows.iter().any(|row| {
                !matches!(row.standing, Standing::BuiltIn | Standing::Unjudged | Standing::Unknown)
            });
        self.built_against.count > 0 || (!calls && self.contracts.is_empty())
    }

    fn unknown(&self) -> usize {
        self.imports.rows.iter().filter(|row: &&ImportRow| row.standing == Standing::Unknown).count()
    }
}
