//! The least grants of a plugin, learnt from a run.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex};

use super::lock;
use crate::error::{printable, printable_whole};
use crate::observe::{Decision, Event, EventKind, HostCall, Observer, Phase};
use crate::policy::{Grants, Scope};
use crate::spec::{Capability, FnMetadata};

/// Patterns that are learnt for one capability of one plugin.
const MOST_VALUES: usize = Scope::MAX_PATTERNS;

/// Bytes of these patterns, so that they make one scope.
const MOST_BYTES: usize = Scope::MAX_PATTERN_BYTES;

/// Bytes of a value that is learnt.
const LONGEST_VALUE: usize = 8_192;

/// Values of one capability that are named as not granted.
const MOST_NAMED: usize = 100;

/// Learns what each plugin does, and writes the grants that would have allowed it and no more. A clone shares
/// what was learnt.
///
/// ```
/// use hostfn_core::{Learner, Registry};
///
/// let everything = Registry::builder().build()?.grant_everything();
/// let learner = Learner::new();
/// // add a clone to the host's observers and run the plugin under `everything`; then read what it needed
/// println!("{}", learner.to_toml("greeter"));
/// # Ok::<(), hostfn_core::Error>(())
/// ```
///
/// A capability without a scope is granted when it was used. One with a scope is granted for the values that
/// were used: paths normalised, hosts as `scheme://name:port`, names as they are. Some values cannot be written
/// as a pattern of their own, because of a `*` or a control character in them. A pattern with a `*` would grant more
/// than was used, and a plugin could choose how much more: such a value is left out, and a comment has the pattern. What
/// has no pattern at all is left out as well, and a comment says that, too.
///
/// What was only refused is not granted, and neither is what the plugin imports and never called: run it with
/// [`MissingCapability::Deny`](https://docs.rs/hostfn) to see whether it needs that.
///
/// It keeps 1,024 values of a capability, 64 KiB in all, as many as a grant can name, and says in a comment when there were more.
#[derive(Clone, Default)]
pub struct Learner(Arc<Mutex<BTreeMap<String, Plugin>>>);

/// The calls of one plugin, by capability.
type Plugin = BTreeMap<&'static str, Learnt>;

struct Learnt {
    capability: &'static Capability,
    /// It was used, and not refused.
    used: bool,
    patterns: BTreeSet<String>,
    /// Of the patterns.
    bytes: usize,
    /// Those that match more than was used, which are not granted.
    wider: BTreeSet<String>,
    /// Values that no pattern can be written for.
    unwritable: BTreeSet<String>,
    /// Values that are not granted for want of room.
    left_out: u64,
    /// Functions that were refused.
    refused: BTreeSet<(&'static str, &'static str)>,
    /// Functions that did not come so far that a value was matched.
    without_value: BTreeSet<(&'static str, &'static str)>,
}

impl Learner {
    /// Has learnt nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The plugins that called a function that requires a capability, sorted.
    pub fn plugins(&self) -> Vec<String> {
        lock(&self.0).keys().cloned().collect()
    }

    /// The smallest grants under which `plugin` could have done what it did.
    pub fn grants(&self, plugin: &str) -> Grants {
        lock(&self.0).get(plugin).map(grants_of).unwrap_or_default()
    }

    /// The same as a grants file, which says in comments what is wider than what was used, and what is not
    /// granted.
    pub fn to_toml(&self, plugin: &str) -> String {
        let all = lock(&self.0);
        let Some(learnt) = all.get(plugin) else {
            return format!("# `{}` used no capability\n", printable(plugin));
        };
        let grants = grants_of(learnt);
        let mut toml = format!("# what `{}` used\n", printable(plugin));
        for learnt in learnt.values() {
            learnt.comments().for_each(|comment| toml.push_str(&format!("# {comment}\n")));
            if let Some(line) = grants.toml_line(learnt.capability.name()) {
                toml.push_str(&(line + "\n"));
            }
        }
        toml
    }
}

fn grants_of(plugin: &Plugin) -> Grants {
    plugin.values().fold(Grants::none(), |grants, learnt| match learnt.scope() {
        Some(scope) => grants.allow_scope(learnt.capability, scope).unwrap_or_default(),
        None if learnt.is_whole() => grants.allow(learnt.capability),
        None => grants,
    })
}

impl Learnt {
    fn new(capability: &'static Capability) -> Self {
        Self {
            capability,
            used: false,
            patterns: BTreeSet::new(),
            bytes: 0,
            wider: BTreeSet::new(),
            unwritable: BTreeSet::new(),
            left_out: 0,
            refused: BTreeSet::new(),
            without_value: BTreeSet::new(),
        }
    }

