//! Names of the listing as identifiers.

use std::collections::BTreeSet;

/// Letters, digits and underscores, not beginning with a digit.
pub(crate) fn ident(text: &str) -> String {
    let mut out: String =
        text.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '_' }).collect();
    if out.chars().next().is_none_or(|first| first.is_ascii_digit()) {
        out.insert(0, '_');
    }
    out
}

/// `greeter.v1` and `noSuchBook` as `greeter_v1` and `no_such_book`.
pub(crate) fn snake(text: &str) -> String {
    words(text).join("_")
}

/// `no_such_book` as `NoSuchBook`.
pub(crate) fn pascal(text: &str) -> String {
    let joined: String = words(text).iter().map(|word| capitalised(word)).collect();
    ident(&joined)
}

/// A Rust type's name as it is; anything else in the style of one.
pub(crate) fn type_name(name: &str) -> String {
    let is_plain =
        name.starts_with(|c: char| c.is_ascii_uppercase()) && name.chars().all(|c| c.is_ascii_alphanumeric());
    if is_plain { name.to_owned() } else { pascal(name) }
}

/// `no_such_book` as `noSuchBook`.
pub(crate) fn camel(text: &str) -> String {
    let joined = pascal(text);
    let mut chars = joined.chars();
    ident(
        &chars
            .next()
            .map_or_else(String::new, |first| first.to_ascii_lowercase().to_string() + chars.as_str()),
    )
}

/// `no_such_book` as `NO_SUCH_BOOK`.
pub(crate) fn upper(text: &str) -> String {
    snake(text).to_ascii_uppercase()
}

fn capitalised(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + chars.as_str())
}

fn words(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut lower_before = false;
    for c in text.chars() {
        if !c.is_ascii_alphanumeric() || (c.is_ascii_uppercase() && lower_before) {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| c.is_ascii_alphanumeric()) {
            word.push(c.to_ascii_lowercase());
        }
        lower_before = c.is_ascii_lowercase() || c.is_ascii_digit();
    }
    words.retain(|word| !word.is_empty());
    if words.first().is_none_or(|first| first.starts_with(|c: char| c.is_ascii_digit())) {
        words.insert(0, "_".to_owned());
    }
    words
}

/// Names that are taken in one scope.
#[derive(Clone, Default)]
pub(crate) struct Names(BTreeSet<String>);

impl Names {
    /// A scope in which these are taken from the start.
    pub(crate) fn reserving(words: &[&str]) -> Self {
        Self(words.iter().map(|word| (*word).to_owned()).collect())
    }

    /// Returns true if the name is taken.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.contains(name)
    }

    /// `wanted`, or with an underscore where that is reserved, or with a number where that is taken too.
    pub(crate) fn take(&mut self, wanted: &str) -> String {
        let mut name = wanted.to_owned();
        if self.0.contains(&name) {
            name.push('_');
        }
        let base = name.clone();
        let mut n = 1;
        while !self.0.insert(name.clone()) {
            n += 1;
            name = format!("{base}{n}");
        }
        name
    }
}

#[cfg(test)]
mod tests {
    use super::{Names, ident, pascal, snake, upper};

    #[test]
    fn one_name_in_every_style() {
        assert_eq!(
            (snake("noSuchBook"), pascal("no_such_book"), upper("no.such.book")),
            ("no_such_book".into(), "NoSuchBook".into(), "NO_SUCH_BOOK".into())
        );
        assert_eq!((pascal("greeter.v1"), snake("7zip")), ("GreeterV1".into(), "__7zip".into()));
        assert_eq!(
            (ident("draw-figure"), ident(""), ident("2d")),
            ("draw_figure".into(), "_".into(), "_2d".into())
        );
    }

    #[test]
    fn what_is_taken_is_numbered() {
        let mut names = Names::reserving(&["type"]);
        assert_eq!(["type", "type", "a", "a"].map(|name| names.take(name)), ["type_", "type_2", "a", "a_"]);
    }
}
