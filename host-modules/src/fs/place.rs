//! From a path that the grant covers to a directory and what is beneath it.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use cap_fs_ext::{FollowSymlinks, OpenOptionsFollowExt, OpenOptionsSyncExt};
use cap_std::ambient_authority;
use cap_std::fs::{Dir, File, Metadata, OpenOptions, ReadDir};
use cap_tempfile::TempFile;
use hostfn::{Scope, ScopeKind};

use super::FsError;

/// A path beneath a directory that the grant fixes.
pub(super) struct Place<'a> {
    grant: &'a Scope,
    /// The directory's own path, for the grant.
    base: PathBuf,
    dir: Dir,
    rest: PathBuf,
}

impl<'a> Place<'a> {
    pub(super) fn of(grant: &'a Scope, path: &str) -> Result<Self, FsError> {
        let (base, rest) = grant.beneath(path).ok_or(FsError::NotFound(None))?;
        let dir = Dir::open_ambient_dir(&base, ambient_authority()).map_err(not_there)?;
        Ok(Self { grant, base, dir, rest })
    }

    /// The same with every link followed, of something that is there.
    pub(super) fn existing(mut self) -> Result<Self, FsError> {
        self.rest = self.resolved(&self.rest)?;
        Ok(self)
    }

    /// The same with the links on the way to it followed, of something that need not be there.
    pub(super) fn named(mut self) -> Result<Self, FsError> {
        let Some(name) = self.rest.file_name().map(ToOwned::to_owned) else {
            // the directory itself, which is not made, replaced or removed from within
            return Err(FsError::NotAFile);
        };
        let parent = self.rest.parent().unwrap_or(Path::new(""));
        let parent = if parent.as_os_str().is_empty() { Path::new(".") } else { parent };
        self.rest = self.canonical(parent)?.join(name);
        self.check(&self.rest)?;
        Ok(self)
    }

    fn resolved(&self, path: &Path) -> Result<PathBuf, FsError> {
        let path = self.canonical(path)?;
        self.check(&path)?;
        Ok(path)
    }

    fn canonical(&self, path: &Path) -> Result<PathBuf, FsError> {
        self.dir.canonicalize(path).map_err(|error| {
            // what the directory refuses by itself, and not the operating system: a link that leads out of it
            let leads_out = error.kind() == ErrorKind::PermissionDenied && error.raw_os_error().is_none();
            if leads_out { self.outside(path) } else { not_there(error) }
        })
    }

    fn absolute(&self, path: &Path) -> String {
        self.base.join(path).to_string_lossy().into_owned()
    }

    /// To the guest it is not there, and to the host a denial.
    fn outside(&self, path: &Path) -> FsError {
        FsError::NotFound(Some(self.absolute(path)))
    }

    /// A link may lead to what the grant does not cover. That is not there.
    fn check(&self, path: &Path) -> Result<(), FsError> {
        let whole = self.base.join(path);
        let covered = whole.to_str().is_some_and(|whole| self.grant.allows(whole));
        if covered { Ok(()) } else { Err(self.outside(path)) }
    }

    /// Whether the grant covers an entry of this directory.
    pub(super) fn covers(&self, name: &str) -> bool {
        self.check(&self.rest.join(name)).is_ok()
    }

    /// What it is, if it is no link.
    pub(super) fn metadata(&self) -> Result<Metadata, FsError> {
        Ok(self.dir.symlink_metadata(&self.rest)?)
    }

    /// Opens a file, and nothing else: whoever opens a pipe would wait for its other end.
    pub(super) fn open(&self, options: &OpenOptions) -> Result<(File, Metadata), FsError> {
        match self.dir.symlink_metadata(&self.rest) {
            Ok(there) if there.is_file() => {}
            Ok(_) => return Err(FsError::NotAFile),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error.into()),
        }
        let mut options = options.clone();
        options.follow(FollowSymlinks::No).nonblock(true);
        let file = self.dir.open_with(&self.rest, &options)?;
        let metadata = file.metadata()?;
        if metadata.is_file() { Ok((file, metadata)) } else { Err(FsError::NotAFile) }
    }

    pub(super) fn read_dir(&self) -> Result<ReadDir, FsError> {
        Ok(self.dir.read_dir(&self.rest)?)
    }

    /// Puts a file with this content in the place of what is there, if that is a file.
    pub(super) fn replace(&self, content: &[u8]) -> Result<(), FsError> {
        if self.metadata().is_ok_and(|there| !there.is_file()) {
            return Err(FsError::NotAFile);
        }
        let (parent, name) = self.parted()?;
        let mut file = TempFile::new(&parent)?;
        std::io::Write::write_all(&mut file, content)?;
        file.as_file().sync_all()?;
        file.replace(name)?;
        // the name is on the disk when its directory is
        Ok(parent.open(".")?.sync_all()?)
    }

    pub(super) fn create_dir(&self) -> Result<(), FsError> {
        Ok(self.dir.create_dir(&self.rest)?)
    }

    pub(super) fn rename(&self, to: &Place<'_>) -> Result<(), FsError> {
        // what the grant denies beneath one name would be beneath another
        let is_directory = self.metadata()?.is_dir();
        if is_directory && !(self.is_covered_whole() && to.is_covered_whole()) {
            let refused = if self.is_covered_whole() { to } else { self };
            return Err(FsError::NotGranted(refused.absolute(&refused.rest)));
        }
        match to.metadata() {
            Ok(there) if is_directory || !there.is_file() => return Err(FsError::AlreadyExists),
            Ok(_) | Err(FsError::NotFound(None)) => {}
            Err(error) => return Err(error),
        }
        Ok(self.dir.rename(&self.rest, &to.dir, &to.rest)?)
    }

    pub(super) fn remove(&self) -> Result<(), FsError> {
        let there = self.metadata()?;
        if there.is_dir() {
            return Ok(self.dir.remove_dir(&self.rest)?);
        }
        Ok(self.dir.remove_file(&self.rest)?)
    }

    /// Whether the grant covers all that could be beneath.
    fn is_covered_whole(&self) -> bool {
        let beneath = self.base.join(&self.rest).join("**");
        // a `*` of the name's own makes it cover more, never less
        let beneath = beneath.to_str().and_then(|all| Scope::new(ScopeKind::Path, &[all], &[]).ok());
        beneath.is_some_and(|all| self.grant.covers(&all))
    }

    fn parted(&self) -> Result<(Dir, &Path), FsError> {
        let name = self.rest.file_name().ok_or(FsError::NotAFile)?;
        let parent = self.rest.parent().filter(|parent| !parent.as_os_str().is_empty());
        Ok((self.dir.open_dir(parent.unwrap_or(Path::new(".")))?, Path::new(name)))
    }
}

/// What leads outside is no more there than what is missing.
fn not_there(error: std::io::Error) -> FsError {
    match FsError::from(error) {
        FsError::NotPermitted | FsError::Io | FsError::NotADirectory => FsError::NotFound(None),
        error => error,
    }
}
