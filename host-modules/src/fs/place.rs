//! A path that the grant covers, and what is done there.

use std::io::{self, ErrorKind, Write};

use cap_tempfile::TempFile;
use hostfn::Scope;
use hostfn::scope::cap_std::fs::{Metadata, OpenOptions, ReadDir};
use hostfn::scope::{LastLink, LocateError, Location};

use super::FsError;
use super::mode;
use crate::in_use::{self, Watched, Writing};

/// The target of a path that the grant covers.
pub(super) struct Place<'a> {
    grant: &'a Scope,
    at: Location<'a>,
}

impl<'a> Place<'a> {
    /// Returns what exists there, every link followed.
    pub(super) fn existing(grant: &'a Scope, path: &str) -> Result<Self, FsError> {
        Self::located(grant, path, LastLink::Follow)
    }

    /// A name, which need not exist, in a directory that does. What has the name is not followed.
    pub(super) fn named(grant: &'a Scope, path: &str) -> Result<Self, FsError> {
        let place = Self::located(grant, path, LastLink::Keep)?;
        // the operator's own directory is not created, replaced or removed
        if place.at.name().is_none() { Err(FsError::NotAFile) } else { Ok(place) }
    }

    fn located(grant: &'a Scope, path: &str, last: LastLink) -> Result<Self, FsError> {
        let at = grant.locate(path, last).map_err(|error| match error {
            LocateError::Io(error) => not_there(error),
            error => error.into(),
        })?;
        Ok(Self { grant, at })
    }

    /// The name. [`named`](Place::named) places have one.
    fn name(&self) -> Result<&str, FsError> {
        self.at.name().ok_or(FsError::NotAFile)
    }

    /// Returns whether the grant covers an entry of this directory.
    pub(super) fn covers(&self, entry: &str) -> bool {
        self.at.covers(entry)
    }

    /// Returns what is there, without following a link.
    pub(super) fn metadata(&self) -> Result<Metadata, FsError> {
        Ok(self.at.metadata()?)
    }

    /// Opens a regular file, and nothing else.
    pub(super) fn open(&self, options: &OpenOptions) -> Result<Watched, FsError> {
        Watched::open(&self.at, || Ok(self.at.open(options)?))
    }

    pub(super) fn read_dir(&self) -> Result<ReadDir, FsError> {
        Ok(self.at.read_dir()?)
    }

    /// Puts a file with this content in the place of what is there, if that is a file which the host may write. It keeps
    /// its mode, and its owner where the host may set it.
    pub(super) fn replace(&self, content: &[u8]) -> Result<(), FsError> {
        let name = self.name()?;
        let _writing = Writing::at(&self.at)??;
        let before = match self.open(OpenOptions::new().write(true)) {
            Ok(before) => Some(before.metadata()?),
            Err(FsError::NotFound(None)) => None,
            Err(error) => return Err(error),
        };
        let mut file = TempFile::new(self.at.dir())?;
        if let Some(before) = before {
            // before there is anything to read in it
            mode::keep(file.as_file(), &before)?;
        }
        file.write_all(content)?;
        file.as_file().sync_all()?;
        file.replace(name)?;
        // the name is on the disk when its directory is
        Ok(self.at.dir().open(".")?.sync_all()?)
    }

    pub(super) fn create_dir(&self) -> Result<(), FsError> {
        let _writing = Writing::at(&self.at)??;
        Ok(self.at.dir().create_dir(self.name()?)?)
    }

    pub(super) fn rename(&self, to: &Place<'_>) -> Result<(), FsError> {
        let _writing = (Writing::at(&self.at)??, Writing::at(&to.at)??);
        in_use::refuse::<FsError>(&self.at)?;
        let there = self.metadata()?;
        if !(there.is_file() || there.is_dir()) {
            return Err(FsError::NotAFile);
        }
        if there.is_dir() {
            for place in [self, to] {
                if !place.may_move_directory()? {
                    return Err(FsError::NotGranted(place.at.path()));
                }
            }
        }
        match to.metadata() {
            Ok(replaced) if there.is_dir() || !replaced.is_file() => return Err(FsError::AlreadyExists),
            Ok(_) | Err(FsError::NotFound(None)) => {}
            Err(error) => return Err(error),
        }
        Ok(self.at.dir().rename(self.name()?, to.at.dir(), to.name()?)?)
    }

    pub(super) fn remove(&self) -> Result<(), FsError> {
        let _writing = Writing::at(&self.at)??;
        let (there, name) = (self.metadata()?, self.name()?);
        if there.is_dir() {
            return Ok(self.at.dir().remove_dir(name)?);
        }
        Ok(self.at.dir().remove_file(name)?)
    }

    /// Returns whether a directory may leave or take this name: what the grant denies below one name would be covered below
    /// another, and a directory that the operator names would be another one.
    fn may_move_directory(&self) -> Result<bool, FsError> {
        Ok(self.at.covers_all_below()? && !self.grant.has_base_at_or_below(&self.at.path()))
    }
}

/// Returns the error of a missing file, also for a path that leads outside.
fn not_there(error: io::Error) -> FsError {
    match FsError::from(error) {
        FsError::NotPermitted | FsError::Io | FsError::NotADirectory => FsError::NotFound(None),
        error => error,
    }
}

impl From<LocateError> for FsError {
    fn from(error: LocateError) -> Self {
        match error {
            LocateError::NotCovered => FsError::NotFound(None),
            LocateError::LeadsOut(path) => FsError::NotFound(Some(path)),
            LocateError::NotAFile => FsError::NotAFile,
            LocateError::Io(error) if error.kind() == ErrorKind::NotFound => FsError::NotFound(None),
            LocateError::Io(error) => error.into(),
            _ => FsError::Io,
        }
    }
}
