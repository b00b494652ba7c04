//! The thread that writes an audit file.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::time::SystemTime;

use serde::Serialize;

use super::Labels;
use super::file::{Left, RotatingFile};
use super::queue::{Batch, Denial, Queue};
use super::time::rfc3339;
use crate::error::json_escaped;
use crate::observe::Record;

/// Bytes that are written at once.
const CHUNK: usize = 256 << 10;

pub(super) struct Writer {
    file: RotatingFile,
    /// The number of the next line.
    seq: u64,
    /// Whole lines that are still to be written.
    lines: Vec<u8>,
    first_error: Option<io::Error>,
    /// Those of every line.
    labels: Arc<Labels>,
}

#[derive(Serialize)]
struct Line<'a, T> {
    seq: u64,
    time: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    labels: &'a Labels,
    #[serde(flatten)]
    what: &'a T,
}

#[derive(Serialize)]
struct Lost {
    lost: u64,
}

#[derive(Serialize)]
struct Skipped {
    skipped: u64,
}

#[derive(Serialize)]
struct Again<'a> {
    #[serde(flatten)]
    record: &'a Record,
    repeated: u64,
}

#[derive(Serialize)]
struct Torn<'a> {
    torn: &'a str,
}

#[derive(Serialize)]
struct Repeated<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    plugin: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    module: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    function: Option<&'static str>,
    decision: &'static str,
    repeated: u64,
}

impl<'a> Repeated<'a> {
    fn new(denial: &'a Denial, repeated: u64) -> Self {
        let Denial { plugin, module, function, decision } = denial;
        let decision = decision.unwrap_or("denied");
        Self { plugin: Some(plugin), module: *module, function: *function, decision, repeated }
    }
}

impl Writer {
    pub(super) fn new(file: RotatingFile, left: &Left, labels: Arc<Labels>) -> Self {
        let mut writer = Self { file, seq: left.next_seq, lines: Vec::new(), first_error: None, labels };
        if let Some(torn) = &left.torn {
            writer.ours(SystemTime::now(), &Torn { torn });
        }
        writer
    }

    pub(super) fn run(&mut self, queue: &Queue) -> io::Result<()> {
        self.write_out(queue);
        while let Some(batch) = queue.next() {
            self.batch(&batch, queue);
        }
        self.first_error.take().map_or(Ok(()), Err)
    }

    fn batch(&mut self, batch: &Batch, queue: &Queue) {
        let mut denied = batch.denied > 0 || !batch.repeated.is_empty();
        for entry in &batch.entries {
            denied |= entry.record.is_denied();
            match entry.repeated {
                None => self.line(entry.at, &entry.labels, &entry.record),
                Some(repeated) => {
                    let record = &entry.record;
                    self.line(entry.at, &entry.labels, &Again { record, repeated });
                }
            }
            if self.lines.len() >= CHUNK {
                self.write_out(queue);
            }
        }
        self.counted(batch);
        self.write_out(queue);
        if denied {
            let synced = self.file.sync();
            self.note(synced);
        }
    }

    /// Counts the dropped records, which came after the written ones.
    fn counted(&mut self, batch: &Batch) {
        let now = SystemTime::now();
        let mut repeated: Vec<_> = batch.repeated.iter().collect();
        repeated.sort_unstable();
        for (denial, count) in repeated {
            self.ours(now, &Repeated::new(denial, *count));
        }
        if batch.denied > 0 {
            let (plugin, module, function) = (None, None, None);
            let repeated = batch.denied;
            self.ours(now, &Repeated { plugin, module, function, decision: "denied", repeated });
        }
        if batch.lost > 0 {
            self.ours(now, &Lost { lost: batch.lost });
        }
        if batch.skipped > 0 {
            self.ours(now, &Skipped { skipped: batch.skipped });
        }
    }

    /// A line that is about the file.
    fn ours(&mut self, at: SystemTime, what: &impl Serialize) {
        let labels = Arc::clone(&self.labels);
        self.line(at, &labels, what);
    }

    fn line(&mut self, at: SystemTime, labels: &Labels, what: &impl Serialize) {
        let line = Line { seq: self.seq, time: rfc3339(at), labels, what };
        match serde_json::to_string(&line) {
            Ok(json) => self.lines.extend_from_slice(json_escaped(&json).as_bytes()),
            Err(error) => self.note(Err(error.into())),
        }
        self.lines.push(b'\n');
        self.seq += 1;
    }

    /// Tries until it is done, or the file is to be closed.
    fn write_out(&mut self, queue: &Queue) {
        while let Err(error) = self.file.write(&mut self.lines) {
            self.note(Err(error));
            if !queue.wait_to_retry() {
                self.lines.clear();
            }
        }
    }

    fn note(&mut self, result: io::Result<()>) {
        if let Err(error) = result {
            self.first_error.get_or_insert(error);
        }
    }
}
