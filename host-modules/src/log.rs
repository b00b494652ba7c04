//! Lines with fields for the log.
//!
//! What a guest writes with the built-in `host_log` is a text, and comes to the host's observers. What it writes with
//! `log_write` has fields beside the text, and goes where the host says: to a function that takes each [`Record`], or, as
//! one line of text, to an observer of its own.
//!
//! ```
//! use host_modules::log;
//! use hostfn::{Recorder, Registry};
//!
//! let registry = Registry::builder().module(log::module().to(|record| eprintln!("{record}"))).build()?;
//! assert_eq!(registry.len(), 1);
//!
//! // or where the rest of what happens is watched
//! let recorder = Recorder::default();
//! let module = log::module().to_observer(recorder.clone());
//! let registry = Registry::builder().module(module).build()?;
//! # Ok::<(), hostfn::Error>(())
//! ```
//!
//! Grants: `"log.write" = true`.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fmt::{self, Write};
use std::sync::Arc;
use std::time::Instant;

use hostfn::host_abi::limits::MAX_LOG_BYTES;
use hostfn::{
    Caller, Event, HostError, HostFn, LogLevel, Module, Observer, Value, What, capabilities, host_fn,
};
use serde::{Deserialize, Serialize};

capabilities! {
    /// Write lines with fields to the host's log.
    pub LOG_WRITE = "log.write";
}

/// The module, which lacks a place to write to until it is given one: [`Options::to`].
pub fn module() -> Options {
    Options { sink: None, rates: Rates { lines: 100, bytes: 256 << 10 }, clock: Arc::new(Instant::now) }
}

/// The module's options.
#[derive(Clone)]
#[must_use = "a registry takes it: `Registry::builder().module(log::module().to(...))`"]
pub struct Options {
    sink: Option<Sink>,
    rates: Rates,
    clock: Clock,
}

type Sink = Arc<dyn Fn(&Record<'_>) + Send + Sync>;
type Clock = Arc<dyn Fn() -> Instant + Send + Sync>;

#[derive(Clone, Copy, Debug)]
struct Rates {
    lines: u32,
    bytes: u32,
}

impl Options {
    /// Where lines go. It is called on the guest's thread, which waits for it.
    pub fn to(mut self, sink: impl Fn(&Record<'_>) + Send + Sync + 'static) -> Self {
        self.sink = Some(Arc::new(sink));
        self
    }

    /// Tells them to an observer in the form of [`What::Log`], with the fields behind the text.
    pub fn to_observer(self, observer: impl Observer + 'static) -> Self {
        self.to(move |record| {
            let what = What::Log { level: record.level, text: &record.to_string() };
            observer.observe(&Event::new(record.plugin, Some(record.instance), what));
        })
    }

    /// The most lines that an instance writes in a second, at once or spread: 100.
    pub fn lines_per_second(mut self, lines: u32) -> Self {
        self.rates.lines = lines;
        self
    }

    /// The most bytes that an instance writes in a second, fields included: 256 KiB. No line is longer.
    pub fn bytes_per_second(mut self, bytes: u32) -> Self {
        self.rates.bytes = bytes;
        self
    }

    /// For tests: what tells the time, in place of the system's clock.
    pub fn clock(mut self, now: impl Fn() -> Instant + Send + Sync + 'static) -> Self {
        self.clock = Arc::new(now);
        self
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options").field("rates", &self.rates).finish_non_exhaustive()
    }
}

impl From<Options> for Module {
    fn from(Options { sink, rates, clock }: Options) -> Module {
        let module = Module::new("log").function(log_write::SPEC);
        let Some(sink) = sink else {
            return module.lacks(
                "it has nowhere to write to",
                "say where: `log::module().to(|record| eprintln!(\"{record}\"))`",
            );
        };
        module.state("log", move |_| {
            let (sink, clock) = (Arc::clone(&sink), Arc::clone(&clock));
            let since = clock();
            let (lines, bytes) = (Bucket::full(rates.lines, since), Bucket::full(rates.bytes, since));
            Ok::<_, Infallible>(Log { sink, clock, rates, lines, bytes, suppressed: 0 })
        })
    }
}

/// How much a line matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Every step.
    Trace,
    /// For whoever develops the guest.
    Debug,
    /// For whoever runs it.
    Info,
    /// Works, but should be looked at.
    Warn,
    /// Something failed.
    Error,
}

impl From<Level> for LogLevel {
    fn from(level: Level) -> LogLevel {
        match level {
            Level::Trace => LogLevel::Trace,
            Level::Debug => LogLevel::Debug,
            Level::Info => LogLevel::Info,
            Level::Warn => LogLevel::Warn,
            Level::Error => LogLevel::Error,
        }
    }
}

/// A line that a guest wrote.
///
/// As text it is the message, and `name=value` for each field; what does not print is escaped, so that it is one line.
/// A message can look like fields there; who must tell them apart takes them from here.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Record<'a> {
    /// The plugin's name.
    pub plugin: &'a str,
    /// The instance's number, which no other instance of the process has.
    pub instance: u64,
    /// How much it matters.
    pub level: LogLevel,
    /// The text, as the guest wrote it: with control characters, if it has any.
    pub message: &'a str,
    /// The fields, sorted by name. Names are letters, digits, `_`, `-` and `.`; values are nil, booleans, numbers, or
    /// text as the guest wrote it.
    pub fields: &'a BTreeMap<String, Value>,
    /// How many lines of the instance were refused since the last one, because they came too fast.
    pub suppressed: u64,
}

