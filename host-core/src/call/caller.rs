//! The caller of a host function.

use std::fmt;
use std::sync::Arc;

use hostfn_abi::{LogLevel, limits::MAX_LOG_BYTES};

use crate::observe::log_value::{cut, plain_name};
use crate::observe::{Event, EventKind, LogValue, Observers};
use crate::policy::Gate;
use crate::spec::Capability;

/// The caller of a host function: `#[caller] c: &Caller`.
#[derive(Clone)]
pub struct Caller {
    // in one place, so that a clone for an async function counts one reference
    instance: Arc<Instance>,
    depth: u32,
}

#[derive(Clone)]
struct Instance {
    plugin: Arc<str>,
    number: u64,
    observers: Observers,
    gates: Arc<[Arc<Gate>]>,
}

impl Caller {
    /// The most fields of a logged line that observers are told.
    pub const MOST_LOG_FIELDS: usize = 64;
    /// The most bytes of a field's name that they are told.
    pub const LONGEST_LOG_NAME: usize = 64;

    /// The instance numbered `instance` of `plugin`, which is not running, has no observers and is not
    /// granted.
    pub fn new(plugin: impl Into<Arc<str>>, instance: u64) -> Self {
        Self::with(plugin.into(), instance, Observers::default(), Arc::default())
    }

    fn with(plugin: Arc<str>, number: u64, observers: Observers, gates: Arc<[Arc<Gate>]>) -> Self {
        Self { instance: Arc::new(Instance { plugin, number, observers, gates }), depth: 0 }
    }

    /// The same, and `observers` receive what is [logged](Caller::log) for it. An engine gives its host's.
    #[must_use]
    pub fn watched_by(self, observers: Observers) -> Self {
        self.changed(|instance| instance.observers = observers)
    }

    /// The same, with the gates of the instance, a gate for each capability that it was granted. An engine gives those
    /// that its calls pass.
    #[must_use]
    pub fn holding(self, gates: Arc<[Arc<Gate>]>) -> Self {
        self.changed(|instance| instance.gates = gates)
    }

    /// In place, unless it was cloned before.
    fn changed(mut self, change: impl FnOnce(&mut Instance)) -> Self {
        change(Arc::make_mut(&mut self.instance));
        self
    }

    /// The plugin's name.
    pub fn plugin(&self) -> &str {
        &self.instance.plugin
    }

    /// The instance's number, which no other instance of the process has.
    pub fn instance(&self) -> u64 {
        self.instance.number
    }

    /// Returns how many calls from the host into the guest are under way: 1, or more when the guest was
    /// called back, for a block of its memory, by a host function. 0 in a start function.
    pub fn depth(&self) -> u32 {
        self.depth
    }

    /// Returns whether `capability` is granted, still, to the functions that the plugin imports; for a scoped one, whether some of
    /// it is. A function's own capability is checked before it runs. This is for another that it needs: what a guest
    /// has a handle on was opened under a capability, which may have been revoked since.
    pub fn is_granted(&self, capability: &Capability) -> bool {
        self.gate(capability).is_some()
    }

    /// The same, for `value`: a path, a URL, a name.
    pub fn is_granted_on(&self, capability: &Capability, value: &str) -> bool {
        self.gate(capability).is_some_and(|gate| gate.covers(value))
    }

    /// Returns whether `capability` was granted to the functions that the plugin imports, and was revoked since.
    pub fn is_revoked(&self, capability: &Capability) -> bool {
        self.any_gate(capability).is_some_and(|gate| !gate.is_open())
    }

    fn gate(&self, capability: &Capability) -> Option<&Gate> {
        self.any_gate(capability).filter(|gate| gate.is_open())
    }

    fn any_gate(&self, capability: &Capability) -> Option<&Gate> {
        let mut gates = self.instance.gates.iter().map(Arc::as_ref);
        gates.find(|gate| gate.capability().name() == capability.name())
    }

    /// Writes a line for the guest: the host's observers are told it as they are told what the guest writes with
    /// `host_log`, a [`EventKind::Log`], and the fields beside it. Each of them is a name and a [value](LogValue).
    ///
    /// What a guest chose may go in as it is. Observers get at most [64 fields](Self::MOST_LOG_FIELDS), in this order; of
    /// a name [64 bytes](Self::LONGEST_LOG_NAME), with `_` for what is no letter, digit, `_`, `-` or `.`; and 64 KiB of text,
    /// the line and the values together. The rest is left out. It does not count against the guest's own budget for
    /// `host_log`: a function that lets a guest write as much as it likes has a limit of its own.
    ///
    /// ```
    /// use hostfn_core::{Caller, LogLevel, LogValue};
    ///
    /// fn stored(caller: &Caller, key: &str, bytes: u64) {
    ///     caller.log(LogLevel::Info, "stored", &[("key", key.into()), ("bytes", bytes.into())]);
    /// }
    /// # stored(&Caller::new("notes", 1), "a", 1);
    /// ```
    pub fn log(&self, level: LogLevel, text: &str, fields: &[(&str, LogValue<'_>)]) {
        if self.instance.observers.is_empty() {
            return;
        }
        let mut left = MAX_LOG_BYTES as usize;
        let text = cut(text, &mut left);
        let fields = &fields[..fields.len().min(Self::MOST_LOG_FIELDS)];
        let names: Vec<_> = fields.iter().map(|(name, _)| plain_name(name, Self::LONGEST_LOG_NAME)).collect();
        let fields: Vec<_> =
            names.iter().zip(fields).map(|(name, (_, value))| (&**name, value.cut(&mut left))).collect();
        let what = EventKind::Log { level, text, fields: &fields };
        self.instance.observers.tell(&Event::new(self.plugin(), Some(self.instance()), what));
    }

    pub(crate) fn observers(&self) -> &Observers {
        &self.instance.observers
    }

    pub(crate) fn set_depth(&mut self, depth: u32) {
        self.depth = depth;
    }
}

impl PartialEq for Caller {
    fn eq(&self, other: &Self) -> bool {
        (self.plugin(), self.instance(), self.depth) == (other.plugin(), other.instance(), other.depth)
    }
}

impl Eq for Caller {}

impl fmt::Debug for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Caller")
            .field("plugin", &self.plugin())
            .field("instance", &self.instance())
            .field("depth", &self.depth)
            .finish()
    }
}
