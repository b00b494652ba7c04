//! Records in a file.

mod denials;
mod file;
mod queue;
mod time;
mod writer;

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{Builder, JoinHandle};

use self::denials::Denials;
use self::file::RotatingFile;
use self::queue::Queue;
use self::writer::Writer;
use super::{Record, lock};
use crate::observe::{Event, Observer, Phase};

/// Writes each [`Record`] to a file, as a line of JSON with its number and its time. A clone shares the file.
///
/// A call never waits for the disk: a thread of its own writes, from a queue that holds so many records, 8 MiB of them, and no
/// more. When it is full, what is no denial is counted, and a line such as `{"lost": 17}` says so as soon as
/// there is room; denials are counted by plugin, function and decision, and written as one line each with
/// `"repeated": 17`. A denial is on the disk soon after it happened, and the rest when the file is closed or
/// the last clone dropped.
///
/// What was denied, failed or panicked, and what became of plugins and instances, is in a second file as well, which is
/// `PATH.denials` and has a size of its own: a plugin that is busy cannot push a denial out. There each denial is written
/// once in ten minutes, by plugin, function, decision and value, and then counted: a line with `"repeated": 17` says how
/// often it came again. Of one plugin 256 different ones are told apart, as far as 1 MiB goes; the others are one count.
/// So a plugin that floods it takes up some 2 MiB in ten minutes.
///
/// A write that fails is tried again, and changes no call; [`close`](AuditFile::close) tells of it. What another
/// run left is appended to. Only one process may write a file at a time.
///
/// ```
/// use hostfn_core::{AuditFile, Event, EventKind, LogLevel, Observer};
///
/// # let dir = tempfile::tempdir()?;
/// # let path = dir.path().join("audit.jsonl");
/// let audit = AuditFile::create(&path)?; // a clone of which goes to the host's observers
/// audit.observe(&Event::new("greeter", None, EventKind::Log { level: LogLevel::Info, text: "ready", fields: &[] }));
/// audit.close()?;
/// assert!(std::fs::read_to_string(&path)?.ends_with("\"plugin\":\"greeter\",\"level\":\"info\",\"text\":\"ready\"}\n"));
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone)]
pub struct AuditFile(Arc<Open>);

/// The embedder's labels for the lines of a file or an instance, such as a tenant.
type Labels = BTreeMap<String, String>;

struct Open {
    all: Channel,
    denials: Option<(Channel, Mutex<Denials>)>,
    /// Of each line.
    labels: Arc<Labels>,
    /// Of each instance that has some, those of each line among them.
    instances: Mutex<HashMap<u64, Arc<Labels>>>,
    has_instances: AtomicBool,
    sample: u32,
    granted: AtomicU32,
}

/// A file, its queue and its thread.
struct Channel {
    queue: Arc<Queue>,
    writer: Mutex<Option<JoinHandle<io::Result<()>>>>,
}

impl Channel {
    fn open(path: &Path, options: &AuditOptions, labels: &Arc<Labels>) -> io::Result<Self> {
        let (file, left) = RotatingFile::open(path, options.rotate_at, options.keep)?;
        let queue = Arc::new(Queue::new(options.queue));
        let mut writer = Writer::new(file, &left, Arc::clone(labels));
        let source = Arc::clone(&queue);
        let thread = Builder::new().name("hostfn audit".into()).spawn(move || writer.run(&source))?;
        Ok(Channel { queue, writer: Mutex::new(Some(thread)) })
    }

