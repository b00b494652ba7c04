//! The limits of a plugin.

mod load;
mod read;

use std::time::Duration;

use serde::{Deserialize, Deserializer};

pub use self::load::{LoadLimits, Metric};
use crate::error::{Code, Problem, Problems};

/// An instance that waits has a stack for each level, of `stack` and a mebibyte.
const MOST_DEPTH: u32 = 64;

/// The limits of one instance. Every limit but [`fuel`](Limits::fuel) has a default, and only fuel can be
/// left unlimited: time limits what it would.
///
/// ```
/// use hostfn_core::Limits;
///
/// let mut limits = Limits::default();
/// limits.memory = 128 << 20;
/// limits.calls = 10_000;
/// assert!(limits.problems().is_empty());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of memory: 64 MiB. Linear memory, tables, and what the host holds for the instance count together: replies
    /// beside the window, decoded arguments and results, what its modules keep. See
    /// [`MemoryBudget`](crate::MemoryBudget).
    pub memory: usize,
    /// Elements of each table, of which there are at most 16: 100,000.
    pub table: usize,
    /// Wall time of one call from the host into the guest, of instantiation too: 10 seconds. A guest
    /// is stopped up to 20 ms later, and what the operating system takes to schedule its thread; a host
    /// function that runs is not stopped, only the guest after it.
    pub time: Duration,
    /// Bytes of stack for the guest's code: 512 KiB. A thread with less than that and 256 KiB left does not enter a
    /// guest: the call is [`Error::SmallStack`](crate::Error::SmallStack).
    pub stack: usize,
    /// Bytes of arguments of one host function call: 1 MiB.
    pub args: u32,
    /// Bytes of reply of one host function call, and of result of one call into the guest: 16 MiB.
    pub reply: u32,
    /// Units of fuel, about one for each instruction, for one call from the host into the guest: `None`,
    /// not metered.
    pub fuel: Option<u64>,
    /// Calls of each host function within one call from the host into the guest: 1,000,000.
    pub calls: u32,
    /// Calls of host functions that are refused or fail, all functions together, within one call from the host
    /// into the guest: 10,000. It counts each call that observers are always told of: not granted, out of scope,
    /// bad input, a quota that is used up, a denial of the function itself, a failure of the host. Beyond, the
    /// guest is stopped.
    pub refusals: u32,
    /// The depth to which calls of host functions may call back into the guest, for a block of its memory: 8. Deeper,
    /// `host_alloc` returns 0, a reply that does not fit the reply window is `NO_ROOM`, and an error reply is
    /// dropped. 0 lets no host function call back. On an instance that waits, each level has a stack of its own.
    pub depth: u32,
    /// Lines of log within one call from the host into the guest: 10,000. Beyond, the guest is stopped.
    pub log_lines: u32,
    /// Bytes of log within one call from the host into the guest: 4 MiB. Beyond, the guest is stopped.
    pub log_bytes: u32,
    /// Calls from the host into guests under way at once, over all instances of the host: 1,024. One half of them is for
    /// the first to ask; of the other, each plugin can always have an equal part.
    pub concurrent: u32,
    /// Calls that wait for one instance that has an owner: 1,024.
    pub queued: u32,
    /// The limits on the cost of compiling a module; a manifest cannot change it.
    pub load: LoadLimits,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory: 64 << 20,
            table: 100_000,
            time: Duration::from_secs(10),
            stack: 512 << 10,
            args: hostfn_abi::limits::DEFAULT_MAX_ARGS,
            reply: hostfn_abi::limits::DEFAULT_MAX_REPLY,
            fuel: None,
            calls: 1_000_000,
            refusals: 10_000,
            depth: 8,
            log_lines: 10_000,
            log_bytes: 4 << 20,
            concurrent: 1_024,
            queued: 1_024,
            load: LoadLimits::default(),
        }
    }
}

