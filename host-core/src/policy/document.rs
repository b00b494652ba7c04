//! TOML files that people write: what grants and manifests are read with.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::error::{Code, Problem, ProblemList, TOO_DEEP, misleads, near, printable, toml_too_deep};
use crate::policy::Scope;
use crate::policy::quantity::Given;
use crate::spec::Capability;

/// Capabilities by name.
pub(crate) type Known<'c> = BTreeMap<&'static str, &'c Capability>;

pub(crate) fn by_name<'c>(known: impl IntoIterator<Item = &'c Capability>) -> Known<'c> {
    known.into_iter().map(|capability| (capability.name(), capability)).collect()
}

/// The entry of a capability and where it stands.
pub(crate) type CapabilityEntry<'v, 't> = (&'t Capability, usize, &'v DeValue<'t>);

/// No capability has a name as long, in bytes.
const LONGEST_NAME: usize = 128;

/// The message for a scope where none is taken.
pub(crate) fn unscoped(capability: &Capability) -> String {
    format!("`{capability}` has no scope to narrow")
}

/// The message for a capability whose value is of the wrong kind.
pub(crate) fn given_as(capability: &Capability, value: &DeValue<'_>) -> String {
    format!("`{capability}` is given as {}", kind(value))
}

/// A file and what is wrong with it so far. Places in it are offsets in bytes.
pub(crate) struct Document<'t> {
    /// The name of the file in error locations.
    name: &'static str,
    /// The code of what is in order as TOML and makes no sense.
    wrong: Code,
    text: &'t str,
    line_starts: Vec<usize>,
    pub(crate) problems: ProblemList,
}

impl<'t> Document<'t> {
    pub(crate) fn new(name: &'static str, wrong: Code, text: &'t str) -> Self {
        let ends = text.match_indices('\n').map(|(at, _)| at + 1);
        let line_starts = std::iter::once(0).chain(ends).collect();
        Self { name, wrong, text, line_starts, problems: ProblemList::new() }
    }

