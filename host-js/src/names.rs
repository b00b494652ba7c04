//! Names of host functions in JavaScript.

/// Returns true if `word` stands in one of the sources as a whole word, in code, text or comments.
pub(crate) fn occurs(sources: &[(String, String)], word: &str) -> bool {
    sources.iter().any(|(_, text)| find(text, word).is_some())
}

/// Returns true if one of the sources has `word` as the name of a member: `.word`, `["word"]`, or `{ word }`.
pub(crate) fn is_member(sources: &[(String, String)], word: &str) -> bool {
    let is_member = |text: &str, at: usize| {
        let (before, after) = (text[..at].trim_end(), text[at + word.len()..].trim_start());
        before.ends_with('.')
            || before.ends_with(['"', '\'', '`']) && after.starts_with(['"', '\'', '`'])
            || before.ends_with(['{', ',']) && after.starts_with(['}', ',', ':', '='])
    };
    sources.iter().any(|(_, text)| places(text, word).any(|at| is_member(text, at)))
}

/// The first place of `word` as a whole word.
pub(crate) fn find(text: &str, word: &str) -> Option<usize> {
    places(text, word).next()
}

/// The places of `word` as a whole word.
fn places(text: &str, word: &str) -> impl Iterator<Item = usize> {
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
    let is_whole =
        move |at: usize| !text[..at].ends_with(is_part) && !text[at + word.len()..].starts_with(is_part);
    text.match_indices(word).map(|(at, _)| at).filter(move |at| is_whole(*at))
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
    use super::{is_member, near, occurs};

    #[test]
    fn words_are_whole() {
        let sources = [("a.js".to_owned(), "store.getAll(); $get; // set".to_owned())];
        assert_eq!(
            ["get", "getAll", "set", "store"].map(|word| occurs(&sources, word)),
            [false, true, true, true]
        );
    }

    #[test]
    fn members_are_told_from_other_words() {
        let of = |text: &str| is_member(&[("a.js".to_owned(), text.to_owned())], "count");
        let members = [
            "store.count()",
            "store?.count",
            "a\n  . count",
            "s['count']",
            "let { get, count } = s",
            "{ count: n }",
        ];
        assert_eq!(members.map(of), [true; 6]);
        let others =
            ["let count = 1", "`select count(*) from t`", "// count them", "return count", "s.counts()"];
        assert_eq!(others.map(of), [false; 5]);
    }

    #[test]
    fn near_names_are_alike() {
        let known = ["get", "set", "compareAndSet"];
        assert_eq!(near("compareAndSwap", known.into_iter()), Some("compareAndSet"));
        assert_eq!(near("somethingElse", known.into_iter()), None);
    }
}
