//! The cache's directory: this user's alone, with a key and the files of the entries.

use std::fs::{self, Metadata};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use tempfile::NamedTempFile;

use self::user::{is_own, lets_others, make_private};
use crate::error::{Code, Problem, open_regular_file};

/// The bytes that one entry, and all of them together, may take up.
const MOST: u64 = 1 << 30;

/// The file of the key.
const KEY: &str = "key";

/// The prefix of unfinished files.
const UNFINISHED: &str = ".unfinished-";

pub(super) struct Directory(PathBuf);

impl Directory {
    /// Makes the directory if it is not there, and checks that nobody else can write to it.
    pub(super) fn open(path: &Path) -> Result<Self, Problem> {
        let unusable = |what: &str, remedy: &str| problem(path, what, remedy);
        let found = make_private(path)
            // a relative path would lead elsewhere after the process changes its directory
            .and_then(|()| Ok(Directory(path.canonicalize()?)))
            .and_then(|directory| Ok((fs::metadata(&directory.0)?, directory)));
        let (found, directory) = found.map_err(|error| {
            let what = format!("there is no such directory, and none can be made: {error}");
            unusable(&what, "name a directory that this process can make, or has made")
        })?;
        if !is_own(&found) {
            let what = "it belongs to another user, who could put code there that this process runs";
            return Err(unusable(what, "name a directory of the user that this process runs as"));
        }
        if lets_others(&found, 0o022) {
            let what = "users beside its owner can write to it, and so put code there that this process runs";
            return Err(unusable(what, &format!("take that right away: `chmod go-w {}`", path.display())));
        }
        Ok(directory)
    }

    /// The key, made if absent. One that is damaged, or that others could know, is replaced, and
    /// with it goes every entry that it vouched for.
    pub(super) fn key(&self) -> Result<[u8; 32], Problem> {
        self.known_key().map_or_else(|| self.new_key(), Ok).map_err(|error| {
            let what = format!("its file `{KEY}` can be neither used nor made: {error}");
            problem(&self.0, &what, "let this process write there, and see that its disk is not full")
        })
    }

    fn known_key(&self) -> Option<[u8; 32]> {
        let (key, found) = read(&self.0.join(KEY))?;
        let secret = is_own(&found) && !lets_others(&found, 0o077);
        key.try_into().ok().filter(|_| secret)
    }

    fn new_key(&self) -> io::Result<[u8; 32]> {
        let mut key = [0; 32];
        getrandom::fill(&mut key)?;
        let file = self.unfinished(&[&key])?;
        // entries that are lost with the power are compiled again; a lost key would cost all of them
        file.as_file().sync_all()?;
        let path = self.0.join(KEY);
        // a process that makes a key at the same time has to end up with the same one
        let Err(taken) = file.persist_noclobber(&path) else { return Ok(key) };
        if let Some(key) = self.known_key() {
            return Ok(key);
        }
        taken.file.persist(path)?;
        Ok(key)
    }

    pub(super) fn read(&self, name: &str) -> Option<Vec<u8>> {
        read(&self.0.join(name)).map(|(bytes, _)| bytes)
    }

    /// Puts a file there, or in the place of what was there, at one stroke.
    pub(super) fn write(&self, name: &str, parts: &[&[u8]]) -> io::Result<()> {
        if parts.iter().map(|part| part.len() as u64).sum::<u64>() > MOST {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.unfinished(parts)?.persist(self.0.join(name))?;
        Ok(())
    }

    fn unfinished(&self, parts: &[&[u8]]) -> io::Result<NamedTempFile> {
        let mut file = tempfile::Builder::new().prefix(UNFINISHED).tempfile_in(&self.0)?;
        parts.iter().try_for_each(|part| file.write_all(part))?;
        Ok(file)
    }

    /// Makes a file the last that [`tidy`](Self::tidy) removes.
    pub(super) fn used(&self, name: &str) {
        // at worst it is compiled once more
        let _ = open_regular_file(self.0.join(name)).and_then(|file| file.set_modified(SystemTime::now()));
    }

    /// Removes entries, those first that were not used for longest, until the rest keeps to the bound.
    pub(super) fn tidy(&self) -> io::Result<()> {
        let mut entries = Vec::new();
        for entry in fs::read_dir(&self.0)? {
            let entry = entry?;
            let found = entry.metadata()?;
            if found.is_file() && is_of_cache(&entry.file_name().to_string_lossy()) {
                entries.push((found.modified()?, found.len(), entry.path()));
            }
        }
        entries.sort_unstable();
        let mut total: u64 = entries.iter().map(|(_, len, _)| len).sum();
        for (_, len, path) in entries {
            if total <= MOST {
                break;
            }
            fs::remove_file(path)?;
            total -= len;
        }
        Ok(())
    }
}

/// Returns whether it is an entry's name, or that of one that was never finished: anything else is not ours to remove.
fn is_of_cache(name: &str) -> bool {
    let is_entry = name.len() == 64 && name.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    is_entry || name.starts_with(UNFINISHED)
}

/// The bytes of a regular file that is not too long.
fn read(path: &Path) -> Option<(Vec<u8>, Metadata)> {
    // a link is not an entry of this cache
    if !fs::symlink_metadata(path).ok()?.is_file() {
        return None;
    }
    let file = open_regular_file(path).ok()?;
    let found = file.metadata().ok().filter(|found| found.len() <= MOST)?;
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(usize::try_from(found.len()).ok()?).ok()?;
    file.take(found.len()).read_to_end(&mut bytes).ok()?;
    Some((bytes, found))
}

fn problem(path: &Path, what: &str, remedy: &str) -> Problem {
    Problem::new(Code::CacheUnusable, format!("the cache `{}`", path.display()), what, remedy)
}

#[cfg(unix)]
mod user {
    use std::fs::{DirBuilder, Metadata};
    use std::io;
    use std::os::unix::fs::{DirBuilderExt, MetadataExt};
    use std::path::Path;

    pub(super) fn make_private(path: &Path) -> io::Result<()> {
        DirBuilder::new().recursive(true).mode(0o700).create(path)
    }

    pub(super) fn is_own(found: &Metadata) -> bool {
        found.uid() == rustix::process::geteuid().as_raw()
    }

    pub(super) fn lets_others(found: &Metadata, rights: u32) -> bool {
        found.mode() & rights != 0
    }
}

/// Elsewhere a directory beneath the user's own is private by inheritance, and there is nothing in the
/// standard library to check it with.
#[cfg(not(unix))]
mod user {
    use std::fs::{self, Metadata};
    use std::io;
    use std::path::Path;

    pub(super) fn make_private(path: &Path) -> io::Result<()> {
        fs::create_dir_all(path)
    }

    pub(super) fn is_own(_: &Metadata) -> bool {
        true
    }

    pub(super) fn lets_others(_: &Metadata, _: u32) -> bool {
        false
    }
}
