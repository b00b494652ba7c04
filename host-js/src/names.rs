//! Names of host functions in JavaScript.

use hostfn_bindgen::javascript::{ALIASES, Alias};

/// Returns the alias `name` of `specifier`, where it is one.
pub(crate) fn alias(specifier: &str, name: &str) -> Option<&'static Alias> {
    ALIASES.iter().find(|alias| alias.specifier == specifier && alias.name == name)
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
    use super::{near, occurs};

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
