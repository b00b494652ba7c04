//! A store in a `redb` file.

use std::io;
use std::ops::{Bound, ControlFlow};
use std::path::Path;

use redb::{
    Builder, Database, DatabaseError, Durability, ReadableDatabase, ReadableTable, ReadableTableMetadata,
    StorageError, Table, TableDefinition, WriteTransaction,
};

use super::backend::{Backend, BackendError, Before, Change, Entry, entry_bytes};
use super::error::FileError;
use super::file::OwnFile;
use super::image::MOST_SWEPT;

/// By key: when it expires, and the value.
const ENTRIES: TableDefinition<'_, &str, (Option<u64>, &[u8])> = TableDefinition::new("hostfn-kv.entries");
const DEADLINES: TableDefinition<'_, (u64, &str), ()> = TableDefinition::new("hostfn-kv.deadlines");
const META: TableDefinition<'_, &str, u64> = TableDefinition::new("hostfn-kv.meta");

const VERSION: u64 = 1;

/// Bytes of the file that are kept in memory.
const CACHE: usize = 16 << 20;

pub(super) struct Redb {
    database: Database,
    _file: OwnFile,
}

impl Redb {
    pub(super) fn open(path: &Path) -> Result<Self, FileError> {
        let file = OwnFile::at(path)?;
        if !file.existed() {
            // a crash while redb lays out a file leaves one that it does not open again
            file.replace(|draft| create(draft.path()).map_err(io::Error::other))?;
        }
        let mut builder = Builder::new();
        let builder = builder.set_cache_size(CACHE).set_check_integrity_on_open(true);
        let database = builder.open(file.path()).map_err(|error| match error {
            DatabaseError::DatabaseAlreadyOpen => FileError::InUse,
            DatabaseError::Storage(StorageError::Io(error)) if !is_content(&error) => FileError::Io(error),
            error => FileError::Unreadable(error.to_string()),
        })?;
        let version = version(&database).map_err(|error| FileError::Unreadable(error.to_string()))?;
        if version != Some(VERSION) {
            let version = version.map_or("none".to_owned(), |version| version.to_string());
            let why = format!("its version is {version}, and only {VERSION} is known");
            return Err(FileError::Unreadable(why));
        }
        Ok(Self { database, _file: file })
    }

    fn begin(&self) -> Result<WriteTransaction, BackendError> {
        begin(&self.database)
    }
}

impl Backend for Redb {
    fn get(&self, key: &str, now: u64, found: &mut dyn FnMut(&[u8])) -> Result<(), BackendError> {
        let entries = self.database.begin_read()?.open_table(ENTRIES)?;
        if let Some(entry) = entries.get(key)? {
            let (expires, value) = entry.value();
            if is_there(expires, now) {
                found(value);
            }
        }
        Ok(())
    }

    fn update<'v>(
        &self,
        key: &str,
        now: u64,
        change: &mut dyn FnMut(Before<'_>) -> Change<'v>,
    ) -> Result<(), BackendError> {
        let transaction = self.begin()?;
        let mut tables = Tables::open(&transaction)?;
        let swept = tables.sweep(now)?;
        let changed = match tables.ask(key, now, change)? {
            Change::Keep => swept,
            Change::Remove => {
                tables.remove(key)?;
                true
            }
            Change::Put { value, expires } => {
                tables.put(key, &value, expires)?;
                true
            }
        };
        tables.close()?;
        if changed { Ok(transaction.commit()?) } else { Ok(transaction.abort()?) }
    }

    fn changes_at_once(&self) -> usize {
        1
    }

    fn keys(
        &self,
        from: Bound<&str>,
        now: u64,
        visit: &mut dyn FnMut(&str) -> ControlFlow<()>,
    ) -> Result<(), BackendError> {
        let entries = self.database.begin_read()?.open_table(ENTRIES)?;
        for entry in entries.range::<&str>((from, Bound::Unbounded))? {
            let (key, kept) = entry?;
            if is_there(kept.value().0, now) && visit(key.value()).is_break() {
                break;
            }
        }
        Ok(())
    }

    fn count(&self, now: u64) -> Result<u64, BackendError> {
        let transaction = self.database.begin_read()?;
        let deadlines = transaction.open_table(DEADLINES)?;
        let mut expired = 0;
        for deadline in deadlines.iter()? {
            if is_there(Some(deadline?.0.value().0), now) {
                break;
            }
            expired += 1;
        }
        Ok(transaction.open_table(ENTRIES)?.len()?.saturating_sub(expired))
    }
}

