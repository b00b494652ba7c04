//! An event that can be kept.

use std::time::Duration;

use hostfn_abi::Value;
use serde::{Serialize, Serializer};

use crate::observe::{Decision, Event, EventKind, Fault, HostCall, LogValue, Phase, PhaseEnd};
use crate::spec::Capability;

/// Bytes of a text that are kept: guests choose most of them.
const LONGEST: usize = 4096;

/// An [`Event`] that can be kept and written down. A text of more than 4096 bytes is cut, and ends with how
/// much is missing.
///
/// Texts are as they were, control characters included: escape them before a person sees them. What does not
/// apply is `None`, and is left out when it is serialised.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Record {
    /// The plugin's name.
    pub plugin: String,
    /// The instance's number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance: Option<u64>,
    /// The phase that ended; `None` for a line that the guest logged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phase: Option<Phase>,
    /// The module of the function that was called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub module: Option<&'static str>,
    /// The function that was called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub function: Option<&'static str>,
    /// The capability that it requires.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capability: Option<&'static str>,
    /// The decision of the gates.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision: Option<Decision>,
    /// The value that was matched against the grant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope_value: Option<String>,
    /// The code of the status that the guest was answered with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<i32>,
    /// The ABI's name for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status_name: Option<&'static str>,
    /// The export that was called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub export: Option<String>,
    /// Bytes of arguments.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub args: Option<u64>,
    /// Bytes of reply or result.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reply: Option<u64>,
    /// The time it took, in nanoseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_ns: Option<u64>,
    /// True if the host function panicked.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub panicked: bool,
    /// The code of the error, such as `H0405`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The reason it went wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The level of a logged line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<&'static str>,
    /// A logged line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The fields, in order.
    #[serde(skip_serializing_if = "Vec::is_empty", serialize_with = "as_map")]
    pub fields: Vec<(String, Value)>,
}

impl Record {
    /// The part of `event` to keep.
    pub fn from_event(event: &Event<'_>) -> Self {
        let record = Record { plugin: kept(event.plugin), instance: event.instance, ..Record::default() };
        match event.what {
            EventKind::Log { level, text, fields } => {
                let fields = fields.iter().map(|&(name, value)| (kept(name), kept_value(value))).collect();
                Record { level: Some(level.as_str()), text: Some(kept(text)), fields, ..record }
            }
            EventKind::BadLog { message } => Record { message: Some(kept(message)), ..record },
            EventKind::HostCall(call) => record.host_call(&call),
            EventKind::Ended(ended) => record.ended(&ended),
        }
    }

    /// Returns whether it is a call that was refused for want of a grant.
    pub fn is_denied(&self) -> bool {
        self.decision.is_some_and(Decision::is_denied)
    }

    /// Bytes that it takes up.
    pub(super) fn size(&self) -> usize {
        let optional = [&self.scope_value, &self.export, &self.error, &self.message, &self.text];
        let texts: usize = optional.into_iter().flatten().map(String::len).sum();
        let fields: usize = self
            .fields
            .iter()
            .map(|(name, value)| {
                let text = if let Value::String(text) = value { text.len() } else { 0 };
                size_of::<(String, Value)>() + name.len() + text
            })
            .sum();
        size_of::<Self>() + self.plugin.len() + texts + fields
    }

    fn host_call(self, call: &HostCall<'_>) -> Self {
        Record {
            phase: Some(Phase::HostCall),
            module: Some(call.spec.module()),
            function: Some(call.spec.name()),
            capability: call.spec.capability().map(Capability::name),
            decision: Some(call.decision),
            scope_value: call.scope_value.map(kept),
            status: Some(call.status.code()),
            status_name: call.status.name(),
            args: Some(call.args.into()),
            reply: Some(call.reply.into()),
            duration_ns: call.duration.map(nanoseconds),
            panicked: call.panicked(),
            message: call.fault.map(Fault::message).map(kept),
            ..self
        }
    }

    fn ended(self, ended: &PhaseEnd<'_>) -> Self {
        let bytes = |count| (ended.phase == Phase::Call).then_some(count as u64);
        Record {
            phase: Some(ended.phase),
            export: ended.export.map(kept),
            args: bytes(ended.bytes.0),
            reply: bytes(ended.bytes.1),
            duration_ns: ended.duration.map(nanoseconds),
            error: ended.error.map(|error| error.code().to_string()),
            message: ended.error.map(|error| kept(&error.to_string())),
            ..self
        }
    }
}

pub(super) fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

pub(super) fn kept(text: &str) -> String {
    if text.len() <= LONGEST {
        return text.to_owned();
    }
    let cut = text.floor_char_boundary(LONGEST);
    format!("{}... and {} bytes more", &text[..cut], text.len() - cut)
}

fn kept_value(value: LogValue<'_>) -> Value {
    match value {
        LogValue::Text(text) => Value::String(kept(text)),
        other => other.into(),
    }
}

fn as_map<S: Serializer>(fields: &[(String, Value)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(fields.iter().map(|(name, value)| (name, value)))
}

impl Serialize for Phase {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl Serialize for Decision {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