impl Limits {
    /// Reads limits as an operator writes them: TOML with the names of the fields as keys. Sizes are bytes, or a string
    /// with a number and a unit (`B`, `KiB`, `MiB`, `GiB`); times are strings in `ms` or `s`; everything else is a whole
    /// number. A limit that is absent has its default.
    ///
    /// [`Limits`] implements [`Deserialize`] in the same form, for a section of a service's own configuration.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use hostfn_core::Limits;
    ///
    /// let text = r#"
    ///     memory = "128 MiB"
    ///     time = "250 ms"
    ///     calls = 10_000
    ///
    ///     [load]
    ///     module_bytes = "4 MiB"
    /// "#;
    /// let limits = Limits::from_toml(text)?;
    /// assert_eq!((limits.memory, limits.time), (128 << 20, Duration::from_millis(250)));
    /// assert_eq!(limits.load.module_bytes, 4 << 20);
    /// assert_eq!(limits.reply, Limits::default().reply);
    ///
    /// let error = Limits::from_toml("memory = \"128 MB\"\ntimes = \"1 s\"").unwrap_err().to_string();
    /// assert!(error.contains("limits line 1: `memory` is `128 MB`"), "{error}");
    /// assert!(error.contains("limits line 2"), "{error}");
    /// # Ok::<(), hostfn_core::Problems>(())
    /// ```
    ///
    /// # Errors
    /// `H0115`, one for each problem, with its line: text that is not TOML, an unknown key, a number in another unit or
    /// too large, and what [`problems`](Limits::problems) finds.
    pub fn from_toml(text: &str) -> Result<Limits, Problems> {
        read::from_toml(text)
    }

    /// Returns what is wrong with them, all of it: a limit that lets nothing run, more stack than a thread has, or
    /// arguments and replies that the memory cannot hold.
    pub fn problems(&self) -> Vec<Problem> {
        let mut problems = self.all_asked().problems();
        too_little("stack", self.stack as u128, 16 << 10, &mut problems);
        too_little("concurrent", self.concurrent.into(), 1, &mut problems);
        self.load.problems(&mut problems);
        if self.stack > 1 << 20 {
            problems.push(Problem::new(
                Code::BadLimit,
                "limits.stack",
                format!("{} bytes leave a thread of 2 MiB too little for the host's own code", self.stack),
                "make it at most 1 MiB",
            ));
        }
        if self.depth > MOST_DEPTH {
            problems.push(Problem::new(
                Code::BadLimit,
                "limits.depth",
                format!("{} levels can take more stacks than a process has room for", self.depth),
                format!("make it at most {MOST_DEPTH}"),
            ));
        }
        problems
    }

    /// The smaller of each limit and what is asked for; where nothing is asked, the limit itself. Nothing that
    /// is asked for makes a limit larger.
    ///
    /// Arguments and replies that would not fit in the memory asked for are cut down to it.
    ///
    /// ```
    /// use hostfn_core::{Limits, RequestedLimits};
    ///
    /// let mut asked = RequestedLimits::default();
    /// asked.memory = Some(1 << 20);
    /// asked.calls = Some(u32::MAX);
    /// let limits = Limits::default().within(&asked);
    /// assert_eq!((limits.memory, limits.calls), (1 << 20, 1_000_000));
    /// ```
    #[must_use]
    pub fn within(&self, asked: &RequestedLimits) -> Limits {
        let memory = least(self.memory, asked.memory);
        // a memory of 4 GiB and more holds whatever they are
        let held = u32::try_from(memory).unwrap_or(u32::MAX);
        Limits {
            memory,
            table: least(self.table, asked.table),
            time: least(self.time, asked.time),
            args: least(self.args, asked.args).min(held),
            reply: least(self.reply, asked.reply).min(held),
            fuel: self.fuel.map(|fuel| least(fuel, asked.fuel)).or(asked.fuel),
            calls: least(self.calls, asked.calls),
            refusals: least(self.refusals, asked.refusals),
            depth: least(self.depth, asked.depth),
            log_lines: least(self.log_lines, asked.log_lines),
            log_bytes: least(self.log_bytes, asked.log_bytes),
            ..*self
        }
    }

    fn all_asked(&self) -> RequestedLimits {
        RequestedLimits {
            memory: Some(self.memory),
            table: Some(self.table),
            time: Some(self.time),
            args: Some(self.args),
            reply: Some(self.reply),
            fuel: self.fuel,
            calls: Some(self.calls),
            refusals: Some(self.refusals),
            depth: Some(self.depth),
            log_lines: Some(self.log_lines),
            log_bytes: Some(self.log_bytes),
        }
    }
}

