//! Reading a plugin without running it: what it is, what it needs, and what it would get.

mod grants;
mod judge;
mod known;
mod markdown;
mod read;
mod report;
mod said;
mod text;

use std::path::Path;

use hostfn_core::link::{MemoryType, ModuleInfo, TypeRef};
use hostfn_core::{Error, FunctionRecord, Grants, LoadLimits, Problem, Problems};
use sha2::{Digest, Sha256};

pub(crate) use known::Known;
pub(crate) use report::Inspection;

use judge::Judge;
use report::{Abi, ExportRow, ImportRow, ProblemRow, RecordRow, Rows, SCHEMA, SectionRow, Size, Standing};

/// A plugin, and what it is held to.
pub(crate) struct Subject<'s> {
    /// What it is called if it does not say so itself.
    pub(crate) name: &'s str,
    /// Its file, beside which its manifest may be.
    pub(crate) path: Option<&'s Path>,
    /// What is in the file.
    pub(crate) wasm: &'s [u8],
    pub(crate) host: Option<&'s Known>,
    pub(crate) grants: Option<&'s Grants>,
    /// The host's limits for compiling a module.
    pub(crate) limits: LoadLimits,
}

/// Reads a plugin.
///
/// # Errors
/// When it is no module.
pub(crate) fn inspect(subject: &Subject<'_>) -> Result<Inspection, Error> {
    let mut problems = Vec::new();
    let module = read::module(subject, &mut problems)?;
    let said = said::find(subject.name, subject.path, &module, &mut problems);
    let mut manifest = said.as_ref().and_then(said::shown);
    let mut read = match (&said, subject.host) {
        (Some(said), Some(host)) => said::read(said, host, &mut problems),
        _ => None,
    };
    // a manifest that the host does not take names nothing
    let is_taken = read.is_some() || subject.host.is_none() || subject.path.is_none();
    let named = manifest.as_ref().and_then(|manifest| manifest.name.clone()).filter(|_| is_taken);
    let claimed = match (&said, &named) {
        // from standard input, it has no other name
        (Some(said), Some(named)) if subject.path.is_some() => said::claimed(subject.name, named, said),
        _ => None,
    };
    if claimed.is_some() {
        read = None;
    }
    let plugin = named.filter(|_| claimed.is_none()).unwrap_or_else(|| subject.name.to_owned());
    problems.extend(claimed);
    let (records, unreadable) = FunctionRecord::carried_by(&plugin, subject.wasm);
    problems.extend(unreadable);

    let mut judge = Judge::of(&plugin, &module, subject.host, subject.grants);
    judge.manifest(read, manifest.as_mut());
    judge.exports();
    judge.imports(&records);
    let capabilities = judge.capabilities();
    let contracts = judge.contracts();
    let grants = subject.host.map(|host| grants::smallest(&judge, host));
    problems.append(&mut judge.problems);
    let problems = Problems::check(problems).err();

    let record = |record: &FunctionRecord| RecordRow {
        function: format!("{}.{}", record.module(), record.name()),
        fingerprint: record.fingerprint().to_owned(),
        capability: record.capability().map(str::to_owned),
        now: judge.row(record.module(), record.name()).map(|row| row.fingerprint.clone()),
    };
    Ok(Inspection {
        schema: SCHEMA,
        bytes: subject.wasm.len(),
        sha256: Sha256::digest(subject.wasm).iter().map(|byte| format!("{byte:02x}")).collect(),
        links: subject.host.map(|_| problems.is_none()),
        abi: abi(&module),
        imports: Rows::of(&module.imports, |import| judge.import(import)),
        capabilities,
        exports: Rows::of(&module.exports, |export| ExportRow {
            name: export.name.to_owned(),
            exported_as: module.exported_as(export),
            is: judge.meaning(export.name),
        }),
        contracts,
        memories: memories(&module),
        tables: tables(&module),
        start: module.start.map(|index| module.function_name(index)),
        functions: module.functions,
        code: module.code,
        data: module.data,
        sections: Rows::of(&module.sections, |(name, bytes)| SectionRow {
            name: (*name).to_owned(),
            bytes: bytes.len(),
        }),
        metrics: read::metrics(&module, &subject.limits),
        built_against: Rows::of(&records, record),
        problems: problems.iter().flat_map(Problems::iter).map(row).collect(),
        more_problems: problems.as_ref().map_or(0, Problems::more),
        grants,
        manifest,
        plugin,
    })
}

fn row(problem: &Problem) -> ProblemRow {
    ProblemRow {
        code: problem.code().to_string(),
        place: problem.location().to_owned(),
        what: problem.message().to_owned(),
        remedy: problem.help().to_owned(),
    }
}

fn abi(module: &ModuleInfo<'_>) -> Abi {
    let export = hostfn_abi::names::PLUGIN_ABI_VERSION;
    match (module.export(export), module.constant(export)) {
        (None, _) => Abi { version: Some(1), from: "it exports no `plugin_abi_version`, which means 1" },
        (_, Some(version)) => Abi { version: Some(version), from: "`plugin_abi_version` returns it" },
        _ => Abi { version: None, from: "`plugin_abi_version` would have to be run" },
    }
}

fn memories(module: &ModuleInfo<'_>) -> Rows<Size> {
    let imported = module.imports.iter().filter(|import| matches!(import.ty, TypeRef::Memory(_)));
    let mut imported = imported.count();
    Rows::of(&module.memories, |memory| {
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
    Rows::of(&module.tables, |table| Size {
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
    /// The number of problems, those that are not shown included.
    fn problem_count(&self) -> usize {
        self.problems.len() + self.more_problems
    }

    /// For a terminal.
    pub(crate) fn to_text(&self) -> String {
        text::render(self)
    }

    /// For a review or a wiki.
    pub(crate) fn to_markdown(&self) -> String {
        markdown::render(self)
    }

    /// JSON, indented, with a final line feed.
    pub(crate) fn to_json(&self) -> String {
        crate::text::json(&serde_json::json!(self))
    }

    /// Whether the host of the listing would refuse it.
    pub(crate) fn is_refused(&self) -> bool {
        self.links == Some(false)
    }

    /// The smallest grants file that would let it link.
    pub(crate) fn grants(&self) -> Option<&str> {
        self.grants.as_deref()
    }

    fn unknown(&self) -> usize {
        self.imports.rows.iter().filter(|row: &&ImportRow| row.standing == Standing::Unknown).count()
    }
}
