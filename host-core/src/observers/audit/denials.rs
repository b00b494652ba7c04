//! Denials of which each is written once, and then counted.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use crate::observer::{Decision, Phase};
use crate::observers::Record;

/// What is counted together, per plugin and window of time.
const MOST_PER_PLUGIN: usize = 256;

/// The same, of all plugins: a record is some kilobytes at most.
const MOST: usize = 4096;

/// After this time each is written once more.
const WINDOW: Duration = Duration::from_mins(10);

/// Counts are written this often.
const FLUSH: Duration = Duration::from_secs(1);

/// What makes two records the same.
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
    fn of(record: &Record) -> Self {
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
    counts: HashMap<Key, (Record, u64)>,
    /// How many different ones each plugin has.
    different: HashMap<String, usize>,
    /// More than are told apart, by plugin.
    others: HashMap<String, u64>,
}

impl Denials {
    pub(super) fn new() -> Self {
        let now = Instant::now();
        let (counts, different, others) = (HashMap::new(), HashMap::new(), HashMap::new());
        Denials { began: now, flushed: now, counts, different, others }
    }

    /// Whether a record of a denial or a failure is the first of its kind. Others are counted.
    pub(super) fn is_first(&mut self, record: &Record) -> bool {
        let key = Key::of(record);
        if let Some((_, count)) = self.counts.get_mut(&key) {
            *count += 1;
            return false;
        }
        let different = self.different.get(&record.plugin).copied().unwrap_or_default();
        if different >= MOST_PER_PLUGIN || self.counts.len() >= MOST {
            let plugin = if self.others.len() < MOST { record.plugin.clone() } else { String::new() };
            *self.others.entry(plugin).or_default() += 1;
            return false;
        }
        self.different.insert(record.plugin.clone(), different + 1);
        self.counts.insert(key, (brief(record), 0));
        true
    }

    /// What was counted since it was asked last, if that is a while ago or `at_once`.
    pub(super) fn counted(&mut self, at_once: bool) -> Vec<(Record, u64)> {
        let now = Instant::now();
        if !at_once && now.duration_since(self.flushed) < FLUSH {
            return Vec::new();
        }
        self.flushed = now;
        let mut counted: Vec<_> = self
            .counts
            .values_mut()
            .filter(|(_, count)| *count > 0)
            .map(|(record, count)| (record.clone(), std::mem::take(count)))
            .collect();
        let others = self.others.drain();
        counted.extend(others.map(|(plugin, count)| (Record { plugin, ..Record::default() }, count)));
        if now.duration_since(self.began) >= WINDOW {
            *self = Self::new();
        }
        counted
    }
}

/// What a count is of.
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

/// Whether a record belongs to the file of denials: what was refused, failed or panicked, and what became of plugins and
/// instances.
pub(super) fn matters(record: &Record) -> bool {
    goes_wrong(record)
        || matches!(
            record.phase,
            Some(Phase::Load | Phase::Link | Phase::Instantiate | Phase::Init | Phase::Close)
        )
}

/// Whether a guest can cause it as often as it likes.
pub(super) fn goes_wrong(record: &Record) -> bool {
    record.is_denied() || record.panicked || record.error.is_some()
}
