//! Reading a `plugin.toml`.

use std::collections::BTreeMap;
use std::time::Duration;

use hostfn_abi::ABI_VERSION;
use hostfn_abi::names::is_plain;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Manifest, ManifestExport};
use crate::error::{Code, Problem, Problems, printable};
use crate::policy::document::{Document, Known, by_name, given, given_as, integer, kind, unscoped};
use crate::policy::quantity::{self, Measure};
use crate::policy::{Grants, RequestedLimits};
use crate::spec::Capability;

const EACH_EXPORT: &str = "begin each export with `[[exports]]`";

type Value<'t> = Spanned<DeValue<'t>>;

const KEYS: [&str; 6] = ["name", "version", "abi", "capabilities", "limits", "exports"];
const CAPABILITY_KEYS: [&str; 3] = ["reason", "allow", "deny"];
const LIMIT_KEYS: [&str; 11] = [
    "memory",
    "table",
    "time",
    "args",
    "reply",
    "fuel",
    "calls",
    "refusals",
    "depth",
    "log_lines",
    "log_bytes",
];
const EXPORT_KEYS: [&str; 6] = ["contract", "type", "entry", "args", "reply", "docs"];

/// In bytes.
const LONGEST: usize = 1 << 20;

pub(super) fn read<'c>(
    text: &str,
    known: impl IntoIterator<Item = &'c Capability>,
) -> Result<Manifest, Problems> {
    let known = by_name(known);
    let document = Document::new("manifest", Code::ManifestInvalid, text);
    if text.len() > LONGEST {
        let what = format!("it is {} bytes long", text.len());
        return Err(Problem::new(Code::ManifestInvalid, document.place(0), what, "keep it to 1 MiB").into());
    }
    let remedy = "write it as TOML: `key = value` lines, and `[section]` headers";
    let table = document.parse(Code::ManifestInvalid, remedy)?;
    let mut reader = Reader { document };
    let manifest = reader.manifest(table.get_ref(), &known);
    reader.document.problems.into_result().map(|()| manifest)
}

struct Reader<'t> {
    document: Document<'t>,
}

/// A table, its name in problems, and its position.
#[derive(Clone, Copy)]
struct Section<'v, 't> {
    table: &'v DeTable<'t>,
    called: &'static str,
    at: usize,
}

/// Reads entries. A malformed entry is read as empty and reported as a problem.
impl<'t> Reader<'t> {
    fn manifest(&mut self, table: &DeTable<'t>, known: &Known<'t>) -> Manifest {
        let top = Section { table, called: "the manifest", at: 0 };
        self.check_keys(top, &KEYS);
        let name = self.name(top);
        let version = self.version(top);
        self.abi(top);
        let mut reasons = BTreeMap::new();
        let asked = self.section(top, "capabilities", "[capabilities]");
        let asked = asked.map(|section| self.asked(section.table, known, &mut reasons)).unwrap_or_default();
        let limits = self.section(top, "limits", "[limits]");
        let limits = limits.map(|section| self.limits(section)).unwrap_or_default();
        let exports = table.get("exports").map(|value| self.exports(value)).unwrap_or_default();
        Manifest { name, version, abi: ABI_VERSION, asked, reasons, limits, exports }
    }

    fn name(&mut self, top: Section<'_, 't>) -> String {
        let Some((name, at)) = self.text(top, "name", "name = \"my-plugin\"") else { return String::new() };
        if name.len() > 128 || !name.chars().all(is_plain) {
            let what = format!("the name `{}` is not one that every system can keep", printable(name));
            self.document.wrong(at, what, "use 1 to 128 ASCII letters, digits and `_ - .`");
        }
        name.to_owned()
    }

    fn version(&mut self, top: Section<'_, 't>) -> String {
        let example = "version = \"1.0.0\"";
        let Some((version, at)) = self.text(top, "version", example) else { return String::new() };
        if let Err(error) = semver::Version::parse(version) {
            let what = format!("`{}` is no semantic version ({error})", printable(version));
            self.document.wrong(at, what, format!("write one such as `{example}`"));
        }
        version.to_owned()
    }

    fn abi(&mut self, top: Section<'_, 't>) {
        let remedy = format!("abi = {ABI_VERSION}");
        let Some(value) = self.required(top, "abi", &remedy) else { return };
        let at = value.span().start;
        match integer(value.get_ref()) {
            Some(version) if version == i64::from(ABI_VERSION) => {}
            Some(version) => self.document.problem(
                Code::AbiVersion,
                at,
                format!("it is built for version {version} of the ABI, and this host speaks {ABI_VERSION}"),
                format!("build it against version {ABI_VERSION}, and write `{remedy}`"),
            ),
            None => self.wrong_kind("abi", value, &format!("write `{remedy}`")),
        }
    }

