//! A listing as a file that is committed and reviewed: `hostfn.lock`.

mod blocks;
mod read;
mod types;
mod write;

use super::Listing;
use crate::error::Result;

/// The version of the lock's form.
const VERSION: u32 = 2;

/// The calling convention of a function, unless its block has another.
const CONVENTION: &str = "messagepack";

impl Listing {
    /// The lock: TOML with a block for each capability, function and contract, made to be committed and compared line by
    /// line. Sorted, and without places, so that it changes with the surface and with nothing else.
    ///
    /// ```
    /// use hostfn_core::{Call, Capability, HostFnSpec, Listing, Registry, Reply};
    ///
    /// static CLOCK: Capability = Capability::new("clock", "Read the time.");
    /// fn now(call: Call<'_>) -> Reply {
    ///     call.authorize()?.reply(&0_u64)
    /// }
    /// static NOW: HostFnSpec = HostFnSpec::new("host", "now", now).requires(&CLOCK).with_quota(10).with_docs("The time.");
    ///
    /// let lock = Registry::builder().add(&NOW).build()?.listing().to_lock();
    /// assert!(lock.contains("[[function]]\nmodule = \"host\"\nname = \"now\"\ncapability = \"clock\"\n"));
    /// assert_eq!(Listing::from_lock("hostfn.lock", &lock)?.to_lock(), lock);
    /// # Ok::<(), hostfn_core::Error>(())
    /// ```
    pub fn to_lock(&self) -> String {
        write::lock(self)
    }

    /// Reads a lock. `file` is its name: a row's place is its block in it.
    ///
    /// ```
    /// use hostfn_core::Listing;
    ///
    /// let error = Listing::from_lock("hostfn.lock", "lock = 2\nabi = 1\nfunctions = []\n").unwrap_err();
    /// assert!(error.to_string().starts_with("H0603 hostfn.lock line 3: unknown field `functions`"));
    /// ```
    ///
    /// # Errors
    /// When it is not a lock (`H0603`), when another version wrote it (`H0602`), or when a block is not what its
    /// fingerprint says (`H0604`): everything that is wrong at once, but for a mistake in the TOML.
    pub fn from_lock(file: &str, lock: &str) -> Result<Listing> {
        read::lock(file, lock)
    }
}
