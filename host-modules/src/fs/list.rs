//! The entries of a directory.

use std::collections::BinaryHeap;

use hostfn::{Scope, host_fn};
use serde::{Deserialize, Serialize};

use super::place::Place;
use super::{FS_READ, Files, FsError};

/// A part of a directory, as `fs_list` tells of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// Its entries, by name.
    pub entries: Vec<Entry>,
    /// The name to list on from, if there are more.
    pub more_after: Option<String>,
    /// The number of entries that are left out of the whole directory because their names are not Unicode.
    pub unnameable: u32,
}

/// One entry of a directory.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Entry {
    /// Its name, within the directory.
    pub name: String,
    /// True if it is a directory.
    pub is_directory: bool,
}

/// List a directory, by name: at most `limit` entries (1,000 if that is less), those after the name `after` if there
/// is one. What the grant does not cover is left out.
#[host_fn(capability = FS_READ(path), collect = false)]
pub fn fs_list(
    #[state] files: &Files,
    #[grant] grant: &Scope,
    path: &str,
    after: Option<&str>,
    limit: u32,
) -> Result<Listed, FsError> {
    let place = Place::existing(grant, path)?;
    let wanted = limit.clamp(1, 1_000) as usize;
    let mut unnameable: u32 = 0;
    let mut held = files.memory.take(0)?;
    // the first names of those that are wanted, and one more, which tells whether there are more
    let mut first: BinaryHeap<Entry> = BinaryHeap::new();
    for entry in place.read_dir()? {
        if files.interrupt.is_raised() {
            return Err(FsError::Interrupted);
        }
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else {
            unnameable = unnameable.saturating_add(1);
            continue;
        };
        let is_late = first.len() > wanted && first.peek().is_some_and(|last| name >= last.name);
        if after.is_some_and(|after| *name <= *after) || is_late || !place.covers(&name) {
            continue;
        }
        held.resize(held.bytes() + room_for(&name))?;
        first.push(Entry { name, is_directory: entry.file_type()?.is_dir() });
        if first.len() > wanted + 1
            && let Some(late) = first.pop()
        {
            held.resize(held.bytes() - room_for(&late.name))?;
        }
    }
    let mut entries = first.into_sorted_vec();
    let more = entries.len() > wanted;
    entries.truncate(wanted);
    let more_after = entries.last().filter(|_| more).map(|last| last.name.clone());
    Ok(Listed { entries, more_after, unnameable })
}

fn room_for(name: &str) -> usize {
    name.len() + size_of::<Entry>()
}
