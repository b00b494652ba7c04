//! What was logged.

use std::sync::{Arc, Mutex, PoisonError};

use hostfn_abi::{LogLevel, Value};

use crate::observe::{Event, EventKind, Observers};

/// A line that was logged while a [`MockHost`](super::MockHost) ran.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct MockLog {
    /// How much it matters.
    pub level: LogLevel,
    /// The line.
    pub text: String,
    /// What belongs to it, in order; nothing for a line of `host_log`.
    pub fields: Vec<(String, Value)>,
}

/// A list of its own: a function logs while the host that runs it is locked.
pub(super) type Logs = Arc<Mutex<Vec<MockLog>>>;

/// Observers that keep what is logged.
pub(super) fn keeping(logs: &Logs) -> Observers {
    let logs = Arc::clone(logs);
    Observers::new(vec![Arc::new(move |event: &Event<'_>| {
        if let EventKind::Log { level, text, fields } = event.what {
            let fields = fields.iter().map(|&(name, value)| (name.to_owned(), value.into())).collect();
            let line = MockLog { level, text: text.to_owned(), fields };
            logs.lock().unwrap_or_else(PoisonError::into_inner).push(line);
        }
    })])
}
