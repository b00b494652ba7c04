//! Denials of which each is written once, and then counted.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use crate::observe::{Decision, Phase, Record};

/// The records that are counted together, per plugin and window of time.
const MOST_PER_PLUGIN: usize = 256;

/// The same, of all plugins: a record is some kilobytes at most.
const MOST: usize = 4096;

/// Bytes that are written of one plugin in a window of time, and as many once more of counts at its end: so that it
/// takes a flood many hours to go through the older files.
const MOST_BYTES_PER_PLUGIN: usize = 1 << 20;

/// Bytes of JSON for a byte of text, at most: a control character is `\u0001`.
const ESCAPED: usize = 6;

/// After this time each is written once more.
const WINDOW: Duration = Duration::from_mins(10);

/// A count is written after this time at first, and then after twice the time each.
const FLUSH: Duration = Duration::from_secs(1);

/// The key that makes two records equal.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Key {
    plugin: String,
    module: Option<&'static str>,
    function: Option<&'static str>,
    decision: Option<&'static str>,
    value: Option<String>,
    error: Option<String>,
}

impl Key {
    fn new(record: &Record) -> Self {
        Key {
            plugin: record.plugin.clone(),
            module: record.module,
            function: record.function,
            decision: record.decision.map(Decision::as_str),
            value: record.scope_value.clone(),
            error: record.error.clone(),
        }
    }
}

pub(super) struct Denials {
    began: Instant,
    flushed: Instant,
    counts: HashMap<Key, Count>,
    spent: HashMap<String, Spent>,
    /// More than are told apart, by plugin.
    others: HashMap<String, u64>,
}

/// The number of repetitions of a record.
struct Count {
    record: Record,
    again: u64,
    due: Instant,
    wait: Duration,
}

/// The records of a plugin in a window of time.
#[derive(Clone, Copy, Default)]
struct Spent {
    different: usize,
    bytes: usize,
}

impl Spent {
    fn fits(self, record: &Record) -> bool {
        self.bytes + written(record) <= MOST_BYTES_PER_PLUGIN
    }
}

/// Bytes of a line, at most.
fn written(record: &Record) -> usize {
    ESCAPED * record.size()
}

impl Denials {
    pub(super) fn new() -> Self {
        let now = Instant::now();
        let (counts, spent, others) = (HashMap::new(), HashMap::new(), HashMap::new());
        Denials { began: now, flushed: now, counts, spent, others }
    }

    /// Returns whether a record of a denial or a failure is the first of its kind. Others are counted.
    pub(super) fn is_first(&mut self, record: &Record) -> bool {
        let key = Key::new(record);
        if let Some(count) = self.counts.get_mut(&key) {
            count.again += 1;
            return false;
        }
        let spent = self.spent.get(&record.plugin).copied().unwrap_or_default();
        if spent.different >= MOST_PER_PLUGIN || self.counts.len() >= MOST || !spent.fits(record) {
            let plugin = if self.others.len() < MOST { record.plugin.clone() } else { String::new() };
            *self.others.entry(plugin).or_default() += 1;
            return false;
        }
        let spent = Spent { different: spent.different + 1, bytes: spent.bytes + written(record) };
        self.spent.insert(record.plugin.clone(), spent);
        let count = Count { record: brief(record), again: 0, due: Instant::now() + FLUSH, wait: FLUSH };
        self.counts.insert(key, count);
        true
    }

    /// Returns what was counted since it was asked last, if that is a while ago or `at_once`.
    pub(super) fn counted(&mut self, at_once: bool) -> Vec<(Record, u64)> {
        let now = Instant::now();
        if !at_once && now.duration_since(self.flushed) < FLUSH {
            return Vec::new();
        }
        self.flushed = now;
        let ends = now.duration_since(self.began) >= WINDOW;
        let mut counted = Vec::new();
        for count in self.counts.values_mut().filter(|count| count.again > 0) {
            if !(at_once || ends) {
                let spent = self.spent.entry(count.record.plugin.clone()).or_default();
                if now < count.due || !spent.fits(&count.record) {
                    continue;
                }
                spent.bytes += written(&count.record);
                count.wait *= 2;
                count.due = now + count.wait;
            }
            counted.push((count.record.clone(), std::mem::take(&mut count.again)));
        }
        let others = self.others.drain();
        counted.extend(others.map(|(plugin, count)| (Record { plugin, ..Record::default() }, count)));
        if ends {
            *self = Self::new();
        }
        counted
    }
}

/// Returns what a count is of.
fn brief(record: &Record) -> Record {
    Record {
        plugin: record.plugin.clone(),
        phase: record.phase,
        module: record.module,
        function: record.function,
        capability: record.capability,
        decision: record.decision,
        scope_value: record.scope_value.clone(),
        error: record.error.clone(),
        ..Record::default()
    }
}

/// Returns whether a record belongs to the file of denials: what was refused, failed or panicked, and what became of plugins and
/// instances.
pub(super) fn matters(record: &Record) -> bool {
    goes_wrong(record)
        || matches!(
            record.phase,
            Some(Phase::Load | Phase::Link | Phase::Instantiate | Phase::Init | Phase::Close)
        )
}

/// Returns whether a guest can cause it as often as it likes.
pub(super) fn goes_wrong(record: &Record) -> bool {
    record.is_denied() || record.panicked || record.error.is_some()
}
