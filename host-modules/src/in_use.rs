//! The database files that this process has open, so that `fs` stays away from them.
//!
//! `SQLite` trusts a file while it has it open: another content makes it fail in ways that it does not expect, and when
//! anything in the process closes the same file, the operating system drops the locks on it. So as long as a database is
//! open, `fs` neither opens, replaces, renames nor removes its file and the files beside it that belong to it, by
//! whatever name. A file that a guest had open before stays open until the database is closed.
//!
//! `sql` takes a [`Claim`] before it opens a database and keeps it until after it has closed it.
#![cfg_attr(not(all(feature = "fs", feature = "sql")), allow(dead_code, reason = "one of the two sides"))]

use std::collections::HashMap;
use std::io;
use std::ops::{Deref, DerefMut};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use hostfn::scope::Location;
use hostfn::scope::cap_std::fs::{File, Metadata};

/// The file is in use by the other module.
#[derive(Debug)]
pub(crate) struct InUse;

/// The identity of one file, whatever its path.
type Id = (u64, u64);

#[derive(Default)]
struct Table {
    /// The number of times a database is open, by the path without links.
    paths: HashMap<PathBuf, u32>,
    /// The same by the file.
    files: HashMap<Id, u32>,
    /// The number of calls that change the content of a file at this moment, by the file.
    written: HashMap<Id, u32>,
    /// The number of calls that change what a path leads to at this moment. The file that a path leads to is not
    /// counted above: once it is removed, a new file may have its number, of any guest.
    written_paths: HashMap<PathBuf, u32>,
    /// Files to close once no database has them open.
    parked: Vec<(Id, File)>,
}

static TABLE: Mutex<Option<Table>> = Mutex::new(None);

fn with<T>(run: impl FnOnce(&mut Table) -> T) -> T {
    // every change is of one map and leaves it whole
    let mut table: MutexGuard<'_, Option<Table>> = TABLE.lock().unwrap_or_else(PoisonError::into_inner);
    run(table.get_or_insert_default())
}

/// The suffixes of files beside a database.
const COMPANIONS: [&str; 3] = ["-journal", "-wal", "-shm"];

/// The suffix of a journal of several databases, before digits.
const JOURNAL_OF_SEVERAL: &str = "-mj";

impl Table {
    fn has(&self, path: &Path, id: Option<Id>) -> bool {
        if self.paths.is_empty() {
            return false;
        }
        let of_file = id.is_some_and(|id| self.files.contains_key(&id));
        of_file || self.paths.contains_key(path) || database_of(path).any(|of| self.paths.contains_key(&of))
    }

    /// Returns whether a call changes one of these files, one that belongs to the database at `path`, or a directory above.
    fn is_written(&self, path: &Path, ids: &[Id]) -> bool {
        let belongs =
            |written: &PathBuf| path.starts_with(written) || database_of(written).any(|of| of == path);
        ids.iter().any(|id| self.written.contains_key(id)) || self.written_paths.keys().any(belongs)
    }
}

/// The databases that a file of this path could belong to.
fn database_of(path: &Path) -> impl Iterator<Item = PathBuf> {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let plain = COMPANIONS.iter().filter_map(move |end| name.strip_suffix(end));
    let of_several = name.rfind(JOURNAL_OF_SEVERAL).map(|at| &name[..at]);
    plain.chain(of_several).map(|name| path.with_file_name(name))
}

fn add<K: std::hash::Hash + Eq>(counts: &mut HashMap<K, u32>, key: K) {
    *counts.entry(key).or_default() += 1;
}

fn take<K: std::hash::Hash + Eq>(counts: &mut HashMap<K, u32>, key: &K) {
    if let Some(count) = counts.get_mut(key) {
        *count -= 1;
        if *count == 0 {
            counts.remove(key);
        }
    }
}

