//! Between the calls, which never wait, and the writer, which does.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use super::Labels;
use crate::observe::{Decision, Record, lock};

/// The time the writer waits for more to write at once.
const GATHER: Duration = Duration::from_millis(20);

/// The time it waits after a write that failed.
const RETRY: Duration = Duration::from_millis(100);

/// Bytes of records that wait: guests choose most of them.
const MOST_BYTES: usize = 8 << 20;

/// Plugins, functions and decisions that repeated denials are counted for, while there is no room.
const MOST_REPEATED: usize = 1024;

pub(super) struct Queue {
    room: usize,
    waiting: Mutex<Waiting>,
    wake: Condvar,
}

#[derive(Default)]
struct Waiting {
    batch: Batch,
    writer: WriterIs,
    /// There is a denial to write.
    urgent: bool,
    ended: bool,
}

/// Waking a thread costs more than all else here, so it is done only when there is need.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum WriterIs {
    #[default]
    Busy,
    Idle,
    Gathering,
}

/// The next batch to write.
#[derive(Default)]
pub(super) struct Batch {
    pub(super) entries: VecDeque<Entry>,
    /// Bytes that they take up.
    bytes: usize,
    /// Records that there was no room for.
    pub(super) lost: u64,
    /// Granted calls that were left out of the sample.
    pub(super) skipped: u64,
    /// Denials that there was no room for.
    pub(super) repeated: HashMap<Denial, u64>,
    /// Denials that there was no room to count by what they were.
    pub(super) denied: u64,
}

pub(super) struct Entry {
    pub(super) at: SystemTime,
    pub(super) labels: Arc<Labels>,
    pub(super) record: Record,
    /// So many more like it were not written.
    pub(super) repeated: Option<u64>,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Denial {
    pub(super) plugin: String,
    pub(super) module: Option<&'static str>,
    pub(super) function: Option<&'static str>,
    pub(super) decision: Option<&'static str>,
}

impl Batch {
    fn is_empty(&self) -> bool {
        self.entries.is_empty()
            && self.lost == 0
            && self.skipped == 0
            && self.repeated.is_empty()
            && self.denied == 0
    }

    fn repeat(&mut self, record: Record) {
        let Record { plugin, module, function, decision, .. } = record;
        let denial = Denial { plugin, module, function, decision: decision.map(Decision::as_str) };
        let table_is_full = self.repeated.len() >= MOST_REPEATED;
        match self.repeated.get_mut(&denial) {
            Some(count) => *count += 1,
            None if table_is_full => self.denied += 1,
            None => drop(self.repeated.insert(denial, 1)),
        }
    }
}

impl Waiting {
    fn is_pressing(&self, room: usize) -> bool {
        self.urgent || self.ended || self.batch.entries.len() > room / 2 || self.batch.bytes > MOST_BYTES / 2
    }
}

impl Queue {
    pub(super) fn new(room: usize) -> Self {
        Self { room, waiting: Mutex::default(), wake: Condvar::new() }
    }

    /// A granted call that is left out by the embedder's wish is counted.
    pub(super) fn skip(&self) {
        lock(&self.waiting).batch.skipped += 1;
    }

    pub(super) fn put(&self, record: Record, labels: Arc<Labels>, repeated: Option<u64>) {
        let entry = Entry { at: SystemTime::now(), labels, record, repeated };
        let mut waiting = lock(&self.waiting);
        if waiting.ended {
            return;
        }
        let denied = entry.record.is_denied();
        waiting.urgent |= denied;
        let bytes = waiting.batch.bytes + entry.record.size();
        if waiting.batch.entries.len() < self.room && bytes <= MOST_BYTES {
            waiting.batch.bytes = bytes;
            waiting.batch.entries.push_back(entry);
        } else if denied {
            waiting.batch.repeat(entry.record);
        } else {
            waiting.batch.lost += 1;
        }
        let wake = match waiting.writer {
            WriterIs::Busy => false,
            WriterIs::Idle => true,
            WriterIs::Gathering => waiting.is_pressing(self.room),
        };
        if wake {
            waiting.writer = WriterIs::Busy;
            self.wake.notify_one();
        }
    }

    /// Nothing more is put in.
    pub(super) fn end(&self) {
        lock(&self.waiting).ended = true;
        self.wake.notify_one();
    }

    /// Waits for something to write; `None` at the end.
    pub(super) fn next(&self) -> Option<Batch> {
        let mut waiting = lock(&self.waiting);
        while waiting.batch.is_empty() && !waiting.ended {
            waiting.writer = WriterIs::Idle;
            waiting = self.wake.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
        waiting.writer = WriterIs::Gathering;
        let more = |waiting: &mut Waiting| !waiting.is_pressing(self.room);
        let waited = self.wake.wait_timeout_while(waiting, GATHER, more);
        let (mut waiting, _) = waited.unwrap_or_else(PoisonError::into_inner);
        waiting.writer = WriterIs::Busy;
        waiting.urgent = false;
        let batch = std::mem::take(&mut waiting.batch);
        (!batch.is_empty()).then_some(batch)
    }

    /// Waits before a write is tried again; `false` when it is not worth while any more.
    pub(super) fn wait_to_retry(&self) -> bool {
        let waiting = lock(&self.waiting);
        let waited = self.wake.wait_timeout_while(waiting, RETRY, |waiting| !waiting.ended);
        let (waiting, _) = waited.unwrap_or_else(PoisonError::into_inner);
        !waiting.ended
    }
}
