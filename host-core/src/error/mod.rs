//! Errors, each with a stable code, a place and a remedy.

mod code;
mod files;
mod limit;
mod near;
mod nesting;
mod panic;
mod problem;
mod problems;
mod trap;
mod untrusted;
mod usable;

use std::error::Error as StdError;

use hostfn_abi::{ErrorReply, Status};

pub use self::code::Code;
#[cfg(feature = "inspect")]
pub(crate) use self::files::NOT_REGULAR;
pub(crate) use self::files::{cannot_be_read, read_to_end};
pub use self::files::{open_regular_file, read_file, read_text_file};
pub use self::limit::{Limit, SetBy};
pub(crate) use self::near::near;
pub(crate) use self::nesting::TOO_DEEP;
pub use self::nesting::toml_too_deep;
pub(crate) use self::panic::message_of;
pub use self::problem::Problem;
pub use self::problems::{ProblemList, Problems};
pub use self::trap::TrapSite;
#[cfg(feature = "wasm")]
pub(crate) use self::trap::last_line;
pub use self::untrusted::{Untrusted, json_escaped, lines_escaped, misleads};
pub(crate) use self::untrusted::{printable, printable_whole};

/// The result of everything in this crate that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Everything that can fail between a registry and an answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// All problems found, each with a remedy.
    #[error("{0}")]
    Problems(#[from] Problems),
    /// The guest's own error: its status, and the error reply if it gave one.
    #[error("{} {}: the guest returned {status}{}", Code::GuestError, export_of(plugin, export), describe_reply(reply.as_deref()))]
    Guest {
        /// The plugin.
        plugin: String,
        /// The export that was called.
        export: String,
        /// The status it returned.
        status: Status,
        /// Its error reply.
        reply: Option<Box<ErrorReply>>,
    },
    /// The guest trapped.
    #[error("{} {}: the guest trapped: {}{}", Code::Trapped, export_of(plugin, export), trap.line(), worn(*earlier))]
    Trapped {
        /// The plugin.
        plugin: String,
        /// The export that was called.
        export: String,
        /// The number of times the guest had been cut off before, in calls that a host with [`CutOff::Keep`](crate::CutOff)
        /// lets it go on after.
        earlier: u32,
        /// The trap, the function of the guest, and its last log line.
        trap: Box<TrapSite>,
        /// The trap, with the guest's backtrace.
        source: Box<dyn StdError + Send + Sync>,
    },
    /// The guest ran out of time.
    #[error(
        "{} {}: the guest ran out of time; {}",
        Code::TimedOut,
        export_of(plugin, export),
        set_by.remedy("time")
    )]
    TimedOut {
        /// The plugin.
        plugin: String,
        /// The export that was called.
        export: String,
        /// The owner of the limit.
        set_by: SetBy,
    },
    /// The guest used up what it may.
    #[error(
        "{} {}: the guest used up its {limit}; {}",
        Code::Exhausted,
        export_of(plugin, export),
        set_by.remedy(limit.field())
    )]
    Exhausted {
        /// The plugin.
        plugin: String,
        /// The export that was called.
        export: String,
        /// The exhausted resource.
        limit: Limit,
        /// The owner of the limit.
        set_by: SetBy,
        /// True if the guest was cut off by it; otherwise it was not entered, or had returned.
        cut_off: bool,
        /// The trap that it ended with, if it had begun.
        source: Option<Box<dyn StdError + Send + Sync>>,
    },
    /// The call was cancelled: the instance was told to end while it ran, or its start was called off.
    #[error("{} {}: cancelled while it ran", Code::Cancelled, export_of(plugin, export))]
    Cancelled {
        /// The plugin.
        plugin: String,
        /// The export that was called.
        export: String,
    },
    /// The thread has too little stack left to run a guest. The guest was not entered.
    #[error(
        "{} {}: the thread has {left} bytes of stack left, and a guest needs {needed}; call it from a thread with more",
        Code::SmallStack,
        export_of(plugin, export)
    )]
    SmallStack {
        /// The plugin.
        plugin: String,
        /// The export that was called.
        export: String,
        /// Bytes of stack that are left.
        left: usize,
        /// The stack that the guest and its host functions may use.
        needed: usize,
    },
    /// The instance was closed, or a call of it was given up half-way: it takes no more calls.
    #[error("{} plugin `{}`: the instance is closed; create another", Code::Closed, Untrusted::new(plugin))]
    Closed {
        /// The plugin.
        plugin: String,
    },
}

impl Error {
    /// The stable code; that of the first problem where there are several.
    pub fn code(&self) -> Code {
        match self {
            Error::Problems(problems) => problems.first().code(),
            Error::Guest { .. } => Code::GuestError,
            Error::Trapped { .. } => Code::Trapped,
            Error::TimedOut { .. } => Code::TimedOut,
            Error::Exhausted { .. } => Code::Exhausted,
            Error::Cancelled { .. } => Code::Cancelled,
            Error::SmallStack { .. } => Code::SmallStack,
            Error::Closed { .. } => Code::Closed,
        }
    }

    /// The problems; none for an error that no change of code or grants puts right.
    pub fn problems(&self) -> &[Problem] {
        match self {
            Error::Problems(problems) => problems.as_slice(),
            _ => &[],
        }
    }
}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        Error::Problems(problem.into())
    }
}

/// Both names may be of a manifest.
fn export_of(plugin: &str, export: &str) -> String {
    format!("{}.{}", Untrusted::new(plugin), Untrusted::new(export))
}

fn worn(earlier: u32) -> String {
    match earlier {
        0 => String::new(),
        times => format!("; it was cut off {times} times before: make another instance"),
    }
}

fn describe_reply(reply: Option<&ErrorReply>) -> String {
    reply
        .map(|reply| format!(": {} ({})", printable(&reply.message), printable(&reply.code)))
        .unwrap_or_default()
}
