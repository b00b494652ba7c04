use std::fmt;

/// A resource with a limit, other than time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Limit {
    /// Bytes of memory.
    Memory,
    /// Elements of a table.
    Table,
    /// Bytes of stack.
    Stack,
    /// Fuel.
    Fuel,
    /// Lines of log.
    LogLines,
    /// Bytes of log.
    LogBytes,
    /// Host function calls that were refused or failed.
    Refusals,
    /// Calls under way at once, of the whole host.
    Concurrent,
    /// Work that waits for one instance.
    Queue,
}

impl Limit {
    /// The field of [`Limits`](crate::Limits) that sets it.
    pub const fn field(self) -> &'static str {
        match self {
            Limit::Memory => "memory",
            Limit::Table => "table",
            Limit::Stack => "stack",
            Limit::Fuel => "fuel",
            Limit::LogLines => "log_lines",
            Limit::LogBytes => "log_bytes",
            Limit::Refusals => "refusals",
            Limit::Concurrent => "concurrent",
            Limit::Queue => "queued",
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Limit::Memory => "memory",
            Limit::Table => "table elements",
            Limit::Stack => "stack",
            Limit::Fuel => "fuel",
            Limit::LogLines => "lines of log",
            Limit::LogBytes => "bytes of log",
            Limit::Refusals => "refusals",
            Limit::Concurrent => "share of the host's concurrent calls",
            Limit::Queue => "queue",
        })
    }
}

/// The owner of the limit that a guest reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SetBy {
    /// The host's, in [`Limits`](crate::Limits).
    Host,
    /// The manifest's, which asks for less than the host allows.
    Manifest,
}

impl SetBy {
    pub(super) fn remedy(self, field: &str) -> String {
        match self {
            SetBy::Host => format!("give it more with `Limits::{field}`"),
            SetBy::Manifest => format!("raise `{field}` under `[limits]` in its manifest"),
        }
    }
}
