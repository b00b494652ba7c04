//! Differences between two listings, classed by effect.

mod capabilities;
mod contracts;
mod functions;
mod render;
mod types;

use std::collections::BTreeMap;
use std::fmt::{self, Display};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{Listing, is_zero};

/// The effect of a difference, the most urgent first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Plugins can reach more: a new function or capability, a requirement, scope or budget that is gone or wider.
    Widens,
    /// An existing plugin or grants file no longer works: a host refuses a plugin that was built against the old listing,
    /// as [`FunctionRecord::drift`](crate::FunctionRecord::drift) and [`EntryRecord::drift`](crate::EntryRecord::drift)
    /// decide.
    Breaks,
    /// Existing plugins load and run, and may meet what they do not expect: a new error code, an argument that they leave
    /// out, a variant that never comes.
    Surprises,
    /// Plugins can reach less.
    Narrows,
    /// Only text changed.
    Docs,
}

impl Class {
    /// Every class, the most urgent first.
    pub const ALL: [Class; 5] = [Class::Widens, Class::Breaks, Class::Surprises, Class::Narrows, Class::Docs];

    /// The word for it: `widens`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Class::Widens => "widens",
            Class::Breaks => "breaks",
            Class::Surprises => "surprises",
            Class::Narrows => "narrows",
            Class::Docs => "docs",
        }
    }

    /// Returns what it means, in a clause.
    pub const fn meaning(self) -> &'static str {
        match self {
            Class::Widens => "plugins can reach more",
            Class::Breaks => "an existing plugin or grants file no longer works",
            Class::Surprises => "existing plugins load, and may meet what they do not expect",
            Class::Narrows => "plugins can reach less",
            Class::Docs => "what people read changed",
        }
    }
}

impl Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A word that names no [`Class`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is not a class of changes; write `widens`, `breaks`, `surprises`, `narrows` or `docs`", .0.escape_debug())]
pub struct UnknownClass(String);

impl FromStr for Class {
    type Err = UnknownClass;

    fn from_str(word: &str) -> Result<Self, UnknownClass> {
        let class = Class::ALL.into_iter().find(|class| class.as_str() == word);
        class.ok_or_else(|| UnknownClass(word.to_owned()))
    }
}

/// The item of a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Item {
    /// The version of the ABI.
    Abi,
    /// A capability.
    Capability,
    /// A host function.
    Function,
    /// A contract, or a method of one.
    Contract,
    /// An annotated function that is linked and not registered.
    Unregistered,
}

impl Item {
    /// The word for it: `function`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Item::Abi => "abi",
            Item::Capability => "capability",
            Item::Function => "function",
            Item::Contract => "contract",
            Item::Unregistered => "unregistered",
        }
    }
}

impl Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Change {
    /// The explanation.
    pub class: Class,
    /// The place of the change.
    pub item: Item,
    /// The name of that: `host.fs_read`, `fs.read`, `greeter.v1.greet`.
    pub name: String,
    /// The change: `quota raised`.
    pub what: String,
    /// The old value, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old: Option<String>,
    /// The new value, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new: Option<String>,
    /// The file where it is declared now, or was before it was removed; empty where that is not known.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub file: String,
    /// The line in that file, counted from 1; 0 where it is not known.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub line: u32,
    /// The package and its version, where that file is from outside the workspace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outside: Option<String>,
}

impl Change {
    /// Returns what happened, with what was there before and what is there now, in one line.
    pub fn sentence(&self) -> String {
        match (&self.old, &self.new) {
            (None, None) => self.what.clone(),
            (Some(only), None) | (None, Some(only)) => format!("{}: {only}", self.what),
            (Some(old), Some(new)) => format!("{}: {old} -> {new}", self.what),
        }
    }
}

/// The version of the JSON form.
const SCHEMA: u32 = 1;

/// Differences between two listings: each difference with its [`Class`], those that widen first.
///
/// It prints as text; [`to_json`](Diff::to_json) and [`to_markdown`](Diff::to_markdown) are the other forms.
///
/// ```
/// use hostfn_core::{Call, Capability, Class, HostFnSpec, Listing, Registry, Reply};
///
/// static CLOCK: Capability = Capability::new("clock", "Read the time.");
/// fn nothing(call: Call<'_>) -> Reply {
///     call.authorize()?.reply(&())
/// }
/// static BEFORE: HostFnSpec = HostFnSpec::new("host", "now", nothing).requires(&CLOCK).with_quota(10);
/// static AFTER: HostFnSpec = HostFnSpec::new("host", "now", nothing).requires(&CLOCK).with_quota(50);
///
/// let before = Registry::builder().add(&BEFORE).build()?.listing();
/// let after = Registry::builder().add(&AFTER).build()?.listing();
/// let diff = Listing::diff(&before, &after);
/// assert!(diff.has(Class::Widens));
/// assert_eq!(diff.changes[0].sentence(), "quota raised: 10 calls -> 50 calls");
/// # Ok::<(), hostfn_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Diff {
    /// The version of this form.
    pub schema: u32,
    /// The number of differences in each class that has any.
    pub counts: BTreeMap<Class, usize>,
    /// The differences, sorted by class, item and name.
    pub changes: Vec<Change>,
}