    /// Reads it as TOML; a failure has `code` and `remedy`.
    pub(crate) fn parse(&self, code: Code, remedy: &str) -> Result<Spanned<DeTable<'t>>, Problem> {
        if let Some(at) = toml_too_deep(self.text) {
            return Err(Problem::new(code, self.place(at), TOO_DEEP, remedy));
        }
        DeTable::parse(self.text).map_err(|error| {
            let at = self.text.floor_char_boundary(error.span().map_or(0, |span| span.start));
            let line = self.line(at);
            let column = self.text[self.line_starts[line - 1]..at].chars().count() + 1;
            let place = format!("{} line {line}, column {column}", self.name);
            Problem::new(code, place, error.message().replace('\n', ", "), remedy)
        })
    }

    /// Counted from 1.
    pub(crate) fn line(&self, at: usize) -> usize {
        self.line_starts.partition_point(|start| *start <= at)
    }

    pub(crate) fn place(&self, at: usize) -> String {
        format!("{} line {}", self.name, self.line(at))
    }

    pub(crate) fn problem(
        &mut self,
        code: Code,
        at: usize,
        what: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        let place = self.place(at);
        self.problems.push_with(|| Problem::new(code, place, what, remedy));
    }

    pub(crate) fn wrong(&mut self, at: usize, what: impl Into<String>, remedy: impl Into<String>) {
        self.problem(self.wrong, at, what, remedy);
    }

    /// A key that `owner` does not have; `table` says which one of them it is.
    pub(crate) fn unknown_key(&mut self, table: &str, owner: &str, keys: &[&str], key: &str, at: usize) {
        let meant = if self.problems.may_suggest() { near(key, keys.iter().copied()) } else { Vec::new() };
        let remedy = match &*meant {
            [nearest, ..] => format!("did you mean `{nearest}`?"),
            [] => format!("{owner} has no keys but `{}`", keys.join("`, `")),
        };
        self.wrong(at, format!("{table} has the key `{}`", printable(key)), remedy);
    }

    /// The entries of known capabilities in a table, whose own tables have one of `keys` at least. An unknown
    /// one is a problem with the code `unknown`, as is a second entry for one capability.
    pub(crate) fn capabilities<'v>(
        &mut self,
        table: &'v DeTable<'t>,
        known: &Known<'t>,
        keys: &[&str],
        unknown: Code,
    ) -> Vec<CapabilityEntry<'v, 't>> {
        let mut found = Vec::new();
        for (key, value) in table {
            self.entry(key.get_ref(), key.span().start, value, (known, keys, unknown), &mut found);
        }
        self.check_once(&found);
        found
    }

    fn entry<'v>(
        &mut self,
        name: &str,
        at: usize,
        value: &'v Spanned<DeValue<'t>>,
        looking_for: (&Known<'t>, &[&str], Code),
        found: &mut Vec<CapabilityEntry<'v, 't>>,
    ) {
        let (known, keys, unknown) = looking_for;
        if let Some(&capability) = known.get(name) {
            return found.push((capability, at, value.get_ref()));
        }
        match value.get_ref() {
            // TOML reads a bare `fs.read` as the key `read` of a table `fs`; longer names than a capability can have
            // are not put together, because tables can be nested by the thousand
            DeValue::Table(table)
                if !table.is_empty()
                    && name.len() <= LONGEST_NAME
                    && !keys.iter().any(|key| table.contains_key(*key)) =>
            {
                for (key, value) in table {
                    let name = format!("{name}.{}", key.get_ref());
                    self.entry(&name, key.span().start, value, looking_for, found);
                }
            }
            _ => self.unknown(name, at, known, unknown),
        }
    }

    fn check_once(&mut self, entries: &[CapabilityEntry<'_, 't>]) {
        let mut seen = BTreeMap::new();
        for &(capability, at, _) in entries {
            match seen.entry(capability.name()) {
                Entry::Vacant(slot) => drop(slot.insert(at)),
                Entry::Occupied(slot) => {
                    let (first, second) = (at.min(*slot.get()), at.max(*slot.get()));
                    let what = format!("`{capability}` has another entry in line {}", self.line(first));
                    self.wrong(second, what, "keep one of the two");
                }
            }
        }
    }

    fn unknown(&mut self, name: &str, at: usize, known: &Known<'t>, code: Code) {
        let mut meant = Vec::new();
        if self.problems.may_suggest() {
            meant = near(name, known.keys().copied());
            if meant.is_empty() {
                let beneath = format!("{name}.");
                meant = known.keys().copied().filter(|known| known.starts_with(&beneath)).collect();
            }
        }
        let remedy = match &*meant {
            [] => "leave it out, or register a function that requires it".to_owned(),
            meant => format!("did you mean `{}`?", meant.join("` or `")),
        };
        self.problem(code, at, format!("no registered function requires `{}`", printable(name)), remedy);
    }

    /// Checks whether a capability's table has `keys` alone; `owner` is what such a table is called.
    pub(crate) fn check_keys(
        &mut self,
        known: &Known<'t>,
        capability: &Capability,
        owner: &str,
        keys: &[&str],
        table: &DeTable<'t>,
    ) {
        for key in table.keys().filter(|key| !keys.contains(&&**key.get_ref())) {
            let (at, key) = (key.span().start, key.get_ref());
            let nested = format!("{capability}.{key}");
            let of = format!("the table of `{capability}`");
            if key.len() <= LONGEST_NAME && known.contains_key(&*nested) {
                let remedy = format!("write `\"{nested}\"`, quoted, as an entry of its own");
                self.wrong(at, format!("{of} has the key `{key}`"), remedy);
            } else {
                self.unknown_key(&of, owner, keys, key, at);
            }
        }
    }

    /// The scope that `allow` and `deny` of a capability's table say.
    pub(crate) fn scope(&mut self, capability: &Capability, at: usize, table: &DeTable<'t>) -> Option<Scope> {
        let allow = match table.get("allow") {
            None => {
                let what = format!("the table of `{capability}` has no `allow`");
                let remedy =
                    r#"add `allow = ["..."]`, or `allow = true` for everything that `deny` does not match"#;
                self.wrong(at, what, remedy);
                None
            }
            Some(value) if matches!(value.get_ref(), DeValue::Boolean(true)) => None,
            Some(value) => Some(self.patterns("allow", value)),
        };
        let deny = table.get("deny").map_or_else(Vec::new, |value| self.patterns("deny", value));
        let kind = capability.scope_kind();
        let scope = match &allow {
            Some(allow) => Scope::new(kind, allow, &deny),
            None => Scope::everything_but(kind, &deny),
        };
        let errors = match scope {
            Ok(scope) => return Some(scope),
            Err(errors) => errors,
        };
        // errors come in the order of their patterns
        let mut patterns = allow.iter().flatten().chain(&deny);
        for error in errors {
            let at =
                patterns.find(|pattern| pattern.text == error.pattern()).map_or(at, |pattern| pattern.at);
            let place = self.place(at);
            self.problems.push_with(|| error.at(place));
        }
        None
    }

    /// The strings of a list. What else it holds is a problem, as is what is no list.
    fn patterns<'v>(&mut self, key: &str, value: &'v Spanned<DeValue<'t>>) -> Vec<Listed<'v>> {
        let or_true = if key == "allow" { ", or `true` for everything" } else { "" };
        self.strings(
            key,
            value,
            &format!("write a list of patterns{or_true}"),
            "write each pattern as a string",
        )
    }

    /// The strings of a list. What else it holds is a problem with the remedy `each`, what is no list one with
    /// the remedy `list`.
    pub(crate) fn strings<'v>(
        &mut self,
        key: &str,
        value: &'v Spanned<DeValue<'t>>,
        list: &str,
        each: &str,
    ) -> Vec<Listed<'v>> {
        let DeValue::Array(array) = value.get_ref() else {
            self.wrong(value.span().start, format!("`{key}` is {}", kind(value.get_ref())), list);
            return Vec::new();
        };
        let mut strings = Vec::new();
        for value in array {
            let at = value.span().start;
            if let Some(text) = value.get_ref().as_str() {
                strings.push(Listed { text, at });
            } else {
                self.wrong(at, format!("`{key}` has {} in its list", kind(value.get_ref())), each);
            }
        }
        strings
    }
}

