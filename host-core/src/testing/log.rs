//! Recorded calls and log lines.

use std::sync::{Arc, Mutex, PoisonError};

use hostfn_abi::{LogLevel, Value};

use super::MockCall;
use crate::observe::{Event, EventKind};

/// A line that was logged while a [`MockHost`](super::MockHost) ran.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct MockLog {
    /// The level.
    pub level: LogLevel,
    /// The line.
    pub text: String,
    /// The fields, in order; empty for a line of `host_log`.
    pub fields: Vec<(String, Value)>,
}

/// The records of a mock host's session: it has a lock of its own, because a function logs while the host that runs it is
/// locked.
#[derive(Clone, Default)]
pub(super) struct Seen(Arc<Mutex<Records>>);

#[derive(Default)]
pub(super) struct Records {
    pub(super) calls: Vec<MockCall>,
    pub(super) logs: Vec<MockLog>,
}

impl Seen {
    pub(super) fn with<T>(&self, f: impl FnOnce(&mut Records) -> T) -> T {
        f(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The mock host's observer.
    pub(super) fn observe(&self, event: &Event<'_>) {
        match event.what {
            EventKind::Log { level, text, fields } => {
                let fields = fields.iter().map(|&(name, value)| (name.to_owned(), value.into())).collect();
                let line = MockLog { level, text: text.to_owned(), fields };
                self.with(|seen| seen.logs.push(line));
            }
            EventKind::HostCall(call) => {
                let call = MockCall {
                    module: call.spec.module(),
                    name: call.spec.name(),
                    args: Value::Nil,
                    decision: call.decision,
                    scope_value: call.scope_value.map(str::to_owned),
                    status: call.status,
                    message: call.message().to_owned(),
                };
                self.with(|seen| seen.calls.push(call));
            }
            _ => {}
        }
    }
}
