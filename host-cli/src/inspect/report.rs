//! An inspection as data.

use std::fmt;

use hostfn_core::Problem;
use schemars::JsonSchema;
use serde::Serialize;

/// The version of the JSON form.
pub(super) const SCHEMA: u32 = 3;

/// A plugin's structure, imports, capabilities and problems.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Inspection {
    /// The version of this form.
    pub(super) schema: u32,
    /// The plugin's name: its manifest's, or else the file's.
    pub(super) plugin: String,
    /// The size of the file, in bytes.
    pub(super) bytes: usize,
    /// The SHA-256 of the file, in hexadecimal digits.
    pub(super) sha256: String,
    /// True if the host of the listing would load it and, if there are grants, instantiate it with those; nothing
    /// where no listing was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) links: Option<bool>,
    /// The version of the ABI.
    pub(super) abi: Abi,
    /// The manifest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) manifest: Option<Manifest>,
    /// The imports, in the module's order.
    pub(super) imports: Rows<ImportRow>,
    /// The capabilities that it asks for, that its imports require, or that are granted.
    pub(super) capabilities: Vec<CapabilityRow>,
    /// The exports, in the module's order.
    pub(super) exports: Rows<ExportRow>,
    /// The contracts of the listing that are required, or of which it exports something under the name of an entry.
    pub(super) contracts: Vec<ContractRow>,
    /// The number of contracts in the listing.
    pub(super) host_contracts: usize,
    /// Its memories.
    pub(super) memories: Rows<Size>,
    /// Its tables.
    pub(super) tables: Rows<Size>,
    /// The function that runs when it is instantiated, before anything else.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) start: Option<String>,
    /// The number of functions it has of its own.
    pub(super) functions: usize,
    /// Bytes of code.
    pub(super) code: usize,
    /// Bytes of data.
    pub(super) data: usize,
    /// The custom sections, in the module's order.
    pub(super) sections: Rows<SectionRow>,
    /// The metrics that predict the cost of compiling it, and whether that keeps the limits. A metric is missing where the module
    /// is refused before its code is read.
    pub(super) metrics: Vec<MetricRow>,
    /// The records of the host functions that it imports and of the contract entries that it exports, as they were when it
    /// was built. None where it imports or exports some: that is not recorded.
    pub(super) built_against: Rows<RecordRow>,
    /// The reasons for which calls can fail although the plugin is loaded.
    pub(super) warnings: Vec<String>,
    /// The problems for which the host does not load or instantiate it: those of `Host::load_file` and of
    /// `Plugin::instantiate`. At most 64 are shown.
    pub(super) problems: Vec<ProblemRow>,
    /// The number of problems that are not shown.
    pub(super) more_problems: usize,
    /// The smallest grants file with which it links; nothing where no listing was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) grants: Option<String>,
}

/// Some of many: a module can have a million parts of a kind.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Rows<T> {
    /// The number.
    pub(super) count: usize,
    /// The first of them, 1,000 at most.
    pub(super) rows: Vec<T>,
}

/// Rows that are shown.
const MOST: usize = 1000;

impl<T> Rows<T> {
    pub(super) fn new<S>(all: &[S], row: impl FnMut(&S) -> T) -> Self {
        Rows { count: all.len(), rows: all.iter().take(MOST).map(row).collect() }
    }

    pub(super) fn from_all(all: impl Iterator<Item = T>) -> Self {
        let mut count = 0;
        let rows = all.inspect(|_| count += 1).enumerate();
        let rows = rows.filter(|(at, _)| *at < MOST).map(|(_, row)| row).collect();
        Rows { count, rows }
    }

    /// Returns how many are not shown.
    pub(super) fn left(&self) -> usize {
        self.count - self.rows.len()
    }
}

/// The version of the ABI that it is built for.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Abi {
    /// The version; nothing where the plugin would have to run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) version: Option<i32>,
    /// The source of the version.
    pub(super) from: &'static str,
}

/// A plugin's manifest.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Manifest {
    /// The place where it is.
    pub(super) location: String,
    /// The name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<String>,
    /// The version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) version: Option<String>,
    /// The version of the ABI.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) abi: Option<i64>,
    /// The capabilities that it requests, sorted by name.
    pub(super) capabilities: Vec<AskedRow>,
    /// The contracts that it implements.
    pub(super) exports: Vec<Export>,
}

/// A capability that a manifest requests.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct AskedRow {
    /// Its name.
    pub(super) name: String,
    /// The reason, in the plugin's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reason: Option<String>,
    /// The requested patterns.
    pub(super) allow: Vec<String>,
    /// The excluded patterns.
    pub(super) deny: Vec<String>,
}

/// A contract that the plugin implements by its manifest.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Export {
    /// The contract.
    pub(super) contract: String,
    /// The contract's type.
    #[serde(rename = "type")]
    pub(super) kind: String,
    /// The export that is called.
    pub(super) entry: String,
    /// True if the module exports it, as a function that a host can call.
    pub(super) found: bool,
}

