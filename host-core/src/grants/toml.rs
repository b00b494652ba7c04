//! The grants file.

use std::collections::BTreeMap;

use toml::Spanned;
use toml::de::{DeTable, DeValue, Error};

use super::Grants;
use crate::capability::Capability;
use crate::error::{Code, Problem, Problems, near};
use crate::scope::Scope;

pub(super) fn read<'c>(
    text: &str,
    known: impl IntoIterator<Item = &'c Capability>,
) -> Result<Grants, Problems> {
    let table = DeTable::parse(text).map_err(|error| syntax(text, &error))?;
    let known = known.into_iter().map(|capability| (capability.name(), capability)).collect();
    let mut reader =
        Reader { text, known, entries: BTreeMap::new(), grants: Grants::none(), problems: Vec::new() };
    for (key, value) in table.get_ref() {
        reader.entry(key.get_ref(), key.span().start, value);
    }
    Problems::check(reader.problems).map(|()| reader.grants)
}

pub(super) fn write(grants: &Grants) -> String {
    let lines = grants.iter().map(|(name, scope)| format!("{} = {}\n", quoted(name), entry(scope)));
    lines.collect::<Vec<_>>().concat()
}

fn entry(scope: &Scope) -> String {
    if scope.is_everything() {
        return "true".to_owned();
    }
    let allow = scope.allow_patterns().map_or_else(|| "true".to_owned(), list);
    let deny = list(scope.deny_patterns());
    if deny == "[]" {
        format!("{{ allow = {allow} }}")
    } else {
        format!("{{ allow = {allow}, deny = {deny} }}")
    }
}

fn list<'p>(patterns: impl Iterator<Item = &'p str>) -> String {
    format!("[{}]", patterns.map(quoted).collect::<Vec<_>>().join(", "))
}

/// Names and patterns have no control characters in them, which TOML would want escaped too.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', r"\\").replace('"', "\\\""))
}

fn syntax(text: &str, error: &Error) -> Problem {
    let (line, column) = position(text, error.span().map_or(0, |span| span.start));
    Problem::new(
        Code::GrantsSyntax,
        format!("grants line {line}, column {column}"),
        error.message().replace('\n', ", "),
        r#"write an entry as `"greet" = true` or `"fs.read" = { allow = ["/data/**"] }`"#,
    )
}

fn position(text: &str, offset: usize) -> (usize, usize) {
    let before = &text[..text.floor_char_boundary(offset)];
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

struct Reader<'t> {
    text: &'t str,
    known: BTreeMap<&'static str, &'t Capability>,
    /// Where each capability has its entry.
    entries: BTreeMap<&'static str, usize>,
    grants: Grants,
    problems: Vec<Problem>,
}

impl<'t> Reader<'t> {
    fn entry(&mut self, name: &str, at: usize, value: &Spanned<DeValue<'t>>) {
        if let Some(&capability) = self.known.get(name) {
            return self.grant(capability, at, value.get_ref());
        }
        match value.get_ref() {
            // TOML reads a bare `fs.read` as the key `read` of a table `fs`
            DeValue::Table(table)
                if !table.is_empty() && !table.contains_key("allow") && !table.contains_key("deny") =>
            {
                for (key, value) in table {
                    self.entry(&format!("{name}.{}", key.get_ref()), key.span().start, value);
                }
            }
            _ => self.unknown(name, at),
        }
    }

