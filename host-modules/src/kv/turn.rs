//! The queue of writers of a store.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Turns at a store, given out in the order in which they are asked for: who changes it again and again waits behind
/// everybody who came meanwhile. It is waited for on the guest's own thread, so that changes that wait take none of the
/// threads that others need for their disks.
#[derive(Debug)]
pub(super) struct Turns {
    queue: Mutex<Queue>,
    moved: Condvar,
}

#[derive(Debug)]
struct Queue {
    free: usize,
    next: u64,
    waiting: VecDeque<u64>,
}

/// A turn, until this is dropped.
#[derive(Debug)]
pub(super) struct Turn(Arc<Turns>);

impl Turns {
    /// So many at once, one at least.
    pub(super) fn new(at_once: usize) -> Arc<Self> {
        let queue = Queue { free: at_once.max(1), next: 0, waiting: VecDeque::new() };
        Arc::new(Self { queue: Mutex::new(queue), moved: Condvar::new() })
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a turn; nothing when `is_over` says so first, which is asked every so often.
    pub(super) fn wait(self: &Arc<Self>, every: Duration, is_over: impl Fn() -> bool) -> Option<Turn> {
        let mut queue = self.queue();
        let number = queue.next;
        queue.next += 1;
        queue.waiting.push_back(number);
        loop {
            if queue.free > 0 && queue.waiting.front() == Some(&number) {
                queue.waiting.pop_front();
                queue.free -= 1;
                // there may be one for the next, too
                self.moved.notify_all();
                return Some(Turn(Arc::clone(self)));
            }
            if is_over() {
                queue.waiting.retain(|waiting| *waiting != number);
                self.moved.notify_all();
                return None;
            }
            queue = self.moved.wait_timeout(queue, every).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.queue().free += 1;
        self.0.moved.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;
    use std::thread;

    use super::*;

    const EVERY: Duration = Duration::from_millis(1);

    #[test]
    fn turns_are_given_in_the_order_of_asking() {
        let turns = Turns::new(1);
        let first = turns.wait(EVERY, || false).unwrap();
        let (took, taken) = channel();
        let waiting: Vec<_> = (0..5)
            .map(|n| {
                let (thread_turns, took) = (Arc::clone(&turns), took.clone());
                let thread = thread::spawn(move || {
                    let turn = thread_turns.wait(EVERY, || false);
                    took.send(n).unwrap();
                    drop(turn);
                });
                while turns.queue().waiting.len() <= n {
                    thread::yield_now();
                }
                thread
            })
            .collect();
        // who gives up leaves the others as they are
        assert!(turns.wait(EVERY, || true).is_none());
        drop(first);
        for thread in waiting {
            thread.join().unwrap();
        }
        assert_eq!(taken.try_iter().collect::<Vec<_>>(), [0, 1, 2, 3, 4]);
        assert!(turns.wait(EVERY, || false).is_some());
    }
}
