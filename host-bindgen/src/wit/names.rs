//! Names in WIT: words of lower-case letters and digits, joined by `-`.

use std::collections::BTreeMap;

use hostfn_core::{Code, Problem};

use crate::model::{Function, Model};

/// Keywords of WIT, of this version and of earlier ones.
const KEYWORDS: &[&str] = &[
    "_",
    "as",
    "async",
    "bool",
    "borrow",
    "char",
    "constructor",
    "enum",
    "error-context",
    "export",
    "f32",
    "f64",
    "flags",
    "float32",
    "float64",
    "from",
    "func",
    "future",
    "import",
    "include",
    "interface",
    "list",
    "map",
    "option",
    "own",
    "package",
    "record",
    "resource",
    "result",
    "s16",
    "s32",
    "s64",
    "s8",
    "static",
    "stream",
    "string",
    "tuple",
    "type",
    "u16",
    "u32",
    "u64",
    "u8",
    "union",
    "use",
    "variant",
    "with",
    "world",
];

/// `compare_and_set` and `compareAndSet` as `compare-and-set`; empty for a name without ASCII letters and digits. A word
/// that begins with a digit belongs to the word before it: older tools read no others.
pub(super) fn kebab(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let (mut is_start, mut lower_before) = (false, false);
    for c in text.chars() {
        if !c.is_ascii_alphanumeric() {
            (is_start, lower_before) = (!out.is_empty(), false);
            continue;
        }
        is_start |= c.is_ascii_uppercase() && lower_before;
        if std::mem::take(&mut is_start) && !c.is_ascii_digit() {
            out.push('-');
        }
        lower_before = !c.is_ascii_uppercase();
        out.push(c.to_ascii_lowercase());
    }
    if out.starts_with(|c: char| c.is_ascii_digit()) {
        out.insert(0, 'n');
    }
    out
}

/// The name as it is written in a file: a keyword is marked.
pub(super) fn ident(name: &str) -> String {
    if KEYWORDS.contains(&name) { format!("%{name}") } else { name.to_owned() }
}

/// The name of a function: without the prefix of its group.
pub(super) fn function(function: &Function) -> String {
    let prefix = function.name.strip_prefix(&function.group).and_then(|rest| rest.strip_prefix('_'));
    kebab(prefix.filter(|rest| !kebab(rest).is_empty()).unwrap_or(&function.name))
}

/// Names of one scope, each with the place that has it.
#[derive(Default)]
pub(super) struct Scope(BTreeMap<String, String>);

impl Scope {
    /// Adds the name of `place`, or a problem with it. `of` is the name before it was changed.
    pub(super) fn add(&mut self, name: &str, of: &str, place: &str, problems: &mut Vec<Problem>) {
        if name.is_empty() {
            let what = format!("`{of}` has no ASCII letters or digits, and WIT names have no others");
            problems.push(Problem::new(Code::BindingName, place, what, "rename it"));
        } else if let Some(other) = self.0.get(name) {
            let other = if other.contains('`') { other.clone() } else { format!("`{other}`") };
            let what = format!("{other} is called `{name}` in WIT too");
            problems.push(Problem::new(Code::BindingName, place, what, "rename one of the two"));
        } else {
            self.0.insert(name.to_owned(), place.to_owned());
        }
    }

    /// A name that is not taken: `wanted`, with `-type` as often as it takes.
    pub(super) fn free(&mut self, wanted: &str) -> String {
        let mut name = wanted.to_owned();
        while self.0.contains_key(&name) {
            name += "-type";
        }
        self.0.insert(name.clone(), String::new());
        name
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }
}

/// Names of the types and handles, which are the same in all interfaces unless a function has the name.
pub(super) struct TypeNames {
    pub(super) types: Vec<String>,
    pub(super) handles: Vec<String>,
}

/// The record that every function fails with.
pub(super) const ERROR: &str = "error";

impl TypeNames {
    /// Names those types and handles that `is_used` and `is_held` tell of.
    pub(super) fn new(
        model: &Model,
        is_used: &[bool],
        is_held: &[bool],
        problems: &mut Vec<Problem>,
    ) -> Self {
        let mut scope = Scope::default();
        scope.free(ERROR);
        let mut name = |of: &str, is_used: bool| {
            let name = kebab(of);
            let name = if name == ERROR { "error-value".to_owned() } else { name };
            if is_used {
                scope.add(&name, of, &format!("type `{of}`"), problems);
            }
            name
        };
        let types = model.types.iter().zip(is_used).map(|(named, used)| name(&named.name, *used)).collect();
        let handles =
            model.handles.iter().zip(is_held).map(|(handle, held)| name(&handle.name, *held)).collect();
        TypeNames { types, handles }
    }
}

#[cfg(test)]
mod tests {
    use super::{ident, kebab};

    #[test]
    fn names_are_words_of_lower_case() {
        let names = [
            ("compare_and_set", "compare-and-set"),
            ("compareAndSet", "compare-and-set"),
            ("HTTPServer", "httpserver"),
            ("sha_256", "sha256"),
            ("sha256Of", "sha256-of"),
            ("2d", "n2d"),
            ("__a__b__", "a-b"),
            ("greeter.v1", "greeter-v1"),
            ("naïve", "na-ve"),
            ("é", ""),
            ("_", ""),
            ("", ""),
        ];
        for (name, expected) in names {
            assert_eq!(kebab(name), expected, "{name}");
        }
        assert_eq!([ident("type"), ident("kind")], ["%type", "kind"].map(str::to_owned));
    }
}
