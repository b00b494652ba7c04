//! A host whose plugins read and write a person's notes.

use hostfn::{HostError, Registry, capabilities, host_fn};
use notes::Notes;
use serde::{Deserialize, Serialize};

capabilities! {
    /// Read the notes of granted notebooks.
    pub NOTES_READ = "notes.read" in name;
    /// Add notes to granted notebooks.
    pub NOTES_WRITE = "notes.write" in name;
    /// Write notebooks to files beneath granted directories.
    pub NOTES_EXPORT = "notes.export" in path;
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

/// The reason a notebook is not exported.
#[derive(Debug, thiserror::Error, HostError)]
enum ExportError {
    /// The file cannot be written.
    #[error("the file cannot be written")]
    Unwritable(#[from] std::io::Error),
}

/// Read a note and its tags.
#[host_fn(capability = NOTES_READ(notebook), max_reply = "64 KiB")]
fn notes_read(#[state] notes: &Notes, notebook: &str, id: u64) -> Result<Note, NoteError> {
    let kept = notes.get(notebook, id).ok_or(NoteError::NoSuchNote)?;
    Ok(Note { title: kept.title.clone(), text: kept.text.clone(), tags: tags(&kept.text) })
}

/// Add a note, and tell its number.
#[host_fn(capability = NOTES_WRITE(notebook), quota = 1_000)]
fn notes_add(#[state] notes: &mut Notes, notebook: &str, title: &str, text: &str) -> u64 {
    notes.add(notebook, title, text)
}

/// The words of a text that begin with `#`.
fn tags(text: &str) -> Vec<String> {
    text.split_whitespace().filter_map(|word| word.strip_prefix('#')).map(str::to_owned).collect()
}

/// The titles of all notes that have a word in them.
#[host_fn(capability = none)]
fn notes_search(#[state] notes: &Notes, word: &str) -> Vec<String> {
    notes.all().filter(|note| note.text.contains(word)).map(|note| note.title.clone()).collect()
}

/// Write a notebook to a file.
#[host_fn(capability = NOTES_EXPORT(path))]
fn notes_export(#[state] notes: &Notes, notebook: &str, path: &str) -> Result<(), ExportError> {
    let texts: Vec<&str> = notes.of(notebook).iter().map(|note| &*note.text).collect();
    Ok(std::fs::write(path, texts.join("\n"))?)
}

fn main() -> hostfn::Result<()> {
    let registry = Registry::collect()?;
    hostfn::cli::answer(&registry);
    println!("{}", registry.listing());
    Ok(())
}
