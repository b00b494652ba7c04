/// No name that can be meant is longer, in bytes.
const LONGEST_NAME: usize = 256;

/// The names in `known` that are near `wrong`, nearest first, for "did you mean": none for a name over 256 bytes.
pub(crate) fn near<'a>(wrong: &str, known: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    if wrong.len() > LONGEST_NAME {
        return Vec::new();
    }
    let length = wrong.chars().count();
    let mut scored: Vec<(usize, &str)> = known
        .into_iter()
        .filter_map(|name| {
            let most = 1 + name.len() / 3;
            // two names are at least as far apart as their lengths; comparing them takes the product of these
            let may_be_near = name.len() <= LONGEST_NAME && name.chars().count().abs_diff(length) <= most;
            let distance = may_be_near.then(|| strsim::levenshtein(wrong, name))?;
            (distance <= most).then_some((distance, name))
        })
        .collect();
    scored.sort_unstable();
    scored.dedup();
    scored.into_iter().take(3).map(|(_, name)| name).collect()
}
