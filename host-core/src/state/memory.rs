//! The memory that an instance may take up, its own and what the host holds for it.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use hostfn_abi::Status;
use hostfn_abi::codec::Allowance;

use crate::spec::{ErrorKind, HostError};

/// The memory that one instance may take up: its linear memory, and what host functions hold for it. What is
/// held leaves the guest that much less to grow by, and the other way round.
///
/// A state's initialiser gets it from [`StateCx::memory`](crate::StateCx::memory). A clone is a handle on the
/// same budget.
///
/// ```
/// use hostfn_core::MemoryBudget;
///
/// let budget = MemoryBudget::new(64 * 1024);
/// let buffer = budget.take(48 * 1024)?;
/// assert!(budget.take(32 * 1024).is_err());
/// drop(buffer);
/// assert!(budget.take(32 * 1024).is_ok());
/// # Ok::<(), hostfn_core::OutOfMemory>(())
/// ```
#[derive(Clone)]
pub struct MemoryBudget(Arc<Account>);

struct Account {
    limit: usize,
    used: AtomicUsize,
}

impl MemoryBudget {
    /// A budget of `limit` bytes, none of them used.
    pub fn new(limit: usize) -> Self {
        Self(Arc::new(Account { limit, used: AtomicUsize::new(0) }))
    }

    /// Takes so many bytes, until what is returned is dropped.
    ///
    /// # Errors
    /// When fewer are left.
    pub fn take(&self, bytes: usize) -> Result<MemoryReservation, OutOfMemory> {
        if self.charge(bytes) {
            Ok(MemoryReservation { budget: self.clone(), bytes })
        } else {
            Err(OutOfMemory)
        }
    }

    /// Bytes that are used, by the guest and for it.
    pub fn used(&self) -> usize {
        self.0.used.load(Ordering::Relaxed)
    }

    /// Bytes that are left.
    pub fn left(&self) -> usize {
        self.0.limit.saturating_sub(self.used())
    }

    /// A budget that is never used up, for calls that no instance makes.
    pub fn unlimited() -> Self {
        Self::new(usize::MAX)
    }

    /// Holds bytes that were charged before.
    pub(crate) fn hold(&self, charged: usize) -> MemoryReservation {
        MemoryReservation { budget: self.clone(), bytes: charged }
    }

    /// Gives so many bytes back.
    pub(crate) fn give_back(&self, bytes: usize) {
        self.0.used.fetch_sub(bytes, Ordering::Relaxed);
    }

    /// Takes so many bytes, until they are given back; whether there were so many.
    pub(crate) fn charge(&self, bytes: usize) -> bool {
        let within = |used: usize| used.checked_add(bytes).filter(|&used| used <= self.0.limit);
        self.0.used.try_update(Ordering::Relaxed, Ordering::Relaxed, within).is_ok()
    }
}

/// Charges decoded values, and replies that do not fit the window.
impl Allowance for MemoryBudget {
    fn take(&self, bytes: usize) -> bool {
        self.charge(bytes)
    }

    fn give_back(&self, bytes: usize) {
        MemoryBudget::give_back(self, bytes);
    }
}

impl fmt::Debug for MemoryBudget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MemoryBudget({} of {} bytes)", self.used(), self.0.limit)
    }
}

/// Bytes of a [`MemoryBudget`] that are held, and given back when this is dropped.
#[derive(Debug)]
#[must_use = "the bytes are given back when this is dropped"]
pub struct MemoryReservation {
    budget: MemoryBudget,
    bytes: usize,
}

impl MemoryReservation {
    /// Returns how many bytes.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Holds `bytes` from now on, more or fewer.
    ///
    /// # Errors
    /// When so many more are not left; it holds what it held, then.
    pub fn resize(&mut self, bytes: usize) -> Result<(), OutOfMemory> {
        if let Some(less) = self.bytes.checked_sub(bytes) {
            self.budget.give_back(less);
        } else if !self.budget.charge(bytes - self.bytes) {
            return Err(OutOfMemory);
        }
        self.bytes = bytes;
        Ok(())
    }
}

impl Drop for MemoryReservation {
    fn drop(&mut self) {
        self.budget.give_back(self.bytes);
    }
}

/// The instance's memory is used up, its own and what the host holds for it together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the instance's memory is used up, with what the host holds for it")]
pub struct OutOfMemory;

impl HostError for OutOfMemory {
    const KINDS: &'static [ErrorKind] = &[ErrorKind {
        code: "out_of_memory",
        status: Status::QUOTA_EXCEEDED,
        docs: "The instance's memory is used up, with what the host holds for it.",
    }];

    fn status(&self) -> Status {
        Status::QUOTA_EXCEEDED
    }

    fn code(&self) -> &'static str {
        "out_of_memory"
    }
}
