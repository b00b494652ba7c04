//! What an instance may use up.

use std::time::Duration;

use crate::error::{Code, Problem};

/// What one instance may use up. Every limit has a default, and none can be switched off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of linear memory: 64 MiB.
    pub memory: usize,
    /// Elements of each table, of which there are at most 16: 100,000.
    pub table: usize,
    /// Wall time of one call from the host into the guest, of instantiation too: 10 seconds. A guest
    /// is stopped up to 10 ms later; a host function that runs is not stopped, only the guest after
    /// it.
    pub time: Duration,
    /// Bytes of stack for the guest's code: 512 KiB.
    pub stack: usize,
    /// Bytes of arguments of one host function call: 1 MiB.
    pub args: u32,
    /// Bytes of reply of one host function call, and of result of one call into the guest: 16 MiB.
    pub reply: u32,
    /// Fuel of one call from the host into the guest, about one for each instruction: not metered.
    pub fuel: Option<u64>,
    /// Calls of each host function within one call from the host into the guest: 1,000,000.
    pub calls: u32,
    /// Lines of log of one call from the host into the guest: 10,000.
    pub log_lines: u32,
    /// Bytes of log of one call from the host into the guest: 4 MiB.
    pub log_bytes: u32,
    /// Calls from the host into guests that are under way at once, of all the host's instances: 1,024.
    pub concurrent: u32,
    /// Calls that wait for one instance: 1,024.
    pub queued: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory: 64 << 20,
            table: 100_000,
            time: Duration::from_secs(10),
            stack: 512 << 10,
            args: host_abi::limits::DEFAULT_MAX_ARGS,
            reply: host_abi::limits::DEFAULT_MAX_REPLY,
            fuel: None,
            calls: 1_000_000,
            log_lines: 10_000,
            log_bytes: 4 << 20,
            concurrent: 1024,
            queued: 1024,
        }
    }
}

impl Limits {
    /// What is wrong with them: a limit that lets nothing run, or more stack than a thread has.
    pub fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        let smallest: [(&str, u128, u128); 6] = [
            ("memory", self.memory as u128, 64 << 10),
            ("table", self.table as u128, 1),
            ("time", self.time.as_millis(), 1),
            ("stack", self.stack as u128, 16 << 10),
            ("args", u128::from(self.args), 1),
            ("reply", u128::from(self.reply), 1),
        ];
        for (name, value, least) in smallest {
            if value < least {
                problems.push(Problem::new(
                    Code::BadLimit,
                    format!("limits.{name}"),
                    format!("{value} is too little for any guest to run"),
                    format!("make it at least {least}"),
                ));
            }
        }
        if self.stack > 1 << 20 {
            problems.push(Problem::new(
                Code::BadLimit,
                "limits.stack",
                format!("{} bytes leave a thread of 2 MiB too little for the host's own code", self.stack),
                "make it at most 1 MiB",
            ));
        }
        problems
    }
}