/// An import.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct ImportRow {
    /// The module it is imported from.
    pub(super) module: String,
    /// The name it is imported by.
    pub(super) name: String,
    /// Its type.
    #[serde(rename = "as")]
    pub(super) imported_as: String,
    /// Its standing.
    pub(super) standing: Standing,
    /// The capability that it requires, and the parameter that its scope is matched against.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) requires: Option<String>,
    /// The host's summary of the function.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) summary: Option<String>,
}

/// The standing of an import.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Standing {
    /// A part of the ABI.
    BuiltIn,
    /// A function without a required capability.
    Always,
    /// Its capability is granted, at least in part.
    Granted,
    /// Its capability is not granted.
    Denied,
    /// It requires a capability; no grants were given.
    Needed,
    /// Unknown to the host.
    Unknown,
    /// No listing was given.
    Unjudged,
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Standing::BuiltIn => "built in",
            Standing::Always => "always",
            Standing::Granted => "granted",
            Standing::Denied => "denied",
            Standing::Needed => "needed",
            Standing::Unknown => "unknown",
            Standing::Unjudged => "",
        })
    }
}

/// A capability between the plugin and its grants.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct CapabilityRow {
    /// Its name.
    pub(super) name: String,
    /// `granted`, `narrowed` (a part of what is asked for is granted), `denied`, `unused` (granted, and neither asked
    /// for nor required), or `needed` where there are no grants.
    pub(super) standing: String,
    /// The host's description.
    pub(super) about: String,
    /// True if what it allows escapes the sandbox.
    pub(super) escapes: bool,
    /// The scope that the manifest requests.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) asked: Option<String>,
    /// The reason, in the plugin's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reason: Option<String>,
    /// The scope that is granted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) granted: Option<String>,
    /// The scope of an instance.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) effective: Option<String>,
    /// The imports that require it.
    pub(super) functions: Vec<String>,
}

/// An export.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct ExportRow {
    /// Its name.
    pub(super) name: String,
    /// Its type.
    #[serde(rename = "as")]
    pub(super) exported_as: String,
    /// Its meaning in the ABI or in a contract of the listing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) is: Option<String>,
}

/// A contract that it implements, or a part of it.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct ContractRow {
    /// The id.
    pub(super) id: String,
    /// `--contract` names it.
    pub(super) required: bool,
    /// A host can call the plugin by it.
    pub(super) fulfilled: bool,
    /// The entries that it lacks.
    pub(super) lacks: Vec<String>,
    /// The entries that it exports as something else than a function (i32, i32) -> i64.
    pub(super) wrong: Vec<String>,
    /// The problems for which a host does not call the plugin by it, as `contract()` reports them; 64 at most.
    pub(super) problems: Vec<ProblemRow>,
}

/// The size of a memory or a table.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Size {
    /// The initial size: bytes, or elements.
    pub(super) from: u64,
    /// The maximum; nothing where none is declared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) to: Option<u64>,
    /// `imported`, `64-bit`, `shared`.
    pub(super) remarks: Vec<&'static str>,
}

/// A custom section.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct SectionRow {
    /// Its name.
    pub(super) name: String,
    /// Its size, in bytes.
    pub(super) bytes: usize,
}

/// A property of the module that predicts the cost of compiling it.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct MetricRow {
    /// The field of `Limits::load` that limits it.
    pub(super) name: &'static str,
    /// The counted quantity.
    pub(super) about: &'static str,
    /// The unit of the count: `module`, `type` or `function`.
    pub(super) of: &'static str,
    /// The value: the largest of all types or functions, or the module's.
    pub(super) value: u64,
    /// The limit.
    pub(super) limit: u64,
    /// True if the value keeps the limit.
    pub(super) passes: bool,
    /// The index of the type or function that has the value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) index: Option<u32>,
    /// The name of that function, in the plugin's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) function: Option<String>,
}

/// A host function or a contract entry that it was built against.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct RecordRow {
    /// `module.name`, or `contract.method`.
    pub(super) function: String,
    /// The fingerprint that it had.
    pub(super) fingerprint: String,
    /// The capability that it required.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) capability: Option<String>,
    /// The fingerprint that it has in the listing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) now: Option<String>,
}

/// A problem.
#[derive(Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(super) struct ProblemRow {
    /// The stable code; see `hostfn explain`.
    pub(super) code: String,
    /// Its location.
    pub(super) location: String,
    /// The error.
    pub(super) message: String,
    /// The remedy.
    pub(super) help: String,
}

impl ProblemRow {
    pub(super) fn new(problem: &Problem) -> Self {
        ProblemRow {
            code: problem.code().to_string(),
            location: problem.location().to_owned(),
            message: problem.message().to_owned(),
            help: problem.help().to_owned(),
        }
    }
}
