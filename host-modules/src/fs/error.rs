//! Errors that a guest receives.

use std::io;

use hostfn::HostError;
use hostfn::state::{OutOfMemory, ResourceError};

use crate::in_use::InUse;

/// The reason a file function failed.
#[derive(Debug, thiserror::Error, HostError)]
pub enum FsError {
    /// There is no such file or directory, or none that the grant covers.
    #[error("there is no such file or directory")]
    #[status(not_found)]
    NotFound(#[scope_value] Option<String>),
    /// The other path is not covered by the grant.
    #[error("the capability `fs.write` is not granted for this `to`")]
    #[status(no_capability)]
    NotGranted(#[scope_value] String),
    /// There is something of this name already.
    #[error("the name exists already")]
    AlreadyExists,
    /// It is not a file: a directory, a pipe, a device.
    #[error("it is not a file")]
    NotAFile,
    /// It is not a directory.
    #[error("it is not a directory")]
    NotADirectory,
    /// The directory is not empty.
    #[error("the directory is not empty")]
    NotEmpty,
    /// It is more than one call reads, or than a file may hold.
    #[error("it is more than {0} bytes")]
    #[status(quota_exceeded)]
    TooLarge(u64),
    /// The file belongs to a database that `sql` has open.
    #[error("the file belongs to a database that is open")]
    InUse,
    /// The operating system does not let the host do this.
    #[error("the operating system does not permit it")]
    NotPermitted,
    /// The disk is full, or the host's share of it.
    #[error("there is no space left")]
    #[status(quota_exceeded)]
    NoSpace,
    /// The guest's time was up, or its instance was told to end, before it was done.
    #[error("the guest's time is up")]
    #[status(quota_exceeded)]
    Interrupted,
    /// The disk, or what is between, failed.
    #[error("the file system failed")]
    Io,
    /// The handle is not there, or there are too many.
    #[error(transparent)]
    #[status(transparent)]
    Handle(#[from] ResourceError),
    /// The instance's memory is used up.
    #[error(transparent)]
    #[status(transparent)]
    Memory(#[from] OutOfMemory),
}

/// Without the error's own words, which may hold a path of the host's.
impl From<io::Error> for FsError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => FsError::NotFound(None),
            io::ErrorKind::AlreadyExists => FsError::AlreadyExists,
            io::ErrorKind::NotADirectory => FsError::NotADirectory,
            io::ErrorKind::IsADirectory => FsError::NotAFile,
            io::ErrorKind::DirectoryNotEmpty => FsError::NotEmpty,
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => FsError::NoSpace,
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => FsError::NotPermitted,
            _ => FsError::Io,
        }
    }
}

impl From<InUse> for FsError {
    fn from(_: InUse) -> Self {
        FsError::InUse
    }
}
