//! Several errors in one build.

use std::fmt::Display;

use proc_macro2::Span;
use quote::ToTokens;

/// Gathers errors until [`finish`](Errors::finish) is called, which is the only way out.
#[must_use]
#[derive(Default)]
pub struct Errors(Option<syn::Error>);

impl Errors {
    /// An error on all of `node`.
    pub fn on(&mut self, node: impl ToTokens, message: impl Display) {
        self.push(syn::Error::new_spanned(node, message));
    }

    /// An error at `span`.
    pub fn at(&mut self, span: Span, message: impl Display) {
        self.push(syn::Error::new(span, message));
    }

    pub fn push(&mut self, error: syn::Error) {
        match &mut self.0 {
            Some(all) => all.combine(error),
            None => self.0 = Some(error),
        }
    }

    /// The value if the result has one; otherwise its error is gathered.
    pub fn keep<T>(&mut self, result: syn::Result<T>) -> Option<T> {
        result.map_err(|error| self.push(error)).ok()
    }

    pub fn finish(self) -> syn::Result<()> {
        self.0.map_or(Ok(()), Err)
    }
}

/// The one of `known` that is nearest to `wrong`, if any is near.
pub fn nearest<'a>(wrong: &str, known: &[&'a str]) -> Option<&'a str> {
    let scored = known.iter().map(|name| (strsim::levenshtein(wrong, name), *name));
    scored.filter(|(d, name)| *d <= 1 + name.len() / 3).min().map(|(_, name)| name)
}
