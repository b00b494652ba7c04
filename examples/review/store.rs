//! The place where the notes of `docs/review.md` are kept. The review is about access to them.

use std::collections::BTreeMap;

/// Notes by their notebook.
#[derive(Debug, Default)]
pub struct Notes(BTreeMap<String, Vec<Kept>>);

/// A note as it is kept.
#[derive(Debug)]
pub struct Kept {
    /// Its first line.
    pub title: String,
    /// The rest of it.
    pub text: String,
}

impl Notes {
    /// The note of that number.
    pub fn get(&self, notebook: &str, id: u64) -> Option<&Kept> {
        self.0.get(notebook)?.get(usize::try_from(id).ok()?)
    }

    /// The notes of a notebook.
    pub fn of(&self, notebook: &str) -> &[Kept] {
        self.0.get(notebook).map_or(&[], Vec::as_slice)
    }

    /// Every note there is.
    pub fn all(&self) -> impl Iterator<Item = &Kept> {
        self.0.values().flatten()
    }

    /// Adds a note, and tells its number.
    pub fn add(&mut self, notebook: &str, title: &str, text: &str) -> u64 {
        let notes = self.0.entry(notebook.to_owned()).or_default();
        notes.push(Kept { title: title.to_owned(), text: text.to_owned() });
        notes.len() as u64 - 1
    }
}
