//! Files and directories beneath what is granted.
//!
//! ```
//! use hostfn::Registry;
//! use hostfn_modules::fs;
//!
//! let registry = Registry::builder().module(fs::module().max_read(1 << 20)).build()?;
//! assert!(registry.get("host", "fs_read").is_some());
//! # Ok::<(), hostfn::Error>(())
//! ```
//!
//! Grants: `"fs.read" = { allow = ["/srv/data/**"] }`, `"fs.write" = { allow = ["/srv/data/inbox/**"] }`.
//!
//! Every path is opened with [`Scope::locate`]: from the directory that the operator's pattern names before its first
//! wildcard, so that neither `..` nor a symbolic link leads out of it, nor to what a grant or a manifest does not cover. A
//! link that stays inside is followed if the grant covers what it leads to; to any other, and to what is outside, it is a
//! path that does not exist. As the last name of a path, a link is read through and never written through: it is not
//! replaced, renamed or created, only removed. What is neither a file nor a directory (a pipe, a device, a socket) is
//! never opened.
//!
//! A hard link is the file itself under another name, and is read and written where the grant covers one of its names.
//! Guests cannot create any; leave none in a granted directory to a file outside.
//!
//! A directory can be renamed where the grant covers everything in it and no pattern of the grant names it or a directory
//! in it. Do not let a guest write above a directory that another plugin, or another capability, is granted: it could put
//! another one in its place.
//!
//! A written file keeps its mode, and its owner where the host may set it. The file of a database that `sql` has open, and
//! those beside it that belong to it, can be neither opened, changed, renamed nor removed.
//!
//! These functions block for as long as the disk does.

mod error;
mod list;
mod mode;
mod place;

use std::convert::Infallible;
use std::io::{Read, Seek, SeekFrom, Write};
use std::time::UNIX_EPOCH;

use hostfn::scope::cap_std::fs::{File, Metadata, OpenOptions};
use hostfn::{
    HostFn, HostModule, Interrupt, MemoryBudget, Resource, Resources, Scope, capabilities, host_fn,
};
use serde::{Deserialize, Serialize};
use serde_bytes::{ByteBuf, Bytes};

pub use self::error::FsError;
pub use self::list::{Entry, Listed, fs_list};
use self::place::Place;
use crate::in_use::Watched;

capabilities! {
    /// Read files and directories.
    pub FS_READ = "fs.read" in path;
    /// Make, change, rename and remove files and directories.
    pub FS_WRITE = "fs.write" in path;
}

/// The module, with its limits.
pub fn module() -> Fs {
    Fs { max_read: 16 << 20, max_file: 64 << 20, max_open: 64 }
}

/// The module's options.
#[derive(Clone, Copy, Debug)]
#[must_use = "a registry takes it: `Registry::builder().module(fs::module())`"]
pub struct Fs {
    max_read: u64,
    max_file: u64,
    max_open: usize,
}

impl Fs {
    /// Bytes that one call reads at most: 16 MiB.
    pub fn max_read(mut self, bytes: u64) -> Self {
        self.max_read = bytes;
        self
    }

    /// Bytes of a file, beyond which nothing is written to it: 64 MiB.
    pub fn max_file(mut self, bytes: u64) -> Self {
        self.max_file = bytes;
        self
    }

    /// Files that an instance has open at once: 64.
    pub fn max_open(mut self, files: usize) -> Self {
        self.max_open = files;
        self
    }
}

impl From<Fs> for HostModule {
    fn from(options: Fs) -> HostModule {
        HostModule::new("fs")
            .functions([fs_read::SPEC, fs_list::SPEC, fs_stat::SPEC, fs_open::SPEC, fs_read_next::SPEC])
            .functions([fs_write::SPEC, fs_append::SPEC, fs_create::SPEC, fs_create_dir::SPEC])
            .functions([fs_rename::SPEC, fs_remove::SPEC, fs_open_write::SPEC, fs_write_next::SPEC])
            .functions([fs_truncate::SPEC, fs_seek::SPEC, fs_close::SPEC])
            .state("fs.files", move |cx| {
                Ok::<_, Infallible>(Resources::<OpenFile>::from_cx(cx).at_most(options.max_open))
            })
            .state("fs", move |cx| Ok::<_, Infallible>(Files::new(options, cx.memory(), cx.interrupt())))
    }
}

/// The settings of an instance's file functions.
#[derive(Debug)]
pub struct Files {
    options: Fs,
    memory: MemoryBudget,
    interrupt: Interrupt,
}

/// A file that a guest has open.
#[derive(Debug)]
pub struct OpenFile(Watched);