    fn call(&mut self, call: &HostCall<'_>) {
        let function = named(call.spec);
        match (call.decision, call.scope_value) {
            (Decision::Granted, Some(value)) if self.capability.is_scoped() => self.value(value),
            (Decision::Granted, _) if self.capability.is_scoped() => {
                self.without_value.insert(function);
            }
            (Decision::Granted, _) => self.used = true,
            (decision, _) if decision.is_denied() => {
                self.refused.insert(function);
            }
            _ => {}
        }
    }

    fn value(&mut self, value: &str) {
        let pattern = if value.len() <= LONGEST_VALUE { self.pattern(value) } else { None };
        match pattern {
            Some(pattern) if pattern.contains('*') => {
                if self.wider.len() < MOST_NAMED {
                    self.wider.insert(pattern);
                } else if !self.wider.contains(&pattern) {
                    self.left_out = self.left_out.saturating_add(1);
                }
            }
            Some(pattern) if self.patterns.contains(&pattern) => {}
            Some(pattern)
                if self.patterns.len() < MOST_VALUES && self.bytes + pattern.len() <= MOST_BYTES =>
            {
                self.bytes += pattern.len();
                self.patterns.insert(pattern);
            }
            None if value.len() <= LONGEST_VALUE && self.unwritable.contains(value) => {}
            None if value.len() <= LONGEST_VALUE && self.unwritable.len() < MOST_NAMED => {
                self.unwritable.insert(value.to_owned());
            }
            _ => self.left_out = self.left_out.saturating_add(1),
        }
    }

    fn pattern(&self, value: &str) -> Option<String> {
        Scope::narrowest(self.capability.scope_kind(), value)
    }

    /// The capability has no scope, and was used.
    fn is_whole(&self) -> bool {
        self.used
    }

    /// The values that were used of a capability that has a scope.
    fn scope(&self) -> Option<Scope> {
        let patterns: Vec<&String> = self.patterns.iter().collect();
        let kind = self.capability.scope_kind();
        (!patterns.is_empty()).then(|| Scope::new(kind, &patterns, &[]).ok())?
    }

    /// Returns what a person has to know besides the entry. Texts of the guest cannot break out of their line.
    fn comments(&self) -> impl Iterator<Item = String> {
        let name = self.capability.name();
        let wider = self.wider.iter().map(move |pattern| {
            format!(
                "not granted of `{name}`, because it is wider than what was used, which cannot be written: `{}`",
                printable_whole(pattern)
            )
        });
        let unwritable = self.unwritable.iter().map(move |value| {
            format!(
                "not granted of `{name}`, because no pattern can be written for it: `{}`",
                printable(value)
            )
        });
        let left_out = (self.left_out > 0).then(|| {
            format!(
                "not complete: learning `{name}` stopped at {MOST_VALUES} values, or {} KiB of them, \
                 and {} more uses had others",
                MOST_BYTES >> 10,
                self.left_out
            )
        });
        let granted = self.used || !self.patterns.is_empty();
        let not_granted = (!granted).then(|| {
            let all = self.refused.union(&self.without_value);
            let all: Vec<_> = all.map(|(module, function)| format!("{module}.{function}")).collect();
            let why = if self.refused.is_empty() { "called without a value for it" } else { "refused" };
            (!all.is_empty()).then(|| format!("not granted: `{name}`, {why}: {}", all.join(", ")))
        });
        wider.chain(unwritable).chain(left_out).chain(not_granted.flatten())
    }
}

fn named(spec: &'static FnMetadata) -> (&'static str, &'static str) {
    (spec.module(), spec.name())
}

impl Observer for Learner {
    fn observe(&self, event: &Event<'_>) {
        let EventKind::HostCall(call) = event.what else { return };
        let Some(capability) = call.spec.capability() else { return };
        let mut all = lock(&self.0);
        if !all.contains_key(event.plugin) {
            all.insert(event.plugin.to_owned(), Plugin::new());
        }
        let Some(plugin) = all.get_mut(event.plugin) else { return };
        plugin.entry(capability.name()).or_insert_with(|| Learnt::new(capability)).call(&call);
    }

    /// Only host calls.
    fn wants(&self, phase: Phase) -> bool {
        phase == Phase::HostCall
    }
}

impl fmt::Debug for Learner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Learner, plugins: {}", lock(&self.0).len())
    }
}