/// Returns whether an entry that expires then still exists. Expired entries go with the next change: who reads waits for no
/// disk to be written.
fn is_there(expires: Option<u64>, now: u64) -> bool {
    expires.is_none_or(|expires| expires > now)
}

/// Returns whether the error is about what the file holds.
fn is_content(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof)
}

fn create(path: &Path) -> Result<(), BackendError> {
    let database = Builder::new().set_cache_size(CACHE).create(path)?;
    let transaction = begin(&database)?;
    transaction.open_table(META)?.insert("version", VERSION)?;
    Tables::open(&transaction)?.close()?;
    transaction.commit()?;
    Ok(database.close()?)
}

/// The version of a file of ours.
fn version(database: &Database) -> Result<Option<u64>, BackendError> {
    let transaction = database.begin_read()?;
    transaction.open_table(ENTRIES)?;
    transaction.open_table(DEADLINES)?;
    Ok(transaction.open_table(META)?.get("version")?.map(|version| version.value()))
}

fn begin(database: &Database) -> Result<WriteTransaction, BackendError> {
    let mut transaction = database.begin_write()?;
    transaction.set_durability(Durability::Immediate)?;
    // in one phase, what tells a whole commit from a torn one is a checksum that a guest's bytes may be made to match
    transaction.set_two_phase_commit(true);
    Ok(transaction)
}

struct Tables<'t> {
    entries: Table<'t, &'static str, (Option<u64>, &'static [u8])>,
    deadlines: Table<'t, (u64, &'static str), ()>,
    meta: Table<'t, &'static str, u64>,
    bytes: u64,
}

impl<'t> Tables<'t> {
    fn open(transaction: &'t WriteTransaction) -> Result<Self, BackendError> {
        let meta = transaction.open_table(META)?;
        let bytes = meta.get("bytes")?.map_or(0, |bytes| bytes.value());
        let (entries, deadlines) = (transaction.open_table(ENTRIES)?, transaction.open_table(DEADLINES)?);
        Ok(Self { entries, deadlines, meta, bytes })
    }

    fn ask<'v>(
        &self,
        key: &str,
        now: u64,
        change: &mut dyn FnMut(Before<'_>) -> Change<'v>,
    ) -> Result<Change<'v>, BackendError> {
        let found = self.entries.get(key)?;
        let entry = found.as_ref().map(|found| {
            let (expires, value) = found.value();
            Entry { value, expires }
        });
        // what was not swept yet is not there
        let entry = entry.filter(|entry| is_there(entry.expires, now));
        Ok(change(Before { entry, bytes: self.bytes }))
    }

    fn put(&mut self, key: &str, value: &[u8], expires: Option<u64>) -> Result<(), BackendError> {
        self.remove(key)?;
        self.entries.insert(key, (expires, value))?;
        if let Some(expires) = expires {
            self.deadlines.insert((expires, key), ())?;
        }
        self.bytes = self.bytes.saturating_add(entry_bytes(key, value));
        Ok(())
    }

    fn remove(&mut self, key: &str) -> Result<(), BackendError> {
        if let Some(old) = self.entries.remove(key)? {
            let (expires, value) = old.value();
            self.bytes = self.bytes.saturating_sub(entry_bytes(key, value));
            if let Some(expires) = expires {
                self.deadlines.remove((expires, key))?;
            }
        }
        Ok(())
    }

    /// Drops some of what has expired; whether there was any.
    fn sweep(&mut self, now: u64) -> Result<bool, BackendError> {
        let mut swept = false;
        for _ in 0..MOST_SWEPT {
            let Some(key) = self.expired(now)? else { break };
            self.remove(&key)?;
            swept = true;
        }
        Ok(swept)
    }

    fn expired(&self, now: u64) -> Result<Option<String>, BackendError> {
        let first = self.deadlines.first()?;
        Ok(first.and_then(|(deadline, _)| {
            let (expires, key) = deadline.value();
            (expires <= now).then(|| key.to_owned())
        }))
    }

    fn close(mut self) -> Result<(), BackendError> {
        self.meta.insert("bytes", self.bytes)?;
        Ok(())
    }
}
