//! Records in memory.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex};

use super::{Record, lock};
use crate::observe::{Event, Observer};

/// Keeps records in memory, for tests and tools. A clone shares them.
///
/// It keeps 100,000, or as many as [`with_room`](Recorder::with_room) says, and 16 MiB of them, or as many bytes as
/// [`at_most_bytes`](Recorder::at_most_bytes) says. Then the oldest one that is no
/// denial goes first, so that a guest cannot hide a denial behind a flood of calls that it may make.
///
/// ```
/// use hostfn_core::{Event, EventKind, LogLevel, Observer, Recorder};
///
/// let recorder = Recorder::new();
/// recorder.observe(&Event::new("greeter", None, EventKind::Log { level: LogLevel::Info, text: "ready", fields: &[] }));
/// assert_eq!(recorder.take()[0].text.as_deref(), Some("ready"));
/// assert!(recorder.records().is_empty());
/// ```
#[derive(Clone)]
pub struct Recorder(Arc<Mutex<Kept>>);

struct Kept {
    room: usize,
    /// Bytes that there may be, and that there are.
    most: usize,
    bytes: usize,
    /// The number of records so far: the place of each in the order of all.
    count: u64,
    lost: u64,
    denied: Numbered,
    others: Numbered,
}

/// Bytes that are kept where nothing else is said: guests choose most of them.
const MOST_BYTES: usize = 16 << 20;

type Numbered = VecDeque<(u64, Record)>;

impl Recorder {
    /// Keeps up to 100,000 records.
    pub fn new() -> Self {
        Self::with_room(100_000)
    }

    /// Keeps up to `records`.
    pub fn with_room(records: usize) -> Self {
        let (denied, others) = (VecDeque::new(), VecDeque::new());
        Self(Arc::new(Mutex::new(Kept {
            room: records,
            most: MOST_BYTES,
            bytes: 0,
            count: 0,
            lost: 0,
            denied,
            others,
        })))
    }

    /// Keeps up to this many bytes of records.
    #[must_use]
    pub fn at_most_bytes(self, bytes: usize) -> Self {
        lock(&self.0).most = bytes;
        self
    }

    /// Returns what was recorded, in order.
    pub fn records(&self) -> Vec<Record> {
        let kept = lock(&self.0);
        in_order(kept.denied.iter().cloned().chain(kept.others.iter().cloned()))
    }

    /// Returns what was recorded, in order, which it then forgets.
    pub fn take(&self) -> Vec<Record> {
        let (denied, others) = lock(&self.0).empty();
        in_order(denied.into_iter().chain(others))
    }

    /// Forgets what was recorded, and that anything was lost.
    pub fn clear(&self) {
        let mut kept = lock(&self.0);
        kept.lost = 0;
        kept.empty();
    }

    /// Returns how many records there was no room for.
    pub fn lost(&self) -> u64 {
        lock(&self.0).lost
    }
}

impl Kept {
    fn empty(&mut self) -> (Numbered, Numbered) {
        self.bytes = 0;
        (std::mem::take(&mut self.denied), std::mem::take(&mut self.others))
    }

    fn add(&mut self, record: Record) {
        let kept = if record.is_denied() { &mut self.denied } else { &mut self.others };
        self.bytes += record.size();
        kept.push_back((self.count, record));
        self.count += 1;
        while self.denied.len() + self.others.len() > self.room || self.bytes > self.most {
            let Some((_, lost)) = self.others.pop_front().or_else(|| self.denied.pop_front()) else { break };
            self.bytes -= lost.size();
            self.lost += 1;
        }
    }
}

fn in_order(records: impl Iterator<Item = (u64, Record)>) -> Vec<Record> {
    let mut records: Vec<_> = records.collect();
    records.sort_unstable_by_key(|(at, _)| *at);
    records.into_iter().map(|(_, record)| record).collect()
}

impl Observer for Recorder {
    fn observe(&self, event: &Event<'_>) {
        let record = Record::from_event(event);
        lock(&self.0).add(record);
    }
}

impl Default for Recorder {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kept = lock(&self.0);
        write!(f, "{} records, {} lost", kept.denied.len() + kept.others.len(), kept.lost)
    }
}