    fn asked(
        &mut self,
        table: &DeTable<'t>,
        known: &Known<'t>,
        reasons: &mut BTreeMap<&'static str, String>,
    ) -> Grants {
        let entries = self.document.capabilities(table, known, &CAPABILITY_KEYS, Code::AskedUnknown);
        let mut asked = Grants::none();
        for (capability, at, value) in entries {
            let DeValue::Table(table) = value else {
                let what = given_as(capability, value);
                let remedy = format!("say why: `\"{capability}\" = {{ reason = \"...\" }}`");
                self.document.wrong(at, what, remedy);
                continue;
            };
            self.document.check_keys(known, capability, "a capability", &CAPABILITY_KEYS, table);
            let section = Section { table, called: "the capability", at };
            if let Some((reason, _)) = self.text(section, "reason", "reason = \"...\"") {
                reasons.insert(capability.name(), reason.to_owned());
            }
            asked = self.ask(asked, capability, at, table);
        }
        asked
    }

    fn ask(&mut self, asked: Grants, capability: &Capability, at: usize, table: &DeTable<'t>) -> Grants {
        if !capability.is_scoped() {
            if let Some(key) = table.keys().find(|key| matches!(&**key.get_ref(), "allow" | "deny")) {
                let what = unscoped(capability);
                let remedy = format!("leave out `{}`", key.get_ref());
                self.document.problem(Code::ScopeNotTaken, key.span().start, what, remedy);
            }
            return asked.allow(capability);
        }
        let problems = self.document.problems.len();
        let Some(scope) = self.document.scope(capability, at, table) else { return asked };
        if scope.is_nothing() && self.document.problems.len() == problems {
            let what = format!("`allow` of `{capability}` is empty, which asks for nothing");
            self.document.wrong(at, what, "leave the capability out, or say what of it is needed");
        }
        asked.allow_scope(capability, scope).unwrap_or_default()
    }

    fn limits(&mut self, section: Section<'_, 't>) -> RequestedLimits {
        self.check_keys(section, &LIMIT_KEYS);
        let limits = RequestedLimits {
            memory: self.size(section, "memory"),
            table: self.count(section, "table"),
            time: self.time(section, "time"),
            args: self.size(section, "args"),
            reply: self.size(section, "reply"),
            fuel: self.count(section, "fuel"),
            calls: self.count(section, "calls"),
            refusals: self.count(section, "refusals"),
            depth: self.count(section, "depth"),
            log_lines: self.count(section, "log_lines"),
            log_bytes: self.size(section, "log_bytes"),
        };
        for problem in limits.problems() {
            let key = problem.location().trim_start_matches("limits.");
            let at = section.table.get(key).map_or(section.at, |value| value.span().start);
            self.document.wrong(at, format!("`{key}`: {}", problem.message()), problem.help());
        }
        limits
    }

    fn amount<T: TryFrom<u64>>(
        &mut self,
        section: Section<'_, 't>,
        key: &str,
        measure: Measure,
    ) -> Option<T> {
        let value = section.table.get(key)?;
        let amount = quantity::amount(key, &given(value.get_ref()), measure);
        amount.map_err(|wrong| self.document.wrong(value.span().start, wrong.message, wrong.help)).ok()
    }

    fn size<T: TryFrom<u64>>(&mut self, section: Section<'_, 't>, key: &str) -> Option<T> {
        self.amount(section, key, Measure::Size)
    }

    fn count<T: TryFrom<u64>>(&mut self, section: Section<'_, 't>, key: &str) -> Option<T> {
        self.amount(section, key, Measure::Count)
    }

    fn time(&mut self, section: Section<'_, 't>, key: &str) -> Option<Duration> {
        self.amount(section, key, Measure::Time).map(Duration::from_millis)
    }

    fn exports(&mut self, value: &Value<'t>) -> Vec<ManifestExport> {
        let DeValue::Array(exports) = value.get_ref() else {
            self.wrong_kind("exports", value, EACH_EXPORT);
            return Vec::new();
        };
        let mut read = Vec::new();
        let (mut contracts, mut entries) = (BTreeMap::new(), BTreeMap::new());
        for value in exports {
            let DeValue::Table(table) = value.get_ref() else {
                self.wrong_kind("exports", value, EACH_EXPORT);
                continue;
            };
            let section = Section { table, called: "the export", at: value.span().start };
            let export = self.export(section);
            self.check_once(section, &export, &mut contracts, &mut entries);
            read.push(export);
        }
        read
    }

