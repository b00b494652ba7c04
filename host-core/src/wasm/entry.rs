//! The record of one host function call.

use std::sync::Arc;
use std::time::{Duration, Instant};

use hostfn_abi::{Status, Word};

use super::guest::Guest;
use super::plugin::PluginParts;
use crate::observe::{Decision, Event, EventKind, Fault, HostCall, Observers, PhaseGuard};
use crate::registry::HostFnSpec;

/// The record of one host function call. Its values are taken when the function returns, before anything runs
/// in the guest: placing the reply may call the guest's allocator, which may call host functions of its own.
pub(super) struct Entry {
    spec: &'static HostFnSpec,
    args: u32,
    scope_value: Option<String>,
    duration: Option<Duration>,
    fault: Option<Fault>,
    wanted: bool,
}

impl Entry {
    /// Takes the values of the call that has just returned.
    pub(super) fn take(
        guest: &mut Guest,
        spec: &'static HostFnSpec,
        args: u32,
        fault: Option<Fault>,
        watch: &PhaseGuard,
    ) -> Self {
        let scope_value = guest.env.take_scope_value();
        Self { spec, args, scope_value, duration: watch.duration(), fault, wanted: watch.is_wanted() }
    }

    /// Reports the call, which was answered with `word`. A refusal or failure is reported also when no observer
    /// wants calls.
    pub(super) fn tell(&self, guest: &Guest, word: Word) {
        self.tell_to(&guest.observers, &guest.plugin, guest.env.caller().instance(), word);
    }

    fn tell_to(&self, observers: &Observers, plugin: &PluginParts, instance: u64, word: Word) {
        if observers.is_empty() || (self.fault.is_none() && !self.wanted) {
            return;
        }
        let fault = self.fault.as_ref();
        let passed = if self.spec.capability().is_some() { Decision::Granted } else { Decision::Always };
        let decision = fault.and_then(Fault::decision).unwrap_or(passed);
        let mut call = HostCall::new(self.spec, decision, word.status());
        call.scope_value = fault.and_then(Fault::scope_value).or(self.scope_value.as_deref());
        (call.args, call.reply) = (self.args, word.len());
        (call.duration, call.fault) = (self.duration, fault);
        observers.tell(&Event::new(&plugin.name, Some(instance), EventKind::HostCall(call)));
    }
}

/// The record of a call on an executor, which may be given up wherever it waits: it is reported then, too.
pub(super) struct OpenEntry(Option<Opened>);

struct Opened {
    observers: Observers,
    plugin: Arc<PluginParts>,
    instance: u64,
    entry: Entry,
    /// Since when the call waits for its function, while it does.
    since: Option<Instant>,
    status: Status,
}

impl OpenEntry {
    /// Keeps `entry` until the call has been answered. Where it is given up, it ends with `status`.
    pub(super) fn keep(guest: &Guest, entry: Entry, status: Status) -> Self {
        if guest.observers.is_empty() {
            return OpenEntry(None);
        }
        OpenEntry(Some(Opened {
            observers: guest.observers.clone(),
            plugin: Arc::clone(&guest.plugin),
            instance: guest.env.caller().instance(),
            entry,
            since: None,
            status,
        }))
    }

    /// The call waits for its function, and is cancelled where it is given up.
    pub(super) fn wait(guest: &Guest, mut entry: Entry) -> Self {
        if guest.observers.is_empty() {
            return OpenEntry(None);
        }
        entry.fault = Some(Fault::new(Status::QUOTA_EXCEEDED, "the wait ended: it was cancelled"));
        let since = entry.duration.and_then(|passed| Instant::now().checked_sub(passed));
        let mut open = Self::keep(guest, entry, Status::QUOTA_EXCEEDED);
        if let Some(opened) = &mut open.0 {
            opened.since = since;
        }
        open
    }

    /// The function has returned, or the guest is stopped where it waits for it.
    pub(super) fn returned(&mut self, fault: Option<Fault>, status: Status, watch: &PhaseGuard) {
        if let Some(opened) = &mut self.0 {
            opened.entry.fault = fault;
            opened.since = None;
            opened.entry.duration = watch.duration();
            opened.status = status;
        }
    }

    /// Reports the call, which was answered with `word`.
    pub(super) fn tell(mut self, word: Word) {
        if let Some(opened) = self.0.take() {
            opened.tell(word);
        }
    }
}

impl Opened {
    fn tell(&self, word: Word) {
        self.entry.tell_to(&self.observers, &self.plugin, self.instance, word);
    }
}

impl Drop for OpenEntry {
    fn drop(&mut self) {
        if let Some(mut opened) = self.0.take() {
            opened.entry.duration = opened.since.map(|since| since.elapsed()).or(opened.entry.duration);
            opened.tell(Word::new(opened.status, 0));
        }
    }
}