/// The limits that a plugin asks for, each in the unit and the sense of [`Limits`]; `None` leaves it to the
/// host. Stack and concurrency are the host's alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RequestedLimits {
    /// Bytes of linear memory.
    pub memory: Option<usize>,
    /// Elements of each table.
    pub table: Option<usize>,
    /// Wall time of one call from the host into the guest.
    pub time: Option<Duration>,
    /// Bytes of arguments of one host function call.
    pub args: Option<u32>,
    /// Bytes of reply of one host function call.
    pub reply: Option<u32>,
    /// Units of fuel for one call from the host into the guest.
    pub fuel: Option<u64>,
    /// Calls of each host function within one call from the host into the guest.
    pub calls: Option<u32>,
    /// Calls of host functions that are refused or fail, within one call from the host into the guest.
    pub refusals: Option<u32>,
    /// The depth to which calls of host functions may call back into the guest.
    pub depth: Option<u32>,
    /// Lines of log within one call from the host into the guest.
    pub log_lines: Option<u32>,
    /// Bytes of log within one call from the host into the guest.
    pub log_bytes: Option<u32>,
}

impl<'de> Deserialize<'de> for Limits {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let table = toml::Table::deserialize(deserializer)?;
        read::from_table(&table).map_err(serde::de::Error::custom)
    }
}

impl RequestedLimits {
    /// Returns whether the limit of this name is lower than the host's.
    pub(crate) fn lowers(&self, host: &Limits, name: &str) -> bool {
        fn below<T: Ord + Copy>(asked: Option<T>, limit: T) -> bool {
            asked.is_some_and(|asked| asked < limit)
        }
        match name {
            "memory" => below(self.memory, host.memory),
            "table" => below(self.table, host.table),
            "time" => below(self.time, host.time),
            "fuel" => self.fuel.is_some_and(|asked| host.fuel.is_none_or(|limit| asked < limit)),
            "refusals" => below(self.refusals, host.refusals),
            "log_lines" => below(self.log_lines, host.log_lines),
            "log_bytes" => below(self.log_bytes, host.log_bytes),
            _ => false,
        }
    }

    /// Returns what is wrong with them, all of it: a limit that lets nothing run, or arguments and replies that the
    /// memory cannot hold.
    pub fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        let smallest: [(&str, Option<u128>, u128); 7] = [
            ("memory", self.memory.map(|bytes| bytes as u128), 64 << 10),
            ("table", self.table.map(|elements| elements as u128), 1),
            ("time", self.time.map(|time| time.as_millis()), 1),
            ("args", self.args.map(u128::from), 1),
            ("reply", self.reply.map(u128::from), 1),
            ("fuel", self.fuel.map(u128::from), 1),
            ("calls", self.calls.map(u128::from), 1),
        ];
        for (name, value, least) in smallest {
            if let Some(value) = value {
                too_little(name, value, least, &mut problems);
            }
        }
        for (name, bytes) in [("args", self.args), ("reply", self.reply)] {
            if let (Some(bytes), Some(memory)) = (bytes, self.memory)
                && bytes as usize > memory
            {
                problems.push(Problem::new(
                    Code::BadLimit,
                    format!("limits.{name}"),
                    format!("{bytes} bytes never fit in a memory of {memory}"),
                    "make it at most `limits.memory`, or that larger",
                ));
            }
        }
        problems
    }
}

fn least<T: Ord>(limit: T, asked: Option<T>) -> T {
    match asked {
        Some(asked) => limit.min(asked),
        None => limit,
    }
}

fn too_little(name: &str, value: u128, least: u128, problems: &mut Vec<Problem>) {
    if value < least {
        problems.push(Problem::new(
            Code::BadLimit,
            format!("limits.{name}"),
            format!("{value} is too little for any guest to run"),
            at_least(least),
        ));
    }
}

/// The help for a limit that is too small.
pub(crate) fn at_least(least: u128) -> String {
    format!("make it at least {least}")
}
