//! Shares of the requests under way, for each instance of a host.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The requests that a host may have under way at once.
#[derive(Debug)]
pub(super) struct Permits {
    most: usize,
    running: Mutex<usize>,
}

/// The share of one instance.
#[derive(Debug, Default)]
pub(super) struct Share {
    running: AtomicUsize,
}

/// One of them, until this is dropped.
#[derive(Debug)]
pub(super) struct Permit {
    permits: Arc<Permits>,
    share: Arc<Share>,
}

impl Permits {
    pub(super) fn new(most: usize) -> Arc<Self> {
        Arc::new(Self { most, running: Mutex::new(0) })
    }

    fn running(&self) -> MutexGuard<'_, usize> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a request that begins, if there is room for it in the instance's share: one that has none under way takes
    /// the last that is free, and any other leaves as many free as it has, and never has more than `own`. A request that
    /// was given up counts for as long as a thread is busy with it.
    pub(super) fn take(self: &Arc<Self>, share: &Arc<Share>, own: usize) -> Option<Permit> {
        let mut running = self.running();
        let free = self.most.saturating_sub(*running);
        let has = share.running.load(Ordering::Relaxed);
        if free == 0 || has >= own || has > 0 && free <= has {
            return None;
        }
        *running += 1;
        share.running.fetch_add(1, Ordering::Relaxed);
        Some(Permit { permits: Arc::clone(self), share: Arc::clone(share) })
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        *self.permits.running() -= 1;
        self.share.running.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share() -> Arc<Share> {
        Arc::default()
    }

    #[test]
    fn greedy_shares_leave_room_for_others() {
        let permits = Permits::new(64);
        let (mut held, mut counts) = (Vec::new(), Vec::new());
        // each takes what it gets, one after the other
        for _ in 0..6 {
            let (share, before) = (share(), held.len());
            while let Some(permit) = permits.take(&share, usize::MAX) {
                held.push(permit);
            }
            counts.push(held.len() - before);
        }
        assert_eq!(counts, [32, 16, 8, 4, 2, 1]);
        assert!(permits.take(&share(), usize::MAX).is_some(), "one that has none gets the last");
        drop(held);
        let share = share();
        let own: Vec<_> = std::iter::from_fn(|| permits.take(&share, 8)).collect();
        assert_eq!(own.len(), 8);
    }
}
