//! Names of host functions in JavaScript.

use hostfn_core::FunctionRow;

/// Other names of functions: specifier, name, and the name that it stands for.
const ALIASES: [(&str, &str, &str); 3] = [
    ("host:kv", "openKv", "openToWrite"),
    ("host:sql", "openSql", "openWrite"),
    ("host:ffi", "dlopen", "load"),
];

/// The module that exports the function: its host module, or the one it is imported from.
pub(crate) fn specifier(row: &FunctionRow) -> String {
    format!("host:{}", row.group.as_deref().unwrap_or(&row.module))
}

/// The exported name: without the host module's prefix, in camel case.
pub(crate) fn export(row: &FunctionRow) -> String {
    let prefix = row.group.as_deref().and_then(|group| row.name.strip_prefix(group)?.strip_prefix('_'));
    camel(prefix.filter(|rest| !rest.is_empty()).unwrap_or(&row.name))
}

/// Returns the name that `name` of `specifier` stands for, where it is an alias.
pub(crate) fn aliased<'n>(specifier: &str, name: &'n str) -> &'n str {
    let alias = ALIASES.iter().find(|(module, alias, _)| *module == specifier && *alias == name);
    alias.map_or(name, |(.., stands_for)| stands_for)
}

/// `compare_and_set` as `compareAndSet`.
pub(crate) fn camel(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut is_start = false;
    for c in name.chars() {
        if !c.is_ascii_alphanumeric() {
            is_start = !out.is_empty();
        } else if std::mem::take(&mut is_start) {
            out.push(c.to_ascii_uppercase());
        } else {
            out.push(c);
        }
    }
    if out.starts_with(|c: char| c.is_ascii_digit()) || out.is_empty() {
        out.insert(0, '_');
    }
    out
}

/// Returns true if `word` stands in one of the sources as a whole word, in code, text or comments.
pub(crate) fn occurs(sources: &[(String, String)], word: &str) -> bool {
    sources.iter().any(|(_, text)| find(text, word).is_some())
}

/// The first place of `word` as a whole word.
pub(crate) fn find(text: &str, word: &str) -> Option<usize> {
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
    let is_whole =
        |at: usize| !text[..at].ends_with(is_part) && !text[at + word.len()..].starts_with(is_part);
    text.match_indices(word).map(|(at, _)| at).find(|at| is_whole(*at))
}

/// The known name that is most like `name`, if any is.
pub(crate) fn near<'k>(name: &str, known: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    if name.len() > 256 {
        return None;
    }
    let most = name.len() / 3 + 1;
    let distances = known.map(|known| (strsim::osa_distance(name, known), known));
    distances.filter(|(distance, _)| *distance <= most).min().map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::{camel, near, occurs};

    #[test]
    fn names_are_in_camel_case() {
        let names = ["compare_and_set", "greet", "draw-figure", "sha256_of", "2d", "alreadyCamel"].map(camel);
        assert_eq!(names, ["compareAndSet", "greet", "drawFigure", "sha256Of", "_2d", "alreadyCamel"]);
    }

    #[test]
    fn words_are_whole() {
        let sources = [("a.js".to_owned(), "store.getAll(); $get; // set".to_owned())];
        assert_eq!(
            ["get", "getAll", "set", "store"].map(|word| occurs(&sources, word)),
            [false, true, true, true]
        );
    }

    #[test]
    fn near_names_are_alike() {
        let known = ["get", "set", "compareAndSet"];
        assert_eq!(near("compareAndSwap", known.into_iter()), Some("compareAndSet"));
        assert_eq!(near("somethingElse", known.into_iter()), None);
    }
}
