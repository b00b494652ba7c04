use core::fmt;

/// The level of a log line. `level as i32` is its number on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(i32)]
pub enum LogLevel {
    /// 0: every step.
    Trace = 0,
    /// 1: for developers of the guest.
    Debug = 1,
    /// 2: for operators.
    Info = 2,
    /// 3: works, but should be looked at.
    Warn = 3,
    /// 4: something failed.
    Error = 4,
}

impl LogLevel {
    /// The level with this number on the wire; any number without one counts as info.
    pub const fn from_i32(level: i32) -> Self {
        match level {
            0 => LogLevel::Trace,
            1 => LogLevel::Debug,
            3 => LogLevel::Warn,
            4 => LogLevel::Error,
            _ => LogLevel::Info,
        }
    }

    /// Its name in lower case.
    pub const fn as_str(self) -> &'static str {
        match self {
            LogLevel::Trace => "trace",
            LogLevel::Debug => "debug",
            LogLevel::Info => "info",
            LogLevel::Warn => "warn",
            LogLevel::Error => "error",
        }
    }
}

impl fmt::Display for LogLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
