//! Lines with fields for the log.
//!
//! What a guest writes with the built-in `host_log` is a text. What it writes with `log_write` has fields beside the text,
//! and comes to the same observers of the host, in the order in which it was written: as a [`What::Log`](hostfn::observe::EventKind::Log),
//! with the fields sorted by name. Names are letters, digits, `_`, `-` and `.`; texts are as the guest wrote them, with
//! control characters if they have any. Lines that come too fast are refused; their number is reported with the next
//! line, in its last field, `suppressed`, a name that a guest cannot use.
//!
//! ```
//! use hostfn_modules::log;
//! use hostfn::{Host, Registry};
//! use hostfn::observe::{Event, EventKind};
//!
//! let registry = Registry::builder().module(log::module().lines_per_second(20)).build()?;
//! let host = Host::builder(registry)
//!     .observer(|event: &Event<'_>| {
//!         if let EventKind::Log { level, text, fields } = event.what {
//!             eprint!("{level} {}: {text:?}", event.plugin);
//!             fields.iter().for_each(|(name, value)| eprint!(" {name}={value}"));
//!             eprintln!();
//!         }
//!     })
//!     .build()?;
//! # Ok::<(), hostfn::Error>(())
//! ```
//!
//! Grants: `"log.write" = true`.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use hostfn::abi::Value;
use hostfn::abi::limits::MAX_LOG_BYTES;
use hostfn::spec::LogValue;
use hostfn::{Caller, HostError, HostFn, HostModule, LogLevel, capabilities, host_fn};
use serde::{Deserialize, Serialize};

capabilities! {
    /// Write lines with fields to the host's log.
    pub LOG_WRITE = "log.write";
}

/// The module.
pub fn module() -> Options {
    Options { rates: Rates { lines: 100, bytes: 256 << 10 }, clock: Arc::new(Instant::now) }
}

/// The module's options.
#[derive(Clone)]
#[must_use = "a registry takes it: `Registry::builder().module(log::module())`"]
pub struct Options {
    rates: Rates,
    clock: Clock,
}

type Clock = Arc<dyn Fn() -> Instant + Send + Sync>;

#[derive(Clone, Copy, Debug)]
struct Rates {
    lines: u32,
    bytes: u32,
}

impl Options {
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

impl From<Options> for HostModule {
    fn from(Options { rates, clock }: Options) -> HostModule {
        HostModule::new("log").function(log_write::SPEC).state("log", move |_| {
            let clock = Arc::clone(&clock);
            let since = clock();
            let (lines, bytes) = (Bucket::full(rates.lines, since), Bucket::full(rates.bytes, since));
            Ok::<_, Infallible>(Log { clock, rates, lines, bytes, suppressed: 0 })
        })
    }
}

/// The level of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Every step.
    Trace,
    /// For developers of the guest.
    Debug,
    /// For operators.
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

/// The rate limit of an instance.
pub struct Log {
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

/// The reason a line was not written.
#[derive(Debug, thiserror::Error, HostError)]
pub enum LogError {
    /// A field's name has characters that it cannot have, is too long, or is `suppressed`; or its value is not nil, a
    /// boolean, a number or text.
    #[error(
        "a field has a short name of letters, digits, `_`, `-` and `.` that is not `suppressed`, and a value of one part"
    )]
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

/// One of the caller's is left for the host's own field.
const MOST_FIELDS: usize = Caller::MOST_LOG_FIELDS - 1;
/// The host's own field.
const SUPPRESSED: &str = "suppressed";

/// Write a line to the host's log: a text, and fields with names of letters, digits, `_`, `-` and `.` (at most 63 of
/// them, of at most 64 bytes) and values that are nil, booleans, numbers or text.
///
/// Fails when a field is malformed (`bad_field`), when the line is longer than 64 KiB or than the host allows in a second
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
    if fields.len() > MOST_FIELDS {
        return Err(LogError::TooLarge(longest));
    }
    let mut bytes = message.len() as u64;
    let mut told = Vec::with_capacity(fields.len() + 1);
    for (name, value) in &fields {
        let value = value_of(value).filter(|_| is_name(name)).ok_or(LogError::BadField)?;
        bytes += name.len() as u64 + bytes_of(value);
        told.push((&**name, value));
    }
    if bytes > longest {
        return Err(LogError::TooLarge(longest));
    }
    log.admit(bytes)?;
    let suppressed = std::mem::take(&mut log.suppressed);
    if suppressed > 0 {
        told.push((SUPPRESSED, suppressed.into()));
    }
    caller.log(level.into(), message, &told);
    Ok(())
}

impl Log {
    /// Counts a line of so many bytes, if it does not come too fast.
    fn admit(&mut self, bytes: u64) -> Result<(), LogError> {
        let now = (self.clock)();
        // both are asked, so that both go on
        if !(self.lines.has(1, now) & self.bytes.has(bytes, now)) {
            self.suppressed = self.suppressed.saturating_add(1);
            return Err(LogError::RateLimited { lines: self.rates.lines, bytes: self.rates.bytes });
        }
        self.lines.take(1);
        self.bytes.take(bytes);
        Ok(())
    }
}

fn is_name(name: &str) -> bool {
    let may = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    !name.is_empty() && name.len() <= Caller::LONGEST_LOG_NAME && name.chars().all(may) && name != SUPPRESSED
}

/// The value as observers are told it; `None` for one of several parts.
fn value_of(value: &Value) -> Option<LogValue<'_>> {
    Some(match value {
        Value::Nil => LogValue::Nil,
        Value::Bool(value) => LogValue::Bool(*value),
        Value::Unsigned(value) => LogValue::Unsigned(*value),
        Value::Signed(value) => LogValue::Signed(*value),
        Value::F32(value) => LogValue::Float((*value).into()),
        Value::F64(value) => LogValue::Float(*value),
        Value::String(value) => LogValue::Text(value),
        _ => return None,
    })
}

/// Bytes that a value takes.
fn bytes_of(value: LogValue<'_>) -> u64 {
    match value {
        LogValue::Text(text) => text.len() as u64,
        _ => 8,
    }
}