/// The kind of a path's target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A file.
    File,
    /// A directory.
    Directory,
    /// A symbolic link, in the listing of a directory.
    Link,
    /// Anything else, which cannot be opened.
    Other,
}

impl Kind {
    fn new(metadata: &Metadata) -> Self {
        let kind = metadata.file_type();
        if kind.is_file() {
            Kind::File
        } else if kind.is_dir() {
            Kind::Directory
        } else if kind.is_symlink() {
            Kind::Link
        } else {
            Kind::Other
        }
    }
}

/// A file or directory, as `fs_stat` tells of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stat {
    /// The kind.
    pub kind: Kind,
    /// Its length, in bytes; of anything but a file, nothing that can be relied on.
    pub len: u64,
    /// When it was changed last, in milliseconds since 1970 (UTC), where the file system says.
    pub modified_ms: Option<u64>,
}

/// Read a whole file.
#[host_fn(capability = FS_READ(path), collect = false)]
pub fn fs_read(#[state] files: &Files, #[grant] grant: &Scope, path: &str) -> Result<ByteBuf, FsError> {
    let mut file = Place::existing(grant, path)?.open(OpenOptions::new().read(true))?;
    let most = files.options.max_read;
    let expected = file.metadata()?.len();
    if expected > most {
        return Err(FsError::TooLarge(most));
    }
    // to its end, whatever its length says: it may grow, and a file of the kernel's own has none
    let bytes = files.read(&mut file, most.saturating_add(1), expected)?;
    if bytes.len() as u64 > most { Err(FsError::TooLarge(most)) } else { Ok(bytes) }
}

/// Returns what a path leads to, how long it is, and when it was changed.
#[host_fn(capability = FS_READ(path), collect = false)]
pub fn fs_stat(#[grant] grant: &Scope, path: &str) -> Result<Stat, FsError> {
    let metadata = Place::existing(grant, path)?.metadata()?;
    let modified = metadata.modified().ok().and_then(|time| time.into_std().duration_since(UNIX_EPOCH).ok());
    Ok(Stat {
        kind: Kind::new(&metadata),
        len: metadata.len(),
        modified_ms: modified.and_then(|since| u64::try_from(since.as_millis()).ok()),
    })
}

/// Open a file, to read it in parts.
#[host_fn(capability = FS_READ(path), collect = false)]
pub fn fs_open(
    #[state] open: &mut Resources<OpenFile>,
    #[grant] grant: &Scope,
    path: &str,
) -> Result<Resource<OpenFile>, FsError> {
    let file = Place::existing(grant, path)?.open(OpenOptions::new().read(true))?;
    Ok(open.insert_on(path, OpenFile(file))?)
}

/// Read on from where the file is, at most `len` bytes; none at its end.
#[host_fn(capability = FS_READ(file), collect = false)]
pub fn fs_read_next(
    #[state] files: &Files,
    #[state] open: &mut Resources<OpenFile>,
    file: Resource<OpenFile>,
    len: u32,
) -> Result<ByteBuf, FsError> {
    let OpenFile(file) = open.get_mut(file)?;
    // what is left of a file that tells its length
    let expected = file.metadata()?.len().saturating_sub(file.stream_position()?);
    files.read(file, u64::from(len).min(files.options.max_read), expected)
}

/// Write a whole file, in place of what was there: at once, so that a reader sees the one or the other, and on
/// the disk when the call answers.
#[host_fn(capability = FS_WRITE(path), collect = false)]
pub fn fs_write(
    #[state] files: &Files,
    #[grant] grant: &Scope,
    path: &str,
    data: &Bytes,
) -> Result<(), FsError> {
    files.fits(0, data.len())?;
    Place::named(grant, path)?.replace(data)?;
    Ok(())
}

/// Write on at the end of a file, which is made if it is not there.
#[host_fn(capability = FS_WRITE(path), collect = false)]
pub fn fs_append(
    #[state] files: &Files,
    #[grant] grant: &Scope,
    path: &str,
    data: &Bytes,
) -> Result<(), FsError> {
    let place = Place::named(grant, path)?;
    files.fits(place.metadata().map_or(0, |there| there.len()), data.len())?;
    let mut file = place.open(OpenOptions::new().append(true).create(true))?;
    let _writing = file.write()?;
    Ok(file.write_all(data)?)
}

/// Make an empty file, where there is nothing yet.
#[host_fn(capability = FS_WRITE(path), collect = false)]
pub fn fs_create(#[grant] grant: &Scope, path: &str) -> Result<(), FsError> {
    Place::named(grant, path)?.open(OpenOptions::new().write(true).create_new(true))?;
    Ok(())
}

/// Make a directory, where there is nothing yet.
#[host_fn(capability = FS_WRITE(path), collect = false)]
pub fn fs_create_dir(#[grant] grant: &Scope, path: &str) -> Result<(), FsError> {
    Place::named(grant, path)?.create_dir()
}

