//! Records in a file.

mod file;
mod queue;
mod time;
mod writer;

use std::fmt;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread::{Builder, JoinHandle};

use self::file::RotatingFile;
use self::queue::Queue;
use self::writer::Writer;
use super::{Record, lock};
use crate::observer::{Event, Observer};

/// Writes each [`Record`] to a file, as a line of JSON with its number and its time. A clone shares the file.
///
/// A call never waits for the disk: a thread of its own writes, from a queue that holds so many records, 8 MiB of them, and no
/// more. When it is full, what is no denial is counted, and a line such as `{"lost": 17}` says so as soon as
/// there is room; denials are counted by plugin, function and decision, and written as one line each with
/// `"repeated": 17`. A denial is on the disk soon after it happened, and the rest when the file is closed or
/// the last clone dropped.
///
/// A write that fails is tried again, and changes no call; [`close`](AuditFile::close) tells of it. What another
/// run left is appended to. Only one process may write a file at a time.
///
/// ```
/// use host_core::{AuditFile, Event, LogLevel, Observer, What};
///
/// # let dir = tempfile::tempdir()?;
/// # let path = dir.path().join("audit.jsonl");
/// let audit = AuditFile::create(&path)?; // a clone of which goes to the host's observers
/// audit.observe(&Event::new("greeter", None, What::Log { level: LogLevel::Info, text: "ready", fields: &[] }));
/// audit.close()?;
/// assert!(std::fs::read_to_string(&path)?.ends_with("\"plugin\":\"greeter\",\"level\":\"info\",\"text\":\"ready\"}\n"));
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone)]
pub struct AuditFile(Arc<Open>);

struct Open {
    queue: Arc<Queue>,
    writer: Mutex<Option<JoinHandle<io::Result<()>>>>,
}

impl AuditFile {
    /// Opens the file at `path`, with the defaults of [`AuditOptions`].
    ///
    /// # Errors
    /// When it cannot be opened, read or written.
    pub fn create(path: impl AsRef<Path>) -> io::Result<Self> {
        AuditOptions::new().create(path)
    }

    /// Writes what is still to be written, and stops. What happens later is not recorded.
    ///
    /// # Errors
    /// The first error of all writes, the first time it is closed.
    pub fn close(&self) -> io::Result<()> {
        self.0.close()
    }
}

impl Open {
    fn close(&self) -> io::Result<()> {
        self.queue.end();
        match lock(&self.writer).take() {
            Some(writer) => writer.join().unwrap_or_else(|_| Err(io::Error::other("the writer panicked"))),
            None => Ok(()),
        }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        let _ = self.close();
    }
}

impl Observer for AuditFile {
    fn observe(&self, event: &Event<'_>) {
        self.0.queue.put(Record::of(event));
    }
}

impl fmt::Debug for AuditFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AuditFile")
    }
}

/// How an [`AuditFile`] is kept.
#[derive(Clone, Copy, Debug)]
pub struct AuditOptions {
    rotate_at: u64,
    keep: u32,
    queue: usize,
}

impl AuditOptions {
    /// 64 MiB a file, 8 older files, 4096 records in the queue.
    pub fn new() -> Self {
        Self { rotate_at: 64 << 20, keep: 8, queue: 4096 }
    }

    /// Begins another file before one has more than this many bytes; only a line that is longer by itself
    /// makes a longer file.
    #[must_use]
    pub fn rotate_at(mut self, bytes: u64) -> Self {
        self.rotate_at = bytes.max(1);
        self
    }

    /// Keeps this many older files: `audit.jsonl.1` is the one before `audit.jsonl`, and so on.
    #[must_use]
    pub fn keep(mut self, files: u32) -> Self {
        self.keep = files;
        self
    }

    /// Holds this many records that are still to be written.
    #[must_use]
    pub fn queue(mut self, records: usize) -> Self {
        self.queue = records.max(1);
        self
    }

    /// Opens the file at `path`.
    ///
    /// # Errors
    /// When it cannot be opened, read or written.
    pub fn create(self, path: impl AsRef<Path>) -> io::Result<AuditFile> {
        let (file, left) = RotatingFile::open(path.as_ref(), self.rotate_at, self.keep)?;
        let queue = Arc::new(Queue::new(self.queue));
        let mut writer = Writer::new(file, &left);
        let source = Arc::clone(&queue);
        let thread = Builder::new().name("hostfn audit".into()).spawn(move || writer.run(&source))?;
        Ok(AuditFile(Arc::new(Open { queue, writer: Mutex::new(Some(thread)) })))
    }
}

impl Default for AuditOptions {
    fn default() -> Self {
        Self::new()
    }
}
