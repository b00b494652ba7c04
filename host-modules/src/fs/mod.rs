//! Files and directories beneath what is granted.
//!
//! ```
//! use hostfn::Registry;
//! use host_modules::fs;
//!
//! let registry = Registry::builder().module(fs::module().max_read(1 << 20)).build()?;
//! assert!(registry.get("host", "fs_read").is_some());
//! # Ok::<(), hostfn::Error>(())
//! ```
//!
//! Grants: `"fs.read" = { allow = ["/srv/data/**"] }`, `"fs.write" = { allow = ["/srv/data/inbox/**"] }`.
//!
//! Every path is opened from the directory that the grant fixes, by `cap-std`, so that neither `..` nor a symbolic link
//! leads out of it. A link that stays inside is followed if the grant covers what it leads to; to any other, and to
//! what is outside, it is a path that does not exist. What is neither a file nor a directory (a pipe, a device, a
//! socket) is never opened.
//!
//! These functions block for as long as the disk does.

mod error;
mod list;
mod place;

use std::convert::Infallible;
use std::io::{Read, Seek, SeekFrom, Write};
use std::time::UNIX_EPOCH;

use cap_std::fs::{File, Metadata, OpenOptions};
use hostfn::{HostFn, MemoryBudget, Module, Resource, Resources, Scope, capabilities, host_fn};
use serde::{Deserialize, Serialize};
use serde_bytes::{ByteBuf, Bytes};

pub use self::error::FsError;
pub use self::list::{Entry, Listed, fs_list};
use self::place::Place;

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

impl From<Fs> for Module {
    fn from(options: Fs) -> Module {
        Module::new("fs")
            .functions([fs_read::SPEC, fs_list::SPEC, fs_stat::SPEC, fs_open::SPEC, fs_read_next::SPEC])
            .functions([fs_write::SPEC, fs_append::SPEC, fs_create::SPEC, fs_create_dir::SPEC])
            .functions([fs_rename::SPEC, fs_remove::SPEC, fs_open_write::SPEC, fs_write_next::SPEC])
            .functions([fs_seek::SPEC, fs_close::SPEC])
            .state("fs.files", move |cx| {
                Ok::<_, Infallible>(Resources::<OpenFile>::of(cx).at_most(options.max_open))
            })
            .state("fs", move |cx| Ok::<_, Infallible>(Files::new(options, cx.memory())))
    }
}

/// What an instance's file functions go by.
#[derive(Debug)]
pub struct Files {
    options: Fs,
    memory: MemoryBudget,
}

/// A file that a guest has open.
#[derive(Debug)]
pub struct OpenFile(File);

/// What a path leads to.
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
    fn of(metadata: &Metadata) -> Self {
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
    /// What it is.
    pub kind: Kind,
    /// Its length, in bytes; of anything but a file, nothing that can be relied on.
    pub len: u64,
    /// When it was changed last, in milliseconds since 1970 (UTC), where the file system says.
    pub modified_ms: Option<u64>,
}

/// Read a whole file.
#[host_fn(capability = FS_READ(path), collect = false)]
pub fn fs_read(#[state] files: &Files, #[grant] grant: &Scope, path: &str) -> Result<ByteBuf, FsError> {
    let place = Place::of(grant, path)?.existing()?;
    let (mut file, metadata) = place.open(OpenOptions::new().read(true))?;
    let most = files.options.max_read;
    if metadata.len() > most {
        return Err(FsError::TooLarge(most));
    }
    files
        .read(&mut file, metadata.len().saturating_add(1).min(most.saturating_add(1)))
        .and_then(|bytes| if bytes.len() as u64 > most { Err(FsError::TooLarge(most)) } else { Ok(bytes) })
}

