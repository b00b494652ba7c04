//! The calls into guests that are under way, of which a host has only so many, and how they are shared out between its
//! plugins.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use super::subject::Subject;
use crate::error::{Error, Limit, Result, SetBy};

/// The calls of a host.
pub(super) struct Calls {
    most: u32,
    /// The share of each plugin.
    shares: Mutex<Vec<Weak<Share>>>,
}

/// The calls of one plugin, over all its instances.
#[derive(Default)]
pub(super) struct Share {
    running: AtomicU32,
}

impl Calls {
    pub(super) fn new(most: u32) -> Self {
        Self { most, shares: Mutex::default() }
    }

    /// The share of a plugin that was loaded.
    pub(super) fn join(&self) -> Arc<Share> {
        let share = Arc::default();
        let mut shares = self.shares();
        shares.retain(|share| share.strong_count() > 0);
        shares.push(Arc::downgrade(&share));
        share
    }

    fn shares(&self) -> MutexGuard<'_, Vec<Weak<Share>>> {
        self.shares.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns whether a plugin with so many calls may have another when so many of the host's are free. One half is for any plugin that
    /// comes first. Of the other, each plugin can always have an equal part, which nobody else takes.
    #[cold]
    fn leaves_room(&self, share: &Arc<Share>, own: u32, free: u32) -> bool {
        let shares = self.shares();
        let others: Vec<Arc<Share>> =
            shares.iter().filter_map(Weak::upgrade).filter(|other| !Arc::ptr_eq(other, share)).collect();
        drop(shares);
        let part = self.most / 2 / u32::try_from(others.len() + 1).unwrap_or(u32::MAX);
        let reserved = others.iter().map(|other| part.saturating_sub(other.running.load(Ordering::Relaxed)));
        own < part || free > reserved.fold(0, u32::saturating_add)
    }
}

/// One of the calls that are under way.
pub(super) struct Running<'s>(&'s Subject);

impl<'s> Running<'s> {
    pub(super) fn begin(subject: &'s Subject, export: &str) -> Result<Self> {
        if begin(subject) { Ok(Running(subject)) } else { Err(too_many(subject, export)) }
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        end(self.0);
    }
}

/// Counts a call that begins; returns whether it may, and is not counted if not.
#[inline]
pub(super) fn begin(subject: &Subject) -> bool {
    let (calls, share) = (subject.composition().calls(), subject.share());
    let before = subject.composition().clock().begin();
    let own = share.running.fetch_add(1, Ordering::Relaxed);
    if before < calls.most / 2 || before < calls.most && calls.leaves_room(share, own, calls.most - before) {
        return true;
    }
    end(subject);
    false
}

/// Counts a call that ends.
#[inline]
pub(super) fn end(subject: &Subject) {
    subject.composition().clock().end();
    subject.share().running.fetch_sub(1, Ordering::Relaxed);
}

/// The error of a call that may not begin.
#[cold]
pub(super) fn too_many(subject: &Subject, export: &str) -> Error {
    let (plugin, export) = (subject.name().to_owned(), export.to_owned());
    let (limit, set_by) = (Limit::Concurrent, SetBy::Host);
    Error::Exhausted { plugin, export, limit, set_by, cut_off: false, source: None }
}