#[cfg(unix)]
#[expect(clippy::unnecessary_wraps, reason = "elsewhere it is absent")]
fn id(metadata: &Metadata) -> Option<Id> {
    use hostfn::scope::cap_std::fs::MetadataExt;

    Some((metadata.dev(), metadata.ino()))
}

/// Elsewhere files are told apart by their paths alone.
#[cfg(not(unix))]
fn id(_: &Metadata) -> Option<Id> {
    None
}

/// A database that is open, or about to be.
#[derive(Debug)]
pub(crate) struct Claim {
    path: PathBuf,
    /// The database, if it existed, and what existed beside it and belongs to it.
    ids: Vec<Id>,
    /// The database alone.
    id: Option<Id>,
}

impl Claim {
    /// Takes the database at this location, unless `fs` writes to it at this moment. The file need not exist.
    pub(crate) fn take(at: &Location<'_>) -> io::Result<Result<Self, InUse>> {
        let path = at.real_path()?;
        let name = at.name().unwrap_or_default();
        let named = |name: &str| at.dir().symlink_metadata(name).ok().as_ref().and_then(id);
        let id = named(name);
        let beside = COMPANIONS.iter().filter_map(|end| named(&format!("{name}{end}")));
        let ids: Vec<Id> = id.into_iter().chain(beside).collect();
        Ok(with(|table| {
            if table.is_written(&path, &ids) {
                return Err(InUse);
            }
            add(&mut table.paths, path.clone());
            for id in &ids {
                add(&mut table.files, *id);
            }
            Ok(Claim { path, ids, id })
        }))
    }

    /// The path to open.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// To be called when the database is open: takes the file that was created, and tells whether the path still leads
    /// to the location.
    pub(crate) fn confirm(&mut self, at: &Location<'_>) -> bool {
        let now = at.metadata().ok().as_ref().and_then(id);
        if let (None, Some(now)) = (self.id, now) {
            with(|table| add(&mut table.files, now));
            self.ids.push(now);
            self.id = Some(now);
        }
        now == self.id && by_path(&self.path) == now
    }
}

#[cfg(unix)]
fn by_path(path: &Path) -> Option<Id> {
    use std::os::unix::fs::MetadataExt;

    std::fs::symlink_metadata(path).ok().map(|there| (there.dev(), there.ino()))
}

#[cfg(not(unix))]
fn by_path(_: &Path) -> Option<Id> {
    None
}

impl Drop for Claim {
    fn drop(&mut self) {
        with(|table| {
            take(&mut table.paths, &self.path);
            for id in &self.ids {
                take(&mut table.files, id);
            }
            let files = &table.files;
            table.parked.retain(|(id, _)| files.contains_key(id));
        });
    }
}

/// A file that `fs` has open.
#[derive(Debug)]
pub(crate) struct Watched {
    /// `None` while it is dropped.
    file: Option<File>,
    id: Option<Id>,
}

impl Watched {
    /// Opens the file at this location with `open`, unless a database has it open.
    pub(crate) fn open<E: From<InUse> + From<io::Error>>(
        at: &Location<'_>,
        open: impl FnOnce() -> Result<File, E>,
    ) -> Result<Self, E> {
        refuse::<E>(at)?;
        let file = open()?;
        let id = id(&file.metadata()?);
        Ok(Self { file: Some(file), id })
    }

    /// Keeps databases from the file as long as the value lives, which is while a call writes.
    pub(crate) fn write(&self) -> Result<Writing, InUse> {
        Writing::to(self.id, None, |table| self.id.is_some_and(|id| table.files.contains_key(&id)))
    }
}

impl Deref for Watched {
    type Target = File;

    fn deref(&self) -> &File {
        self.file.as_ref().expect("it is taken out by `drop` alone")
    }
}

impl DerefMut for Watched {
    fn deref_mut(&mut self) -> &mut File {
        self.file.as_mut().expect("it is taken out by `drop` alone")
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        with(|table| match (self.file.take(), self.id) {
            (Some(file), Some(id)) if table.files.contains_key(&id) => table.parked.push((id, file)),
            // closed while no database can be opened
            (file, _) => drop(file),
        });
    }
}