/// A string and where it stands.
pub(crate) struct Listed<'v> {
    pub(crate) text: &'v str,
    pub(crate) at: usize,
}

impl AsRef<str> for Listed<'_> {
    fn as_ref(&self) -> &str {
        self.text
    }
}

/// Returns what a value is, with its article.
pub(crate) fn kind(value: &DeValue<'_>) -> String {
    let kind = value.type_str();
    let article = if kind.starts_with(['a', 'i']) { "an" } else { "a" };
    format!("{article} {kind}")
}

/// A whole number.
pub(crate) fn integer(value: &DeValue<'_>) -> Option<i64> {
    match value {
        DeValue::Integer(integer) => i64::from_str_radix(integer.as_str(), integer.radix()).ok(),
        _ => None,
    }
}

/// A value where an amount is expected.
pub(crate) fn given<'v>(value: &'v DeValue<'_>) -> Given<'v> {
    match (value.as_str(), integer(value).and_then(|number| u64::try_from(number).ok())) {
        (Some(text), _) => Given::Text(text),
        (None, Some(number)) => Given::Number(number),
        (None, None) => Given::Other(kind(value)),
    }
}

/// A string as TOML writes it.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out += "\\n",
            c if misleads(c) && u32::from(c) > 0xffff => out += &format!("\\U{:08x}", u32::from(c)),
            c if misleads(c) => out += &format!("\\u{:04x}", u32::from(c)),
            c => out.push(c),
        }
    }
    out + "\""
}

/// A list of strings as TOML writes it.
pub(crate) fn list<'p>(texts: impl Iterator<Item = &'p str>) -> String {
    format!("[{}]", texts.map(quoted).collect::<Vec<_>>().join(", "))
}

/// The keys `allow` and `deny` of a scope, as they stand in an inline table.
pub(crate) fn scope_keys(scope: &Scope) -> String {
    let allow = scope.allow_patterns().map_or_else(|| "true".to_owned(), list);
    if scope.deny_patterns().len() == 0 {
        format!("allow = {allow}")
    } else {
        format!("allow = {allow}, deny = {}", list(scope.deny_patterns()))
    }
}