/// Rename a file, in place of one that has that name, or a directory. The grant has to cover `to` as well, and of a
/// directory all that is or could be in it.
#[host_fn(capability = FS_WRITE(from), collect = false)]
pub fn fs_rename(#[grant] grant: &Scope, from: &str, to: &str) -> Result<(), FsError> {
    if !grant.allows(to) {
        return Err(FsError::NotGranted(to.to_owned()));
    }
    Place::named(grant, from)?.rename(&Place::named(grant, to)?)
}

/// Remove a file, or a directory that is empty.
#[host_fn(capability = FS_WRITE(path), collect = false)]
pub fn fs_remove(#[grant] grant: &Scope, path: &str) -> Result<(), FsError> {
    Place::named(grant, path)?.remove()
}

/// Open a file, to write it in parts from its beginning; it is made if it is not there. What it holds stays until it is
/// written over or cut off with `fs_truncate`.
#[host_fn(capability = FS_WRITE(path), collect = false)]
pub fn fs_open_write(
    #[state] open: &mut Resources<OpenFile>,
    #[grant] grant: &Scope,
    path: &str,
) -> Result<Resource<OpenFile>, FsError> {
    let options = OpenOptions::new().write(true).create(true).clone();
    let file = Place::named(grant, path)?.open(&options)?;
    Ok(open.insert_on(path, OpenFile(file))?)
}

/// Write on from where the file is.
#[host_fn(capability = FS_WRITE(file), collect = false)]
pub fn fs_write_next(
    #[state] files: &Files,
    #[state] open: &mut Resources<OpenFile>,
    file: Resource<OpenFile>,
    data: &Bytes,
) -> Result<(), FsError> {
    let OpenFile(file) = open.get_mut(file)?;
    files.fits(file.stream_position()?, data.len())?;
    let _writing = file.write()?;
    Ok(file.write_all(data)?)
}

/// Cut an open file off at `len` bytes, or extend it with zeros to as many. The position in it stays.
#[host_fn(capability = FS_WRITE(file), collect = false)]
pub fn fs_truncate(
    #[state] files: &Files,
    #[state] open: &mut Resources<OpenFile>,
    file: Resource<OpenFile>,
    len: u64,
) -> Result<(), FsError> {
    if len > files.options.max_file {
        return Err(FsError::TooLarge(files.options.max_file));
    }
    let OpenFile(file) = open.get_mut(file)?;
    let _writing = file.write()?;
    Ok(file.set_len(len)?)
}

/// Go to a position of an open file, in bytes from its beginning.
#[host_fn(capability = none, collect = false)]
pub fn fs_seek(
    #[state] open: &mut Resources<OpenFile>,
    file: Resource<OpenFile>,
    position: u64,
) -> Result<(), FsError> {
    open.get_mut(file)?.0.seek(SeekFrom::Start(position))?;
    Ok(())
}

/// Close an open file.
#[host_fn(capability = none, collect = false)]
pub fn fs_close(#[state] open: &mut Resources<OpenFile>, file: Resource<OpenFile>) -> Result<(), FsError> {
    open.remove(file)?;
    Ok(())
}

impl Files {
    /// By these limits, for an instance of this memory and this time.
    pub fn new(options: Fs, memory: &MemoryBudget, interrupt: &Interrupt) -> Self {
        Self { options, memory: memory.clone(), interrupt: interrupt.clone() }
    }

    /// At most `len` bytes from where the file is, of which about `expected` are there.
    fn read(&self, file: &mut File, len: u64, expected: u64) -> Result<ByteBuf, FsError> {
        let mut held = self.memory.take(0)?;
        let mut bytes = Vec::new();
        let mut rest = file.take(len);
        let mut more = expected.saturating_add(1);
        loop {
            // as much as there is, not as much as is asked for
            let room = usize::try_from(more.min(rest.limit())).unwrap_or(usize::MAX);
            held.resize(bytes.len().saturating_add(room))?;
            bytes.reserve_exact(room);
            if rest.by_ref().take(room as u64).read_to_end(&mut bytes)? < room || room == 0 {
                return Ok(ByteBuf::from(bytes));
            }
            more = (bytes.len() as u64).clamp(4 << 10, 16 << 20);
        }
    }

    /// Returns whether a file may hold so many bytes more from `position` on.
    fn fits(&self, position: u64, more: usize) -> Result<(), FsError> {
        let most = self.options.max_file;
        match position.checked_add(more as u64) {
            Some(len) if len <= most => Ok(()),
            _ => Err(FsError::TooLarge(most)),
        }
    }
}
