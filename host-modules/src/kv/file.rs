//! A store's file, which one host has to itself.

use std::ffi::OsString;
use std::fs::{self, File, Permissions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use tempfile::{Builder, NamedTempFile};

use super::error::FileError;

/// A file that no other host has open, until this is dropped.
pub(super) struct OwnFile {
    path: PathBuf,
    directory: PathBuf,
    /// The draft that replaces the file.
    draft: OsString,
    permissions: Option<Permissions>,
    /// The file itself is replaced, and with it every lock on it.
    _lock: Lock,
}

/// A lock that ends when this is dropped, also where a process that is being started has the file open for a moment.
struct Lock(File);

impl Lock {
    fn on(path: &Path) -> Result<Self, FileError> {
        let mut options = File::options();
        options.write(true).create(true).truncate(false);
        // others who could open it could lock it
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        if path.metadata().is_ok_and(|there| !there.is_file()) {
            return Err(FileError::Unreadable("its lock is no regular file".to_owned()));
        }
        let file = options.open(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(TryLockError::WouldBlock) => Err(FileError::InUse),
            Err(TryLockError::Error(error)) => Err(FileError::Io(error)),
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // what cannot be unlocked ends with the file
        let _ = self.0.unlock();
    }
}

impl OwnFile {
    /// Takes the file at `path`, whether it is there or not.
    pub(super) fn at(path: &Path) -> Result<Self, FileError> {
        let path = resolved(path)?;
        let (Some(directory), Some(name)) = (path.parent().map(Path::to_path_buf), path.file_name()) else {
            return Err(FileError::Unreadable("it is a directory".to_owned()));
        };
        let beside = |ending: &str| {
            let mut name = name.to_owned();
            name.push(ending);
            name
        };
        let lock = Lock::on(&directory.join(beside(".lock")))?;
        let draft = beside(".tmp");
        match fs::remove_file(directory.join(&draft)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
        let permissions = match fs::metadata(&path) {
            Ok(file) if !file.is_file() => {
                return Err(FileError::Unreadable("it is no regular file".to_owned()));
            }
            Ok(file) => {
                // it would be replaced all the same, as the directory can be written
                File::options().write(true).open(&path)?;
                Some(file.permissions())
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error.into()),
        };
        Ok(Self { path, directory, draft, permissions, _lock: lock })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Returns whether it was there when it was taken.
    pub(super) fn existed(&self) -> bool {
        self.permissions.is_some()
    }

    /// Replaces it with what `write` writes. At every moment the path has the old file or the new one, whole; when this
    /// returns, the new one is on the disk.
    pub(super) fn replace<E: From<io::Error>>(
        &self,
        write: impl FnOnce(&mut NamedTempFile) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut draft = Builder::new().prefix(&self.draft).rand_bytes(0).tempfile_in(&self.directory)?;
        write(&mut draft)?;
        if let Some(permissions) = &self.permissions {
            draft.as_file().set_permissions(permissions.clone())?;
        }
        draft.as_file().sync_all()?;
        draft.persist(&self.path).map_err(|error| error.error)?;
        sync_directory(&self.directory)?;
        Ok(())
    }
}

/// Returns where the file is, with links followed, so that the file is replaced and not a link to it.
fn resolved(path: &Path) -> io::Result<PathBuf> {
    match path.canonicalize() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        found => return found,
    }
    let Some(name) = path.file_name() else { return Err(io::ErrorKind::NotFound.into()) };
    let directory = path.parent().filter(|directory| !directory.as_os_str().is_empty());
    Ok(directory.unwrap_or(Path::new(".")).canonicalize()?.join(name))
}

#[cfg(unix)]
fn sync_directory(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}

/// Elsewhere a directory cannot be opened as a file, and a rename is on the disk when the file is.
#[cfg(not(unix))]
fn sync_directory(_: &Path) -> io::Result<()> {
    Ok(())
}
