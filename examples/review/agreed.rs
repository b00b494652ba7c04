//! A host whose plugins read and write a person's notes.

use hostfn::{HostError, Registry, capabilities, host_fn};
use notes::Notes;
use serde::{Deserialize, Serialize};

capabilities! {
    /// Read the notes of granted notebooks.
    pub NOTES_READ = "notes.read" in name;
    /// Add notes to granted notebooks.
    pub NOTES_WRITE = "notes.write" in name;
}

/// A note of a notebook.
#[derive(Serialize, Deserialize)]
struct Note {
    title: String,
    text: String,
    tags: Vec<String>,
}

/// The reason there is no such note.
#[derive(Debug, thiserror::Error, HostError)]
enum NoteError {
    /// No such note is in the notebook.
    #[error("there is no such note")]
    #[status(not_found)]
    NoSuchNote,
}

/// Read a note and its tags.
#[host_fn(capability = NOTES_READ(notebook), max_reply = "64 KiB")]
fn notes_read(#[state] notes: &Notes, notebook: &str, id: u64) -> Result<Note, NoteError> {
    let kept = notes.get(notebook, id).ok_or(NoteError::NoSuchNote)?;
    Ok(Note { title: kept.title.clone(), text: kept.text.clone(), tags: tags(&kept.text) })
}

/// Add a note, and tell its number.
#[host_fn(capability = NOTES_WRITE(notebook), quota = 100)]
fn notes_add(#[state] notes: &mut Notes, notebook: &str, title: &str, text: &str) -> u64 {
    notes.add(notebook, title, text)
}

/// The words of a text that begin with `#`.
fn tags(text: &str) -> Vec<String> {
    text.split_whitespace().filter_map(|word| word.strip_prefix('#')).map(str::to_owned).collect()
}

/// The titles of a notebook's notes that have a word in them.
#[host_fn(capability = NOTES_READ(notebook))]
fn notes_search(#[state] notes: &Notes, notebook: &str, word: &str) -> Vec<String> {
    let found = notes.of(notebook).iter().filter(|note| note.text.contains(word));
    found.map(|note| note.title.clone()).collect()
}

fn main() -> hostfn::Result<()> {
    let registry = Registry::collect()?;
    hostfn::cli::answer(&registry);
    println!("{}", registry.listing());
    Ok(())
}