    fn grant(&mut self, capability: &'t Capability, at: usize, value: &DeValue<'t>) {
        if let Some(other) = self.entries.insert(capability.name(), at) {
            let what = format!("`{capability}` has another entry in line {}", self.line(at.min(other)));
            self.problem(Code::BadGrant, at.max(other), what, "keep one of the two");
        }
        match value {
            DeValue::Boolean(false) => {}
            DeValue::Boolean(true) => {
                self.grants.insert(capability, Scope::everything(capability.scope_kind()));
            }
            DeValue::Table(_) | DeValue::Array(_) if !capability.is_scoped() => {
                let what = format!("`{capability}` has no scope to narrow");
                let remedy = format!("write `\"{capability}\" = true`");
                self.problem(Code::ScopeNotTaken, at, what, remedy);
            }
            DeValue::Table(table) => self.scope(capability, at, table),
            other => {
                let what = format!("`{capability}` is given as {}", kind(other));
                let table =
                    if capability.is_scoped() { r#", or `{ allow = ["..."] }` with patterns"# } else { "" };
                self.problem(Code::BadGrant, at, what, format!("write `true`{table}"));
            }
        }
    }

    fn scope(&mut self, capability: &'t Capability, at: usize, table: &DeTable<'t>) {
        for key in table.keys().filter(|key| !matches!(&**key.get_ref(), "allow" | "deny")) {
            self.unknown_key(capability, key.get_ref(), key.span().start);
        }
        let allow = match table.get("allow") {
            None => {
                let what = format!("the table of `{capability}` has no `allow`");
                let remedy =
                    r#"add `allow = ["..."]`, or `allow = true` for everything that `deny` does not match"#;
                self.problem(Code::BadGrant, at, what, remedy);
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
        match scope {
            Ok(scope) => self.grants.insert(capability, scope),
            Err(errors) => {
                // errors come in the order of their patterns
                let mut patterns = allow.iter().flatten().chain(&deny);
                for error in errors {
                    let at = patterns
                        .find(|pattern| pattern.text == error.pattern())
                        .map_or(at, |pattern| pattern.at);
                    self.problems.push(error.at(self.place(at)));
                }
            }
        }
    }

    /// The strings of a list. What else it holds is a problem, as is what is no list.
    fn patterns<'v>(&mut self, key: &str, value: &'v Spanned<DeValue<'t>>) -> Vec<Listed<'v>> {
        let DeValue::Array(array) = value.get_ref() else {
            let what = format!("`{key}` is {}", kind(value.get_ref()));
            let or_true = if key == "allow" { ", or `true` for everything" } else { "" };
            let remedy = format!("write a list of patterns{or_true}");
            self.problem(Code::BadGrant, value.span().start, what, remedy);
            return Vec::new();
        };
        let mut patterns = Vec::new();
        for value in array {
            let at = value.span().start;
            if let Some(text) = value.get_ref().as_str() {
                patterns.push(Listed { text, at });
            } else {
                let what = format!("`{key}` has {} in its list", kind(value.get_ref()));
                self.problem(Code::BadGrant, at, what, "write each pattern as a string");
            }
        }
        patterns
    }

    fn unknown(&mut self, name: &str, at: usize) {
        let mut meant = near(name, self.known.keys().copied());
        if meant.is_empty() {
            let beneath = format!("{name}.");
            meant = self.known.keys().copied().filter(|known| known.starts_with(&beneath)).collect();
        }
        let remedy = match &*meant {
            [] => "leave it out, or register a function that requires it".to_owned(),
            meant => format!("did you mean `{}`?", meant.join("` or `")),
        };
        let what = format!("no registered function requires `{name}`");
        self.problem(Code::UnknownCapability, at, what, remedy);
    }

    fn unknown_key(&mut self, capability: &Capability, key: &str, at: usize) {
        let nested = format!("{capability}.{key}");
        let remedy = if self.known.contains_key(&*nested) {
            format!("write `\"{nested}\"`, quoted, as an entry of its own")
        } else {
            match &*near(key, ["allow", "deny"]) {
                [nearest, ..] => format!("did you mean `{nearest}`?"),
                [] => "a grant has no keys but `allow` and `deny`".to_owned(),
            }
        };
        let what = format!("the table of `{capability}` has the key `{key}`");
        self.problem(Code::BadGrant, at, what, remedy);
    }

    fn problem(&mut self, code: Code, at: usize, what: impl Into<String>, remedy: impl Into<String>) {
        self.problems.push(Problem::new(code, self.place(at), what, remedy));
    }

    fn place(&self, at: usize) -> String {
        format!("grants line {}", self.line(at))
    }

    fn line(&self, at: usize) -> usize {
        position(self.text, at).0
    }
}

/// A pattern and where it stands.
struct Listed<'v> {
    text: &'v str,
    at: usize,
}

impl AsRef<str> for Listed<'_> {
    fn as_ref(&self) -> &str {
        self.text
    }
}

fn kind(value: &DeValue<'_>) -> String {
    let kind = value.type_str();
    let article = if kind.starts_with(['a', 'i']) { "an" } else { "a" };
    format!("{article} {kind}")
}
