//! Several errors in one build.

use std::fmt::Display;
use std::thread;

use proc_macro2::Span;
use quote::ToTokens;

/// Collects errors until [`finish`](Errors::finish), the only way out. Dropping it unread panics, so that a forgotten error
/// cannot let bad input through.
#[must_use = "call `finish`, or the errors are lost"]
pub struct Errors {
    all: Option<syn::Error>,
    finished: bool,
}

impl Errors {
    pub fn new() -> Self {
        Errors { all: None, finished: false }
    }

    /// Adds an error on all of `node`.
    pub fn on(&mut self, node: impl ToTokens, message: impl Display) {
        self.push(syn::Error::new_spanned(node, message));
    }

    /// Adds an error at `span`.
    pub fn at(&mut self, span: Span, message: impl Display) {
        self.push(syn::Error::new(span, message));
    }

    pub fn push(&mut self, error: syn::Error) {
        match &mut self.all {
            Some(all) => all.combine(error),
            None => self.all = Some(error),
        }
    }

    /// Returns the value, or adds the error.
    pub fn keep<T>(&mut self, result: syn::Result<T>) -> Option<T> {
        result.map_err(|error| self.push(error)).ok()
    }

    /// Returns all errors as one.
    pub fn finish(mut self) -> syn::Result<()> {
        self.finished = true;
        self.all.take().map_or(Ok(()), Err)
    }
}

impl Drop for Errors {
    fn drop(&mut self) {
        // a panic while another unwinds would abort the compiler and hide the first
        assert!(self.finished || thread::panicking(), "errors were dropped unread");
    }
}

/// Returns the one of `known` that is nearest to `wrong`, if any is near.
pub fn nearest<'a>(wrong: &str, known: &[&'a str]) -> Option<&'a str> {
    let scored = known.iter().map(|name| (strsim::levenshtein(wrong, name), *name));
    scored.filter(|(d, name)| *d <= 1 + name.len() / 3).min().map(|(_, name)| name)
}

/// Writes names as a message lists them: "`a`, `b`".
pub fn list<'n>(names: impl IntoIterator<Item = &'n str>) -> String {
    let quoted: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}