/// A call that changes a file.
#[derive(Debug)]
pub(crate) struct Writing {
    id: Option<Id>,
    path: Option<PathBuf>,
}

impl Writing {
    /// To whatever has this name, or will have: the name is created, replaced or removed, and no file is written to.
    pub(crate) fn at(at: &Location<'_>) -> io::Result<Result<Self, InUse>> {
        let path = at.real_path()?;
        let id = at.metadata().ok().as_ref().and_then(id);
        Ok(Self::to(None, Some(path.clone()), |table| table.has(&path, id)))
    }

    fn to(
        id: Option<Id>,
        path: Option<PathBuf>,
        is_in_use: impl FnOnce(&Table) -> bool,
    ) -> Result<Self, InUse> {
        with(|table| {
            if is_in_use(table) {
                return Err(InUse);
            }
            if let Some(id) = id {
                add(&mut table.written, id);
            }
            if let Some(path) = &path {
                add(&mut table.written_paths, path.clone());
            }
            Ok(Self { id, path })
        })
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        with(|table| {
            if let Some(id) = &self.id {
                take(&mut table.written, id);
            }
            if let Some(path) = &self.path {
                take(&mut table.written_paths, path);
            }
        });
    }
}

/// Refuses a location where a database has a file open, or, of a directory, below which it has one.
pub(crate) fn refuse<E: From<InUse> + From<io::Error>>(at: &Location<'_>) -> Result<(), E> {
    if with(|table| table.paths.is_empty()) {
        return Ok(());
    }
    let path = at.real_path()?;
    let id = at.metadata().ok().as_ref().and_then(id);
    let refused =
        with(|table| table.has(&path, id) || table.paths.keys().any(|open| open.starts_with(&path)));
    if refused { Err(InUse.into()) } else { Ok(()) }
}

#[cfg(all(test, feature = "fs", feature = "sql"))]
mod tests {
    use hostfn::Scope;
    use hostfn::scope::{LastLink, ScopeKind};

    use super::*;

    #[test]
    fn claim_below_a_directory_that_moves_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(dir.path().join("moving/sub")).unwrap();
        let root = dir.path().display();
        let scope = Scope::new(ScopeKind::Path, &[format!("{root}/**")], &[]).unwrap();
        let at = |path: &str| scope.locate(&format!("{root}/{path}"), LastLink::Keep).unwrap();
        let moving = Writing::at(&at("moving")).unwrap().unwrap();
        let claim = |path: &str| Claim::take(&at(path)).unwrap();
        for path in ["moving/a.db", "moving/sub/a.db"] {
            assert!(claim(path).is_err(), "{path}");
        }
        assert!(claim("moving.db").is_ok());
        drop(moving);
        assert!(claim("moving/sub/a.db").is_ok());
    }

    /// A removed file's number is the next file's on many file systems, so a call that removes a name holds no number.
    /// Two names of one file stand for that here.
    #[test]
    fn claim_of_a_file_whose_other_name_is_removed_is_taken() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("a.db"), "").unwrap();
        std::fs::hard_link(dir.path().join("a.db"), dir.path().join("other")).unwrap();
        let root = dir.path().display();
        let scope = Scope::new(ScopeKind::Path, &[format!("{root}/**")], &[]).unwrap();
        let at = |name: &str| scope.locate(&format!("{root}/{name}"), LastLink::Keep).unwrap();
        let removed = Writing::at(&at("other")).unwrap().unwrap();
        assert!(Claim::take(&at("other")).unwrap().is_err());
        let claim = Claim::take(&at("a.db")).unwrap().unwrap();
        drop(removed);
        assert!(Writing::at(&at("other")).unwrap().is_err(), "it is in use by its other name");
        drop(claim);
        Writing::at(&at("other")).unwrap().unwrap();
    }
}