impl fmt::Display for Record<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.message.chars() {
            match c {
                '"' | '\'' => f.write_char(c)?,
                c => write!(f, "{}", c.escape_debug())?,
            }
        }
        for (name, value) in self.fields {
            match value {
                Value::Bool(value) => write!(f, " {name}={value}")?,
                Value::Unsigned(value) => write!(f, " {name}={value}")?,
                Value::Signed(value) => write!(f, " {name}={value}")?,
                Value::F32(value) => write!(f, " {name}={value}")?,
                Value::F64(value) => write!(f, " {name}={value}")?,
                Value::String(value) => write!(f, " {name}={value:?}")?,
                _ => write!(f, " {name}=nil")?,
            }
        }
        if self.suppressed > 0 { write!(f, " suppressed={}", self.suppressed) } else { Ok(()) }
    }
}

/// Where an instance's lines go, and how fast.
pub struct Log {
    sink: Sink,
    clock: Clock,
    rates: Rates,
    lines: Bucket,
    bytes: Bucket,
    suppressed: u64,
}

impl fmt::Debug for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Log").field("rates", &self.rates).finish_non_exhaustive()
    }
}

/// A token bucket that holds what comes in within a second.
#[derive(Debug)]
struct Bucket {
    /// In billionths of what is taken, so that what comes in within a nanosecond is a whole number.
    level: u64,
    per_second: u32,
    since: Instant,
}

const NANOS: u64 = 1_000_000_000;

impl Bucket {
    fn full(per_second: u32, now: Instant) -> Self {
        Self { level: u64::from(per_second) * NANOS, per_second, since: now }
    }

    /// Lets come in what came since it was looked at last; whether there is so much in it now.
    fn has(&mut self, amount: u64, now: Instant) -> bool {
        let passed = u64::try_from(now.saturating_duration_since(self.since).as_nanos()).unwrap_or(u64::MAX);
        let rate = u64::from(self.per_second);
        self.level = self.level.saturating_add(passed.saturating_mul(rate)).min(rate * NANOS);
        self.since = self.since.max(now);
        self.level >= amount.saturating_mul(NANOS)
    }

    /// Takes what it [has](Self::has).
    fn take(&mut self, amount: u64) {
        self.level = self.level.saturating_sub(amount.saturating_mul(NANOS));
    }
}

/// Why a line was not written.
#[derive(Debug, thiserror::Error, HostError)]
pub enum LogError {
    /// A field's name has characters that it cannot have or is too long, or its value is not nil, a boolean, a number or
    /// text.
    #[error("a field has a short name of letters, digits, `_`, `-` and `.`, and a value of one part")]
    #[status(bad_input)]
    BadField,
    /// The line is too long, or has too many fields.
    #[error("a line has at most {MOST_FIELDS} fields and {0} bytes")]
    #[status(quota_exceeded)]
    TooLarge(u64),
    /// The instance writes more in a second than the host allows.
    #[error("an instance writes at most {lines} lines and {bytes} bytes in a second")]
    #[status(quota_exceeded)]
    RateLimited {
        /// Lines in a second.
        lines: u32,
        /// Bytes in a second.
        bytes: u32,
    },
}

const MOST_FIELDS: usize = 64;
const LONGEST_NAME: usize = 64;

/// Write a line to the host's log: a text, and fields with names of letters, digits, `_`, `-` and `.` (at most 64 of
/// them, of at most 64 bytes) and values that are nil, booleans, numbers or text.
///
/// Fails when a field is none (`bad_field`), when the line is longer than 64 KiB or than the host allows in a second
/// (`too_large`), and when the instance writes too much in a second (`rate_limited`). Nothing of the line is written then.
#[host_fn(capability = LOG_WRITE, collect = false)]
#[expect(clippy::needless_pass_by_value, reason = "it is made of what crosses the boundary")]
pub fn log_write(
    #[state] log: &mut Log,
    #[caller] caller: &Caller,
    level: Level,
    message: &str,
    fields: BTreeMap<String, Value>,
) -> Result<(), LogError> {
    let longest = u64::from(log.rates.bytes.min(MAX_LOG_BYTES));
    let mut bytes = message.len() as u64;
    for (name, value) in &fields {
        bytes += name.len() as u64 + bytes_of(value).filter(|_| is_name(name)).ok_or(LogError::BadField)?;
    }
    if fields.len() > MOST_FIELDS || bytes > longest {
        return Err(LogError::TooLarge(longest));
    }
    let now = (log.clock)();
    // both are asked, so that both go on
    if !(log.lines.has(1, now) & log.bytes.has(bytes, now)) {
        log.suppressed = log.suppressed.saturating_add(1);
        return Err(LogError::RateLimited { lines: log.rates.lines, bytes: log.rates.bytes });
    }
    log.lines.take(1);
    log.bytes.take(bytes);
    (log.sink)(&Record {
        plugin: caller.plugin(),
        instance: caller.instance(),
        level: level.into(),
        message,
        fields: &fields,
        suppressed: std::mem::take(&mut log.suppressed),
    });
    Ok(())
}

fn is_name(name: &str) -> bool {
    let may = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    !name.is_empty() && name.len() <= LONGEST_NAME && name.chars().all(may)
}

/// Bytes that a value takes; `None` for one of several parts.
fn bytes_of(value: &Value) -> Option<u64> {
    match value {
        Value::String(text) => Some(text.len() as u64),
        Value::Nil
        | Value::Bool(_)
        | Value::Unsigned(_)
        | Value::Signed(_)
        | Value::F32(_)
        | Value::F64(_) => Some(8),
        _ => None,
    }
}