    fn close(&self) -> io::Result<()> {
        self.queue.end();
        match lock(&self.writer).take() {
            Some(writer) => writer.join().unwrap_or_else(|_| Err(io::Error::other("the writer panicked"))),
            None => Ok(()),
        }
    }
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
        if let Some((channel, denials)) = &self.denials {
            for (record, count) in lock(denials).counted(true) {
                channel.queue.put(record, Arc::clone(&self.labels), Some(count));
            }
            return channel.close().and(self.all.close());
        }
        self.all.close()
    }

    fn labels(&self, instance: Option<u64>) -> Arc<Labels> {
        let labels = instance
            .filter(|_| self.has_instances.load(Ordering::Acquire))
            .and_then(|instance| lock(&self.instances).get(&instance).cloned());
        labels.unwrap_or_else(|| Arc::clone(&self.labels))
    }

    /// Returns whether a granted call is not in the sample.
    fn is_left_out(&self, record: &Record) -> bool {
        if self.sample == 1 || record.phase != Some(Phase::HostCall) || denials::goes_wrong(record) {
            return false;
        }
        if record.status != Some(0) {
            return false;
        }
        self.sample == 0 || !self.granted.fetch_add(1, Ordering::Relaxed).is_multiple_of(self.sample)
    }

    fn deny(&self, record: &Record, labels: &Arc<Labels>) {
        let Some((channel, denials)) = &self.denials else { return };
        let (first, counted) = {
            let mut denials = lock(denials);
            let first = !denials::goes_wrong(record) || denials.is_first(record);
            (first, denials.counted(false))
        };
        if first {
            channel.queue.put(record.clone(), Arc::clone(labels), None);
        }
        for (record, count) in counted {
            channel.queue.put(record, Arc::clone(&self.labels), Some(count));
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
        let record = Record::from_event(event);
        let labels = self.0.labels(record.instance);
        if denials::matters(&record) {
            self.0.deny(&record, &labels);
        }
        if record.phase == Some(Phase::Close)
            && let Some(instance) = record.instance
        {
            lock(&self.0.instances).remove(&instance);
        }
        if self.0.is_left_out(&record) {
            self.0.all.queue.skip();
        } else {
            self.0.all.queue.put(record, labels, None);
        }
    }

    fn labelled(&self, instance: u64, labels: &[(String, String)]) {
        let mut all = (*self.0.labels).clone();
        all.extend(labels.iter().cloned());
        lock(&self.0.instances).insert(instance, Arc::new(all));
        self.0.has_instances.store(true, Ordering::Release);
    }

    fn unlabelled(&self, instance: u64) {
        lock(&self.0.instances).remove(&instance);
    }
}

impl fmt::Debug for AuditFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AuditFile")
    }
}

/// Options of an [`AuditFile`].
#[derive(Clone, Debug)]
pub struct AuditOptions {
    rotate_at: u64,
    keep: u32,
    queue: usize,
    denials: Option<PathBuf>,
    sample: u32,
    labels: Labels,
}

impl AuditOptions {
    /// 64 MiB a file, 8 older files, 4096 records in the queue.
    pub fn new() -> Self {
        Self { rotate_at: 64 << 20, keep: 8, queue: 4096, denials: None, sample: 1, labels: Labels::new() }
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

    /// Writes denials and what becomes of plugins and instances to this file, in place of `PATH.denials`.
    #[must_use]
    pub fn denials_at(mut self, path: impl Into<PathBuf>) -> Self {
        self.denials = Some(path.into());
        self
    }

    /// Writes one of this many calls that were granted and answered without an error; none of them with 0. A line such as
    /// `{"skipped": 99}` counts the others. What was denied or went wrong is always written.
    #[must_use]
    pub fn sample_granted(mut self, one_of: u32) -> Self {
        self.sample = one_of;
        self
    }

    /// Gives each line a label, such as a service or a region. Those of one instance come with
    /// [`Start::label`](crate::Instantiation::label), and replace one of the same name.
    #[must_use]
    pub fn label(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.labels.insert(name.into(), value.into());
        self
    }

    /// Opens the file at `path`, and that of the denials. Of a device or a pipe there is no second one, unless
    /// [`denials_at`](AuditOptions::denials_at) names it.
    ///
    /// # Errors
    /// When one cannot be opened, read or written.
    pub fn create(self, path: impl AsRef<Path>) -> io::Result<AuditFile> {
        let path = path.as_ref();
        let labels = Arc::new(self.labels.clone());
        let is_odd = std::fs::metadata(path).is_ok_and(|metadata| !metadata.is_file());
        let beside = || {
            let mut name = path.as_os_str().to_owned();
            name.push(".denials");
            PathBuf::from(name)
        };
        let denials = self.denials.clone().or_else(|| (!is_odd).then(beside));
        let all = Channel::open(path, &self, &labels)?;
        let denials = match denials {
            Some(path) => {
                let channel = Channel::open(&path, &self, &labels)?;
                Some((channel, Mutex::new(Denials::new())))
            }
            None => None,
        };
        Ok(AuditFile(Arc::new(Open {
            all,
            denials,
            labels,
            instances: Mutex::default(),
            has_instances: AtomicBool::new(false),
            sample: self.sample,
            granted: AtomicU32::new(0),
        })))
    }
}

impl Default for AuditOptions {
    fn default() -> Self {
        Self::new()
    }
}
