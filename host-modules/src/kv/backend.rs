//! Backends of stores.

use std::borrow::Cow;
use std::error::Error;
use std::ops::{Bound, ControlFlow};

/// The backend of a store: memory, a file, or something of the host's own.
///
/// A backend keeps keys, values, and the time at which an entry expires. It knows nothing of grants, limits and
/// numbers, which are the [`Store`](super::Store)'s. All instances of a host share one backend and call it from several
/// threads.
///
/// `now` is in milliseconds since 1970 (UTC), and so is the time at which an entry expires. An entry that expires at
/// `now` or before is not there, whatever it still takes up.
///
/// # Errors
/// Each method's error is for the host: a guest only learns that the store failed.
pub trait Backend: Send + Sync + 'static {
    /// Hands the value of `key` to `found`, if there is one.
    ///
    /// # Errors
    /// When it cannot be read.
    fn get(&self, key: &str, now: u64, found: &mut dyn FnMut(&[u8])) -> Result<(), BackendError>;

    /// Asks `change` what is to become of `key`, given what is there, and does it, as one step that no other change
    /// comes between. It is durable, as far as this backend's changes are, before the method returns.
    ///
    /// `change` may be asked several times; the last answer counts.
    ///
    /// # Errors
    /// When it cannot be read or written. Whether the change was made is not known, then.
    fn update<'v>(
        &self,
        key: &str,
        now: u64,
        change: &mut dyn FnMut(Before<'_>) -> Change<'v>,
    ) -> Result<(), BackendError>;

    /// Returns whether a change waits for something, such as a disk. It then runs on a thread of its own, and a guest that may not
    /// go on does not wait for its end; otherwise it runs on the guest's. Reads always do, and are to be quick.
    fn waits(&self) -> bool {
        true
    }

    /// Returns how many changes may be under way at once: 16. Those beyond wait their turn, first come, first served, and take no
    /// thread meanwhile. A backend that makes one after the other says 1.
    fn changes_at_once(&self) -> usize {
        16
    }

    /// Bytes that one change holds in the host's memory while it is made, beside its key and value: none. They count
    /// against the memory of the instance that makes it.
    fn held_by_change(&self) -> usize {
        0
    }

    /// Hands the keys from `from` on to `visit`, in the order of their bytes, until it breaks off.
    ///
    /// # Errors
    /// When they cannot be read.
    fn keys(
        &self,
        from: Bound<&str>,
        now: u64,
        visit: &mut dyn FnMut(&str) -> ControlFlow<()>,
    ) -> Result<(), BackendError>;

    /// Returns how many entries there are.
    ///
    /// # Errors
    /// When they cannot be counted.
    fn count(&self, now: u64) -> Result<u64, BackendError>;
}

/// The reason a backend failed.
pub type BackendError = Box<dyn Error + Send + Sync>;

/// The contents of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry<'a> {
    /// Its value.
    pub value: &'a [u8],
    /// When it expires, in milliseconds since 1970; `None` for never.
    pub expires: Option<u64>,
}

/// The entry before a change.
#[derive(Clone, Copy, Debug)]
pub struct Before<'a> {
    /// The entry that is to be changed, if it is there.
    pub entry: Option<Entry<'a>>,
    /// The size of all entries of the store, each as [`entry_bytes`] tells; 0 from a backend that has a limit of its
    /// own.
    pub bytes: u64,
}

/// The change of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change<'v> {
    /// It stays as it is, or absent.
    Keep,
    /// It goes.
    Remove,
    /// It is to be this, whether it was there or not.
    Put {
        /// The value.
        value: Cow<'v, [u8]>,
        /// When it expires, in milliseconds since 1970; `None` for never.
        expires: Option<u64>,
    },
}

/// Returns what an entry takes up in its store, in bytes: its key, its value, and 64 for what keeps them.
pub fn entry_bytes(key: &str, value: &[u8]) -> u64 {
    (key.len() as u64).saturating_add(value.len() as u64).saturating_add(64)
}
