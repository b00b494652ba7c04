//! One store, as the host's functions use it.

use std::borrow::Cow;
use std::fmt;
use std::ops::{Bound, ControlFlow};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use super::backend::{Backend, Before, Change, Entry, entry_bytes};
use super::error::KvError;
use super::turn::Turns;

/// The clock that entries expire by.
pub(super) type Clock = Arc<dyn Fn() -> SystemTime + Send + Sync>;

/// A key-value store: what a guest's handle stands for, and the same for the host itself, from
/// [`Stores::get`](super::Stores::get). A clone is the same store.
///
/// Each method is one step, which nobody else's comes between. A change is in the store's file, on the disk, when
/// the method returns.
#[derive(Clone)]
pub struct Store {
    backend: Arc<dyn Backend>,
    limits: Limits,
    clock: Clock,
    turns: Arc<Turns>,
    /// Set when nobody waits for a change any more.
    given_up: Option<Arc<AtomicBool>>,
}

/// The limits of a store.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) key: usize,
    pub(super) value: usize,
    pub(super) store: u64,
    pub(super) json: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { key: 1 << 10, value: 1 << 20, store: 64 << 20, json: 4 << 20 }
    }
}

impl Store {
    pub(super) fn new(backend: Arc<dyn Backend>, limits: Limits, clock: Clock) -> Self {
        let turns = Turns::new(backend.changes_at_once());
        Self { backend, limits, clock, turns, given_up: None }
    }

    /// The same store, for a change that is not begun any more once `given_up` is set.
    pub(super) fn unless(&self, given_up: &Arc<AtomicBool>) -> Self {
        Self { given_up: Some(Arc::clone(given_up)), ..self.clone() }
    }

    /// Returns whether changes wait for something.
    pub(super) fn waits(&self) -> bool {
        self.backend.waits()
    }

    /// Returns whose turn it is to change it.
    pub(super) fn turns(&self) -> &Arc<Turns> {
        &self.turns
    }

    /// Bytes that a change holds while it is made.
    pub(super) fn held_by_change(&self) -> usize {
        self.backend.held_by_change()
    }

    fn is_given_up(&self) -> bool {
        self.given_up.as_ref().is_some_and(|given_up| given_up.load(Ordering::SeqCst))
    }

    /// The value of `key`, if there is one.
    pub fn get(&self, key: &str) -> Result<Option<Vec<u8>>, KvError> {
        let mut value = None;
        self.read(key, &mut |found| value = Some(found.to_vec()))?;
        Ok(value)
    }

    /// Hands the value of `key` to `found`, if there is one, without a copy.
    pub fn read(&self, key: &str, found: &mut dyn FnMut(&[u8])) -> Result<(), KvError> {
        self.check_key(key)?;
        self.backend.get(key, self.now(), found).map_err(KvError::StoreFailed)
    }

    /// Sets `key` to `value`, for `ttl_ms` milliseconds or for good.
    pub fn set(&self, key: &str, value: &[u8], ttl_ms: Option<u64>) -> Result<(), KvError> {
        self.change(key, |_, now| Ok((put(value, now, ttl_ms)?, ())))
    }

    /// Deletes `key`; whether it was there.
    pub fn delete(&self, key: &str) -> Result<bool, KvError> {
        self.change(key, |entry, _| {
            let change = if entry.is_some() { Change::Remove } else { Change::Keep };
            Ok((change, entry.is_some()))
        })
    }

    /// Sets `key` as [`set`](Store::set) does if its value is `expected`, where `None` is that it is not there; whether
    /// it was.
    pub fn compare_and_set(
        &self,
        key: &str,
        expected: Option<&[u8]>,
        value: &[u8],
        ttl_ms: Option<u64>,
    ) -> Result<bool, KvError> {
        self.change(key, |entry, now| {
            let set = put(value, now, ttl_ms)?;
            let met = entry.map(|entry| entry.value) == expected;
            Ok((if met { set } else { Change::Keep }, met))
        })
    }

