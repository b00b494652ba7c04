//! The registry as data: what an auditor reads.

mod diff;
mod guest_side;
mod layout;
mod lock;
mod markdown;
mod notes;
mod parts;
mod read;
mod row;
#[cfg(feature = "schema")]
mod schema;
mod text;
mod unregistered;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use hostfn_abi::ABI_VERSION;
use serde::{Deserialize, Serialize};

use crate::error::{Untrusted, json_escaped};
use crate::policy::Grants;
use crate::registry::Registry;
use crate::spec::{Param, Shape, TypeDef, short};

use parts::{NamedBy, convention, fingerprint, first_sentence, opaque, shape_of_reply, signature};

pub use diff::{Change, Class, Diff, Item, UnknownClass};
pub use guest_side::{ContractRow, MethodRow};
pub use layout::{GroupBy, Layout};
pub use unregistered::UnregisteredRow;

/// The version of the JSON form.
const SCHEMA: u32 = 2;

const ESCAPES: &str = "escapes the sandbox";

/// Every host function, capability and contract of a registry, sorted: the same registry always gives the same
/// bytes, in whatever order it was put together.
///
/// It prints as text, one block for each function; [`to_json`](Listing::to_json) and
/// [`to_markdown`](Listing::to_markdown) are the other forms.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Listing {
    /// The version of this form.
    pub schema: u32,
    /// The version of the ABI.
    pub abi: i32,
    /// The functions, sorted by module and name.
    pub functions: Vec<FunctionRow>,
    /// The capabilities, sorted by name.
    pub capabilities: Vec<CapabilityRow>,
    /// The contracts, sorted by id.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contracts: Vec<ContractRow>,
    /// The annotated functions that are linked into the program and not in its registry, sorted by module and name: no
    /// guest can call these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unregistered: Vec<UnregisteredRow>,
}

/// One host function.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FunctionRow {
    /// The module a guest imports it from.
    pub module: String,
    /// The name a guest imports it by.
    pub name: String,
    /// The host module that it came with, `kv`; `None` for one that was added by itself. Of several host modules that
    /// have it, the first by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// The calling convention: `messagepack`, section 3 of the ABI, or `messagepack, async`.
    pub convention: String,
    /// The capability it requires; `None` is always available.
    pub capability: Option<String>,
    /// The parameter that the capability's scope is matched against.
    pub scoped_param: Option<String>,
    /// The parameters that cross the wire.
    pub params: Vec<ParamRow>,
    /// The states of the instance that it reaches, by Rust type.
    pub states: Vec<String>,
    /// The reply.
    pub reply: Shape,
    /// Its own errors; `None` where it has none.
    pub error: Option<ErrorRow>,
    /// The definitions of the named types in parameters and reply.
    pub types: BTreeMap<String, TypeDef>,
    /// Its own limit on the bytes of arguments.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_args: Option<u32>,
    /// Its own limit on the bytes of reply.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_reply: Option<u32>,
    /// The number of calls that are allowed within one call from the host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quota: Option<u32>,
    /// The version of the host's interface that brought it.
    pub since: u32,
    /// The first sentence of its documentation.
    pub summary: String,
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
    /// `macro` or `manual`.
    pub origin: String,
    /// 16 hexadecimal digits over the name, the parameters, the reply, the error codes and the whole
    /// graph of types they lead to, field names included.
    pub fingerprint: String,
}

/// One parameter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ParamRow {
    /// Its name.
    pub name: String,
    /// Its shape.
    pub shape: Shape,
}

/// A function's own errors.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ErrorRow {
    /// The Rust type's name.
    #[serde(rename = "type")]
    pub name: String,
    /// The kinds it declares.
    pub kinds: Vec<ErrorKindRow>,
}

/// One kind of error.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ErrorKindRow {
    /// The stable code.
    pub code: String,
    /// The status.
    pub status: i32,
    /// The explanation.
    pub docs: String,
}

/// One capability.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CapabilityRow {
    /// Its dotted name.
    pub name: String,
    /// The description of the right.
    pub about: String,
    /// `none`, `path`, `host` or `name`.
    pub scope: String,
    /// True if what it allows escapes the sandbox.
    #[serde(default, skip_serializing_if = "is_not")]
    pub escapes: bool,
    /// The functions that require it.
    pub functions: Vec<String>,
    /// The file where it is declared, relative to the workspace, or to the package of a dependency; empty where that is
    /// not known.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub file: String,
    /// The line in that file; 0 where it is not known.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub line: u32,
    /// The granted part, in a listing [`with_grants`](Listing::with_grants).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub granted: Option<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(line: &u32) -> bool {
    *line == 0
}