    fn export(&mut self, section: Section<'_, 't>) -> ManifestExport {
        self.check_keys(section, &EXPORT_KEYS);
        let mut text = |key: &str, example: &str| {
            self.text(section, key, example).map(|(text, _)| text.to_owned()).unwrap_or_default()
        };
        let contract = text("contract", "contract = \"greeter\"");
        let kind = text("type", "type = \"greet\"");
        let entry = text("entry", "entry = \"greet\"");
        let reply = text("reply", "reply = \"unit\"");
        let args = self.args(section);
        let docs = section.table.get("docs").and_then(|value| self.docs(value));
        ManifestExport { contract, kind, entry, args, reply, docs }
    }

    fn args(&mut self, section: Section<'_, 't>) -> Vec<String> {
        let Some(value) = self.required(section, "args", "args = [\"str\"]") else { return Vec::new() };
        let each = "write each shape as a string: `\"str\"`";
        let shapes =
            self.document.strings("args", value, "write a list of shapes: `[\"str\", \"u32\"]`", each);
        for shape in &shapes {
            self.check_text("args", shape.text, shape.at);
        }
        shapes.into_iter().map(|shape| shape.text.to_owned()).collect()
    }

    fn docs(&mut self, value: &Value<'t>) -> Option<String> {
        let docs = value.get_ref().as_str().map(str::to_owned);
        if docs.is_none() {
            self.wrong_kind("docs", value, "write a string");
        }
        docs
    }

    fn check_once(
        &mut self,
        section: Section<'_, 't>,
        export: &ManifestExport,
        contracts: &mut BTreeMap<(String, String), usize>,
        entries: &mut BTreeMap<String, usize>,
    ) {
        let at = |key| section.table.get(key).map_or(section.at, |value| value.span().start);
        let ManifestExport { contract, kind, entry, .. } = export;
        if let Some(first) = contracts.insert((contract.clone(), kind.clone()), at("contract"))
            && !contract.is_empty()
            && !kind.is_empty()
        {
            let what = format!(
                "type `{}` of contract `{}` is exported in line {} too",
                printable(kind),
                printable(contract),
                self.document.line(first)
            );
            self.document.problem(Code::DuplicateContract, at("contract"), what, "keep one of the two");
        }
        if let Some(first) = entries.insert(entry.clone(), at("entry"))
            && !entry.is_empty()
        {
            let what = format!(
                "`{}` is the entry of the export in line {} too",
                printable(entry),
                self.document.line(first)
            );
            self.document.problem(Code::DuplicateEntry, at("entry"), what, "give each an export of its own");
        }
    }

    fn section<'v>(
        &mut self,
        top: Section<'v, 't>,
        key: &str,
        called: &'static str,
    ) -> Option<Section<'v, 't>> {
        let value = top.table.get(key)?;
        if let DeValue::Table(table) = value.get_ref() {
            return Some(Section { table, called, at: value.span().start });
        }
        self.wrong_kind(key, value, &format!("write a section `{called}`"));
        None
    }

    fn check_keys(&mut self, section: Section<'_, 't>, keys: &[&str]) {
        for key in section.table.keys().filter(|key| !keys.contains(&&**key.get_ref())) {
            self.document.unknown_key(section.called, section.called, keys, key.get_ref(), key.span().start);
        }
    }

    fn required<'v>(&mut self, section: Section<'v, 't>, key: &str, example: &str) -> Option<&'v Value<'t>> {
        let value = section.table.get(key);
        if value.is_none() {
            let what = format!("{} has no `{key}`", section.called);
            self.document.wrong(section.at, what, format!("add `{example}`"));
        }
        value
    }

    /// A line of text that is required, and where it stands.
    fn text<'v>(&mut self, section: Section<'v, 't>, key: &str, example: &str) -> Option<(&'v str, usize)> {
        let value = self.required(section, key, example)?;
        let at = value.span().start;
        let Some(text) = value.get_ref().as_str() else {
            self.wrong_kind(key, value, &format!("write a string: `{example}`"));
            return None;
        };
        self.check_text(key, text, at).then_some((text, at))
    }

    fn check_text(&mut self, key: &str, text: &str, at: usize) -> bool {
        if text.trim().is_empty() {
            self.document.wrong(at, format!("`{key}` is blank"), "write a value");
            return false;
        }
        if text.contains(char::is_control) {
            self.document.wrong(at, format!("`{key}` has a control character in it"), "write it in one line");
            return false;
        }
        true
    }

    fn wrong_kind(&mut self, key: &str, value: &Value<'t>, remedy: &str) {
        self.document.wrong(value.span().start, format!("`{key}` is {}", kind(value.get_ref())), remedy);
    }
}
