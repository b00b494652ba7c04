//! A store's entries in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::{Bound, ControlFlow};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::backend::{Backend, BackendError, Before, Change, Entry, entry_bytes};

/// Entries, and which of them expire when.
#[derive(Default)]
pub(super) struct Image {
    entries: BTreeMap<Arc<str>, Kept>,
    deadlines: BTreeSet<(u64, Arc<str>)>,
    bytes: u64,
}

/// A value, and when it expires. A clone is the same value.
#[derive(Clone)]
pub(super) struct Kept {
    pub(super) value: Arc<[u8]>,
    pub(super) expires: Option<u64>,
}

/// Expired entries that one change drops.
pub(super) const MOST_SWEPT: usize = 1_000;

/// The new value of an entry: this, or absent.
struct Becomes(Option<Kept>);

impl Kept {
    pub(super) fn is_there(&self, now: u64) -> bool {
        self.expires.is_none_or(|expires| expires > now)
    }

    pub(super) fn entry(&self) -> Entry<'_> {
        Entry { value: &self.value, expires: self.expires }
    }
}

impl Image {
    pub(super) fn before(&self, key: &str, now: u64) -> Before<'_> {
        let kept = self.entries.get(key).filter(|kept| kept.is_there(now));
        Before { entry: kept.map(Kept::entry), bytes: self.bytes }
    }

    /// All of it, to be read while it is changed: what it has is not copied.
    pub(super) fn snapshot(&self) -> Vec<(Arc<str>, Kept)> {
        self.entries.iter().map(|(key, kept)| (Arc::clone(key), kept.clone())).collect()
    }

    /// Bytes of a [snapshot](Self::snapshot).
    pub(super) fn snapshot_bytes(&self) -> usize {
        self.entries.len().saturating_mul(size_of::<(Arc<str>, Kept)>())
    }

    /// Puts `kept` where `key` is, or nothing; returns what was there.
    pub(super) fn replace(&mut self, key: &str, kept: Option<Kept>) -> Option<Kept> {
        let old = self.entries.remove_entry(key).map(|(key, old)| {
            self.bytes = self.bytes.saturating_sub(entry_bytes(&key, &old.value));
            if let Some(expires) = old.expires {
                self.deadlines.remove(&(expires, key));
            }
            old
        });
        if let Some(kept) = kept {
            let key: Arc<str> = key.into();
            self.bytes = self.bytes.saturating_add(entry_bytes(&key, &kept.value));
            if let Some(expires) = kept.expires {
                self.deadlines.insert((expires, Arc::clone(&key)));
            }
            self.entries.insert(key, kept);
        }
        old
    }

    /// Returns what `change` makes of `key`: an entry, or nothing; `None` when it stays as it is.
    fn decide<'v>(
        &self,
        key: &str,
        now: u64,
        change: &mut dyn FnMut(Before<'_>) -> Change<'v>,
    ) -> Option<Becomes> {
        match change(self.before(key, now)) {
            Change::Keep => None,
            Change::Remove => Some(Becomes(None)),
            Change::Put { value, expires } => {
                Some(Becomes(Some(Kept { value: value.into_owned().into(), expires })))
            }
        }
    }

    /// Drops some of what has expired: nobody waits for all of what another let expire.
    fn sweep(&mut self, now: u64) {
        for _ in 0..MOST_SWEPT {
            let Some((_, key)) = self.deadlines.first().filter(|(expires, _)| *expires <= now) else {
                return;
            };
            let key = Arc::clone(key);
            self.replace(&key, None);
        }
    }

    fn expired(&self, now: u64) -> usize {
        self.deadlines.iter().take_while(|(expires, _)| *expires <= now).count()
    }
}

/// An [`Image`] that several threads use.
#[derive(Default)]
pub(super) struct Memory(Mutex<Image>);

impl Memory {
    pub(super) fn new(image: Image) -> Self {
        Self(Mutex::new(image))
    }