/// What a path leads to, how long it is, and when it was changed.
#[host_fn(capability = FS_READ(path), collect = false)]
pub fn fs_stat(#[grant] grant: &Scope, path: &str) -> Result<Stat, FsError> {
    let metadata = Place::of(grant, path)?.existing()?.metadata()?;
    let modified = metadata.modified().ok().and_then(|time| time.into_std().duration_since(UNIX_EPOCH).ok());
    Ok(Stat {
        kind: Kind::of(&metadata),
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
    let (file, _) = Place::of(grant, path)?.existing()?.open(OpenOptions::new().read(true))?;
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
    files.read(&mut open.get_mut(file)?.0, u64::from(len).min(files.options.max_read))
}

/// Write a whole file, in place of what was there: at once, so that whoever reads it sees the one or the other, and on
/// the disk when the call answers.
#[host_fn(capability = FS_WRITE(path), collect = false)]
pub fn fs_write(
    #[state] files: &Files,
    #[grant] grant: &Scope,
    path: &str,
    data: &Bytes,
) -> Result<(), FsError> {
    files.fits(0, data.len())?;
    Place::of(grant, path)?.named()?.replace(data)?;
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
    let place = Place::of(grant, path)?.named()?;
    files.fits(place.metadata().map_or(0, |there| there.len()), data.len())?;
    let (mut file, _) = place.open(OpenOptions::new().append(true).create(true))?;
    Ok(file.write_all(data)?)
}

/// Make an empty file, where there is nothing yet.
#[host_fn(capability = FS_WRITE(path), collect = false)]
pub fn fs_create(#[grant] grant: &Scope, path: &str) -> Result<(), FsError> {
    Place::of(grant, path)?.named()?.open(OpenOptions::new().write(true).create_new(true))?;
    Ok(())
}

/// Make a directory, where there is nothing yet.
#[host_fn(capability = FS_WRITE(path), collect = false)]
pub fn fs_create_dir(#[grant] grant: &Scope, path: &str) -> Result<(), FsError> {
    Place::of(grant, path)?.named()?.create_dir()
}

/// Rename a file, in place of one that has that name, or a directory. The grant has to cover `to` as well, and of a
/// directory all that is or could be in it.
#[host_fn(capability = FS_WRITE(from), collect = false)]
pub fn fs_rename(#[grant] grant: &Scope, from: &str, to: &str) -> Result<(), FsError> {
    if !grant.allows(to) {
        return Err(FsError::NotGranted(to.to_owned()));
    }
    Place::of(grant, from)?.named()?.rename(&Place::of(grant, to)?.named()?)
}

/// Remove a file, or a directory that is empty.
#[host_fn(capability = FS_WRITE(path), collect = false)]
pub fn fs_remove(#[grant] grant: &Scope, path: &str) -> Result<(), FsError> {
    Place::of(grant, path)?.named()?.remove()
}

/// Open a file, to write it in parts from its beginning; it is made if it is not there.
#[host_fn(capability = FS_WRITE(path), collect = false)]
pub fn fs_open_write(
    #[state] open: &mut Resources<OpenFile>,
    #[grant] grant: &Scope,
    path: &str,
) -> Result<Resource<OpenFile>, FsError> {
    let options = OpenOptions::new().write(true).create(true).clone();
    let (file, _) = Place::of(grant, path)?.named()?.open(&options)?;
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
    Ok(file.write_all(data)?)
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
    /// By these limits, for an instance of this memory.
    pub fn new(options: Fs, memory: &MemoryBudget) -> Self {
        Self { options, memory: memory.clone() }
    }

    /// At most `len` bytes from where the file is.
    fn read(&self, file: &mut File, len: u64) -> Result<ByteBuf, FsError> {
        let mut held = self.memory.take(0)?;
        let mut bytes = Vec::new();
        let mut rest = file.take(len);
        loop {
            // as much as there is, not as much as is asked for
            let begun = bytes.len();
            let part = (64 << 10).min(usize::try_from(rest.limit()).unwrap_or(usize::MAX));
            held.resize(begun + part)?;
            if rest.by_ref().take(64 << 10).read_to_end(&mut bytes)? == 0 {
                return Ok(ByteBuf::from(bytes));
            }
        }
    }

    /// Whether a file may hold so many bytes more from `position` on.
    fn fits(&self, position: u64, more: usize) -> Result<(), FsError> {
        let most = self.options.max_file;
        match position.checked_add(more as u64) {
            Some(len) if len <= most => Ok(()),
            _ => Err(FsError::TooLarge(most)),
        }
    }
}
