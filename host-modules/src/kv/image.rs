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

/// A value, and when it expires.
pub(super) struct Kept {
    pub(super) value: Box<[u8]>,
    pub(super) expires: Option<u64>,
}

/// What an entry is to be: this, or absent.
struct Becomes(Option<Kept>);

impl Kept {
    fn entry(&self) -> Entry<'_> {
        Entry { value: &self.value, expires: self.expires }
    }
}

impl Image {
    pub(super) fn before(&self, key: &str) -> Before<'_> {
        Before { entry: self.entries.get(key).map(Kept::entry), bytes: self.bytes }
    }

    pub(super) fn iter(&self) -> impl ExactSizeIterator<Item = (&str, Entry<'_>)> {
        self.entries.iter().map(|(key, kept)| (&**key, kept.entry()))
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

    /// What `change` makes of `key`: an entry, or nothing; `None` when it stays as it is.
    fn decide<'v>(&self, key: &str, change: &mut dyn FnMut(Before<'_>) -> Change<'v>) -> Option<Becomes> {
        match change(self.before(key)) {
            Change::Keep => None,
            Change::Remove => Some(Becomes(None)),
            Change::Put { value, expires } => {
                Some(Becomes(Some(Kept { value: value.into_owned().into(), expires })))
            }
        }
    }

    /// Drops what has expired. Each entry is dropped once, so that its share of the time was paid for by its write.
    pub(super) fn sweep(&mut self, now: u64) {
        while let Some((_, key)) = self.deadlines.first().filter(|(expires, _)| *expires <= now) {
            let key = Arc::clone(key);
            self.replace(&key, None);
        }
    }
}

/// An [`Image`] that several threads use.
#[derive(Default)]
pub(super) struct Memory(Mutex<Image>);

impl Memory {
    pub(super) fn of(image: Image) -> Self {
        Self(Mutex::new(image))
    }

    /// The entries that have not expired.
    fn at(&self, now: u64) -> MutexGuard<'_, Image> {
        // what panics while it holds the lock is a caller's function, which leaves the image as it was
        let mut image = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        image.sweep(now);
        image
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
        let Some(Becomes(kept)) = image.decide(key, change) else { return Ok(()) };
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
        if let Some(entry) = self.at(now).before(key).entry {
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
        if let Some(Becomes(kept)) = image.decide(key, change) {
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
        let image = self.at(now);
        let mut keys = image.entries.range::<str, _>((from, Bound::Unbounded)).map(|(key, _)| &**key);
        let _ = keys.try_for_each(visit);
        Ok(())
    }

    fn count(&self, now: u64) -> Result<u64, BackendError> {
        Ok(self.at(now).entries.len() as u64)
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
        let draft = |image: &Image| Ok(image.before("key").entry.map(|entry| entry.value.to_vec()));
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