    fn image(&self) -> MutexGuard<'_, Image> {
        // what panics while it holds the lock is a caller's function, which leaves the image as it was
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The entries, to be changed.
    fn at(&self, now: u64) -> MutexGuard<'_, Image> {
        let mut image = self.image();
        image.sweep(now);
        image
    }

    /// Bytes of a snapshot of it.
    pub(super) fn snapshot_bytes(&self) -> usize {
        self.image().snapshot_bytes()
    }

    /// Makes the change, unless the image that has it cannot be drafted and the draft saved. Who reads meanwhile does not
    /// wait, and finds what was there before. Changes come one after the other: the caller sees to that.
    pub(super) fn update_saved<'v, D>(
        &self,
        key: &str,
        now: u64,
        change: &mut dyn FnMut(Before<'_>) -> Change<'v>,
        draft: impl FnOnce(&Image) -> Result<D, BackendError>,
        save: impl FnOnce(D) -> Result<(), BackendError>,
    ) -> Result<(), BackendError> {
        let mut image = self.at(now);
        let Some(Becomes(kept)) = image.decide(key, now, change) else { return Ok(()) };
        let old = image.replace(key, kept);
        let draft = draft(&image);
        let kept = image.replace(key, old);
        drop(image);
        save(draft?)?;
        self.at(now).replace(key, kept);
        Ok(())
    }
}

impl Backend for Memory {
    fn get(&self, key: &str, now: u64, found: &mut dyn FnMut(&[u8])) -> Result<(), BackendError> {
        if let Some(entry) = self.image().before(key, now).entry {
            found(entry.value);
        }
        Ok(())
    }

    fn update<'v>(
        &self,
        key: &str,
        now: u64,
        change: &mut dyn FnMut(Before<'_>) -> Change<'v>,
    ) -> Result<(), BackendError> {
        let mut image = self.at(now);
        if let Some(Becomes(kept)) = image.decide(key, now, change) {
            image.replace(key, kept);
        }
        Ok(())
    }

    fn waits(&self) -> bool {
        false
    }

    fn keys(
        &self,
        from: Bound<&str>,
        now: u64,
        visit: &mut dyn FnMut(&str) -> ControlFlow<()>,
    ) -> Result<(), BackendError> {
        let image = self.image();
        let entries = image.entries.range::<str, _>((from, Bound::Unbounded));
        let _ = entries.filter(|(_, kept)| kept.is_there(now)).map(|(key, _)| &**key).try_for_each(visit);
        Ok(())
    }

    fn count(&self, now: u64) -> Result<u64, BackendError> {
        let image = self.image();
        Ok((image.entries.len() - image.expired(now)) as u64)
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;

    fn value(memory: &Memory) -> Option<Vec<u8>> {
        let mut value = None;
        memory.get("key", 0, &mut |found| value = Some(found.to_vec())).unwrap();
        value
    }

    fn set(
        memory: &Memory,
        to: &[u8],
        save: impl FnOnce(Option<Vec<u8>>) -> Result<(), BackendError>,
    ) -> bool {
        let mut change = |_: Before<'_>| Change::Put { value: Cow::Borrowed(to), expires: None };
        let draft = |image: &Image| Ok(image.before("key", 0).entry.map(|entry| entry.value.to_vec()));
        memory.update_saved("key", 0, &mut change, draft, save).is_ok()
    }

    #[test]
    fn who_reads_waits_for_no_save_and_sees_nothing_that_is_not_saved() {
        let memory = Memory::default();
        assert!(set(&memory, b"old", |_| Ok(())));
        // a lock that was held here would never be given back
        assert!(set(&memory, b"new", |draft| {
            assert_eq!((draft.as_deref(), value(&memory).as_deref()), (Some(&b"new"[..]), Some(&b"old"[..])));
            Ok(())
        }));
        assert!(!set(&memory, b"lost", |_| Err("the disk is gone".into())));
        assert_eq!(value(&memory).as_deref(), Some(&b"new"[..]));
    }
}