    /// Adds `by` to the number that `key` has, in decimal digits, or to 0 if it is not there; returns the sum. When the
    /// key expires stays as it was.
    pub fn increment(&self, key: &str, by: i64) -> Result<i64, KvError> {
        self.change(key, |entry, _| {
            let number = entry.map_or(Ok(0), |entry| number(entry.value))?;
            let sum = number.checked_add(by).ok_or(KvError::Overflow)?;
            let expires = entry.and_then(|entry| entry.expires);
            Ok((Change::Put { value: Cow::Owned(sum.to_string().into_bytes()), expires }, sum))
        })
    }

    /// Hands the keys that begin with `prefix` and come after `after` to `visit`, in the order of their bytes, until it
    /// breaks off.
    pub fn keys(
        &self,
        prefix: &str,
        after: Option<&str>,
        visit: &mut dyn FnMut(&str) -> ControlFlow<()>,
    ) -> Result<(), KvError> {
        self.check_key(prefix)?;
        self.check_key(after.unwrap_or_default())?;
        let from = match after {
            Some(after) if after >= prefix => Bound::Excluded(after),
            _ => Bound::Included(prefix),
        };
        let mut within =
            |key: &str| if key.starts_with(prefix) { visit(key) } else { ControlFlow::Break(()) };
        self.backend.keys(from, self.now(), &mut within).map_err(KvError::StoreFailed)
    }

    /// Returns how many entries there are.
    pub fn count(&self) -> Result<u64, KvError> {
        self.backend.count(self.now()).map_err(KvError::StoreFailed)
    }

    fn change<'v, R>(
        &self,
        key: &str,
        mut decide: impl FnMut(Option<Entry<'_>>, u64) -> Result<(Change<'v>, R), KvError>,
    ) -> Result<R, KvError> {
        self.check_key(key)?;
        let now = self.now();
        let mut decided = None;
        let mut change = |before: Before<'_>| {
            // asked where no other change comes between: one that is begun later cannot be undone by this one
            if self.is_given_up() {
                decided = Some(Err(KvError::Interrupted));
                return Change::Keep;
            }
            let checked = decide(before.entry, now).and_then(|(change, reply)| {
                self.check_change(key, before, &change)?;
                Ok((change, reply))
            });
            let (change, reply) = match checked {
                Ok((change, reply)) => (change, Ok(reply)),
                Err(error) => (Change::Keep, Err(error)),
            };
            decided = Some(reply);
            change
        };
        self.backend.update(key, now, &mut change).map_err(KvError::StoreFailed)?;
        decided.unwrap_or_else(|| Err(KvError::StoreFailed("the backend did not ask what to change".into())))
    }

    fn check_key(&self, key: &str) -> Result<(), KvError> {
        if key.len() > self.limits.key { Err(KvError::KeyTooLong(self.limits.key)) } else { Ok(()) }
    }

    fn check_change(&self, key: &str, before: Before<'_>, change: &Change<'_>) -> Result<(), KvError> {
        let Change::Put { value, .. } = change else { return Ok(()) };
        if value.len() > self.limits.value {
            return Err(KvError::ValueTooLong(self.limits.value));
        }
        let (less, more) =
            (before.entry.map_or(0, |entry| entry_bytes(key, entry.value)), entry_bytes(key, value));
        // a store that is over its limit, which was higher once, can still shrink
        if more > less && before.bytes.saturating_sub(less).saturating_add(more) > self.limits.store {
            return Err(KvError::StoreFull(self.limits.store));
        }
        Ok(())
    }

    /// Milliseconds since 1970.
    fn now(&self) -> u64 {
        let since = (self.clock)().duration_since(UNIX_EPOCH).unwrap_or_default();
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("limits", &self.limits).finish_non_exhaustive()
    }
}

fn put(value: &[u8], now: u64, ttl_ms: Option<u64>) -> Result<Change<'_>, KvError> {
    let expires = match ttl_ms {
        Some(0) => return Err(KvError::BadTtl),
        Some(ttl) => Some(now.checked_add(ttl).ok_or(KvError::BadTtl)?),
        None => None,
    };
    Ok(Change::Put { value: Cow::Borrowed(value), expires })
}

fn number(value: &[u8]) -> Result<i64, KvError> {
    let text = std::str::from_utf8(value).map_err(|_| KvError::NotANumber)?;
    text.parse().map_err(|_| KvError::NotANumber)
}