impl Listing {
    /// Iterates over the functions, sorted by module and name.
    pub fn iter(&self) -> std::slice::Iter<'_, FunctionRow> {
        self.functions.iter()
    }

    pub(crate) fn from_registry(registry: &Registry) -> Self {
        let functions: Vec<FunctionRow> =
            (0..registry.len()).map(|at| FunctionRow::at(registry, at)).collect();
        let capabilities = registry
            .capabilities()
            .into_iter()
            .map(|capability| CapabilityRow {
                name: capability.name().to_owned(),
                about: capability.about().to_owned(),
                scope: capability.scope_kind().to_string(),
                escapes: capability.escapes(),
                functions: functions
                    .iter()
                    .filter(|row| row.capability.as_deref() == Some(capability.name()))
                    .map(FunctionRow::full_name)
                    .collect(),
                file: capability.location().file().replace('\\', "/"),
                line: capability.location().line(),
                granted: None,
            })
            .collect();
        let contracts = registry.contracts().map(ContractRow::from_spec).collect();
        let unregistered = unregistered::rows(registry);
        Listing { schema: SCHEMA, abi: ABI_VERSION, functions, capabilities, contracts, unregistered }
    }

    /// The functions by the host module that they came with, sorted; those that came with none are under `None`, which is
    /// first.
    pub fn groups(&self) -> BTreeMap<Option<&str>, Vec<&FunctionRow>> {
        let mut groups: BTreeMap<Option<&str>, Vec<&FunctionRow>> = BTreeMap::new();
        for row in &self.functions {
            groups.entry(row.group.as_deref()).or_default().push(row);
        }
        groups
    }

    /// The same listing, with what `grants` give of each capability.
    #[must_use]
    pub fn with_grants(mut self, grants: &Grants) -> Self {
        for row in &mut self.capabilities {
            row.granted = Some(grants.get(&row.name).map_or_else(|| "no".to_owned(), ToString::to_string));
        }
        self
    }

    /// Returns whether the function's capability escapes the sandbox.
    fn escapes(&self, function: &FunctionRow) -> bool {
        let mut escapes = self.capabilities.iter().filter(|row| row.escapes);
        escapes.any(|row| function.capability.as_ref() == Some(&row.name))
    }

    /// JSON, indented, with a final line feed.
    #[expect(clippy::missing_panics_doc, reason = "a listing's maps have string keys, so JSON can hold it")]
    pub fn to_json(&self) -> String {
        let mut json = serde_json::to_string_pretty(self).expect("a listing has string keys only");
        json.push('\n');
        escaped(json)
    }
}

/// A text of a listing, which may come from a file, for a terminal. Its line feeds only wrap it.
fn shown(text: &str) -> String {
    Untrusted::new(&text.replace('\n', " ")).at_most(LONGEST).to_string()
}

/// Characters of a text that are shown.
const LONGEST: usize = 4096;

/// With what would mislead a reader written as escapes, which changes no value.
fn escaped(json: String) -> String {
    match json_escaped(&json) {
        Cow::Borrowed(_) => json,
        Cow::Owned(escaped) => escaped,
    }
}

impl<'l> IntoIterator for &'l Listing {
    type Item = &'l FunctionRow;
    type IntoIter = std::slice::Iter<'l, FunctionRow>;

    /// Iterates over the functions, sorted by module and name.
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Display for Listing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_text())
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_not(flag: &bool) -> bool {
    !flag
}

impl CapabilityRow {
    /// Returns what it allows, and whether that escapes the sandbox.
    fn about(&self) -> String {
        if self.escapes { format!("{} It {ESCAPES}.", self.about) } else { self.about.clone() }
    }
}

impl FunctionRow {
    /// The row of the function at `at` in the registry.
    pub(crate) fn at(registry: &Registry, at: usize) -> Self {
        let spec = registry.at(at);
        let mut types = BTreeMap::new();
        let params = spec.wire_params().map(|param| ParamRow::from_param(param, &mut types)).collect();
        let reply = spec.reply();
        let reply_shape = shape_of_reply(reply, &mut types, NamedBy::Later);
        let place = spec.location();
        let mut row = FunctionRow {
            module: spec.module().to_owned(),
            name: spec.name().to_owned(),
            group: registry.group(at).map(str::to_owned),
            convention: convention(spec.is_async()),
            capability: spec.capability().map(|capability| capability.name().to_owned()),
            scoped_param: spec.requirement().scoped_param().map(str::to_owned),
            params,
            states: spec
                .params()
                .iter()
                .filter(|param| param.state_id().is_some())
                .map(Param::type_name)
                .map(short)
                .collect(),
            reply: reply_shape,
            error: reply.error().as_ref().map(ErrorRow::from_shape),
            types,
            max_args: spec.max_args(),
            max_reply: spec.max_reply(),
            quota: spec.quota(),
            since: spec.since(),
            summary: first_sentence(spec.docs()),
            krate: place.krate().to_owned(),
            outside: place.outside().map(str::to_owned),
            file: place.file().replace('\\', "/"),
            line: place.line(),
            origin: spec.origin().as_str().to_owned(),
            fingerprint: String::new(),
        };
        row.fingerprint = row.expected_fingerprint();
        row
    }

    /// `module.name`.
    pub fn full_name(&self) -> String {
        format!("{}.{}", self.module, self.name)
    }

    /// The package and its version, `dep 1.2.3`, where it is from outside the workspace.
    pub fn package_from_outside(&self) -> Option<String> {
        self.outside.as_ref().map(|version| format!("{} {version}", self.krate))
    }

    /// `fs.read on path`, `greet`, or `always`.
    pub fn requirement(&self) -> String {
        match (&self.capability, &self.scoped_param) {
            (None, _) => "always".to_owned(),
            (Some(capability), None) => capability.clone(),
            (Some(capability), Some(param)) => format!("{capability} on {param}"),
        }
    }

    /// `(path: str) -> Result<bytes, FsError>`.
    pub fn signature(&self) -> String {
        signature(&self.params, &self.reply, self.error.as_ref())
    }

    /// The types that could not be traced: what they are part of, their name and the reason.
    pub fn opaque(&self) -> impl Iterator<Item = (&str, &str, &str)> {
        opaque(&self.params, &self.reply)
    }

    /// The fingerprint that its parts give: that of a row which was changed by hand is another.
    pub fn expected_fingerprint(&self) -> String {
        let names = format!("{} {}", self.module, self.name);
        fingerprint(&names, &self.convention, &self.params, &self.reply, self.error.as_ref(), &self.types)
    }
}
