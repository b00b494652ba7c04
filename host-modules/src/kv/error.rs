//! Errors of stores.

use std::io;
use std::path::PathBuf;

use hostfn::HostError;
use hostfn::state::{OutOfMemory, ResourceError};

use super::BackendError;

/// The reason a function of the module fails.
#[derive(Debug, thiserror::Error, HostError)]
pub enum KvError {
    /// The host has no store of this name.
    #[error("there is no store of this name")]
    #[status(not_found)]
    NoSuchStore,
    /// The handle is not there, or there are too many.
    #[error(transparent)]
    #[status(transparent)]
    Handle(#[from] ResourceError),
    /// The instance's memory is used up.
    #[error(transparent)]
    #[status(transparent)]
    Memory(#[from] OutOfMemory),
    /// The key is longer than keys may be.
    #[error("a key has at most {0} bytes")]
    #[status(quota_exceeded)]
    KeyTooLong(usize),
    /// The value is longer than values may be.
    #[error("a value has at most {0} bytes")]
    #[status(quota_exceeded)]
    ValueTooLong(usize),
    /// The store would grow beyond what it may take up.
    #[error("the store takes up at most {0} bytes")]
    #[status(quota_exceeded)]
    StoreFull(u64),
    /// The time to live is 0, or ends later than a clock can tell.
    #[error("the time to live is 0, or too long")]
    #[status(bad_input)]
    BadTtl,
    /// The value is no decimal number that fits into 64 bits.
    #[error("the value is not a decimal number of 64 bits")]
    NotANumber,
    /// The number would leave the 64 bits that it has; it stays as it was.
    #[error("the number overflows 64 bits")]
    Overflow,
    /// The call was to end while it waited for the store: its time is up, or its instance ends. Whether the change is made
    /// is not known.
    #[error("the call was to end while it waited for the store; whether the change is made is not known")]
    #[status(quota_exceeded)]
    Interrupted,
    /// The store could not be read or written. Whether a change was made is not known.
    #[error("the store could not be read or written")]
    StoreFailed(#[source] BackendError),
}

/// The reason the stores cannot be opened. For the host: it names files.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// There is no store.
    #[error("it has no store")]
    NoStore,
    /// Two stores have one name.
    #[error("it has two stores of the name `{0}`")]
    DuplicateStore(String),
    /// A store's file cannot be used.
    #[error("the file {} of the store `{store}` {why}", path.display())]
    File {
        /// The store's name.
        store: String,
        /// Its file.
        path: PathBuf,
        /// The error.
        why: FileError,
    },
}

impl OpenError {
    pub(super) fn remedy(&self) -> &'static str {
        match self {
            Self::NoStore => "add one: `hostfn_modules::kv::module().memory(\"notes\")`",
            Self::DuplicateStore(_) => "give one of them another name",
            Self::File { .. } => "fix the file of the store",
        }
    }
}

/// Errors of a store's file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// Another host has it open, or another store of this one.
    #[error("is in use, by another host or another store")]
    InUse,
    /// It is no store of this kind, or it is damaged. It is left as it is.
    #[error("is not a store of this kind, or is damaged: {0}")]
    Unreadable(String),
    /// The operating system refuses it.
    #[error("cannot be used: {0}")]
    Io(#[from] io::Error),
}