impl Diff {
    fn new(mut changes: Vec<Change>) -> Self {
        changes.sort();
        changes.dedup();
        let mut counts = BTreeMap::new();
        for change in &changes {
            *counts.entry(change.class).or_default() += 1;
        }
        Diff { schema: SCHEMA, counts, changes }
    }

    /// Returns whether nothing changed.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// Returns whether there is a difference of this class.
    pub fn has(&self, class: Class) -> bool {
        self.counts.contains_key(&class)
    }

    /// The differences of this class, by item and name.
    pub fn of_class(&self, class: Class) -> impl Iterator<Item = &Change> {
        self.changes.iter().filter(move |change| change.class == class)
    }

    /// `2 widen, 1 breaks`, or `no difference`.
    pub fn summary(&self) -> String {
        render::summary(self)
    }

    /// Text, what widened on top.
    pub fn to_text(&self) -> String {
        render::text(self)
    }

    /// Markdown, what widened on top.
    pub fn to_markdown(&self) -> String {
        render::markdown(self)
    }

    /// JSON, indented, with a final line feed.
    #[expect(clippy::missing_panics_doc, reason = "a class is a string, so JSON can hold the counts")]
    pub fn to_json(&self) -> String {
        let mut json = serde_json::to_string_pretty(self).expect("a diff has string keys only");
        json.push('\n');
        super::escaped(json)
    }
}

impl Display for Diff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_text())
    }
}

impl Listing {
    /// Returns what changed from this listing to `new`.
    ///
    /// Places do not count. Where it cannot be told which way a difference goes, it is held to widen: a capability in
    /// place of another, a scope matched against another parameter, a function that another package provides. A function
    /// under a new name that is the same in all else, its documentation included, was renamed.
    #[must_use]
    pub fn diff(&self, new: &Listing) -> Diff {
        let mut changes = Vec::new();
        if self.abi != new.abi {
            let mut subject = Subject::nowhere(Item::Abi, "abi".to_owned(), &mut changes);
            subject.changed(Class::Breaks, "version changed", self.abi, new.abi);
        }
        capabilities::compare(self, new, &mut changes);
        functions::compare(self, new, &mut changes);
        contracts::compare(self, new, &mut changes);
        Diff::new(changes)
    }
}

/// The compared item, and the sink of its differences.
struct Subject<'c> {
    item: Item,
    name: String,
    file: &'c str,
    line: u32,
    outside: Option<String>,
    changes: &'c mut Vec<Change>,
}

impl<'c> Subject<'c> {
    fn nowhere(item: Item, name: String, changes: &'c mut Vec<Change>) -> Self {
        Subject { item, name, file: "", line: 0, outside: None, changes }
    }

    fn add(&mut self, class: Class, what: impl Into<String>, old: Option<String>, new: Option<String>) {
        self.changes.push(Change {
            class,
            item: self.item,
            name: self.name.clone(),
            what: what.into(),
            old,
            new,
            file: self.file.to_owned(),
            line: self.line,
            outside: self.outside.clone(),
        });
    }

    fn changed(&mut self, class: Class, what: impl Into<String>, old: impl Display, new: impl Display) {
        self.add(class, what, Some(format!("{old}")), Some(format!("{new}")));
    }

    fn if_differs<T: PartialEq + ToString>(&mut self, class: Class, what: &str, old: &T, new: &T) {
        if old != new {
            self.changed(class, what, old.to_string(), new.to_string());
        }
    }
}

/// Two sorted sets side by side: each key once, with what it has on either side.
fn side_by_side<'l, K: Ord, T>(
    old: &'l [T],
    new: &'l [T],
    key: impl Fn(&'l T) -> K,
) -> BTreeMap<K, (Option<&'l T>, Option<&'l T>)> {
    let mut sides: BTreeMap<K, (Option<&T>, Option<&T>)> = BTreeMap::new();
    for row in old {
        sides.entry(key(row)).or_default().0 = Some(row);
    }
    for row in new {
        sides.entry(key(row)).or_default().1 = Some(row);
    }
    sides
}
