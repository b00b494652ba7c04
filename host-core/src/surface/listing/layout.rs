//! The arrangement of a listing: sections of functions, and what all readable forms share.

use std::collections::BTreeMap;

use super::{CapabilityRow, FunctionRow, Listing, markdown, text};
use crate::spec::{Body, TypeDef};

/// Sections of the functions in a readable listing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum GroupBy {
    /// The capability that a function requires.
    #[default]
    Capability,
    /// The host module that a function came with, or else the module that a guest imports it from.
    Module,
}

/// The arrangement of a listing as text or Markdown.
///
/// ```
/// use hostfn_core::{GroupBy, Layout, Registry};
///
/// let listing = Registry::builder().build()?.listing();
/// let layout = Layout { program: Some("app"), group_by: GroupBy::Module, ..Layout::default() };
/// assert!(listing.to_text_with(&layout).starts_with("Host functions of app\n"));
/// assert_eq!(listing.to_text(), listing.to_text_with(&Layout::default()));
/// # Ok::<(), hostfn_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Layout<'l> {
    /// The program that the title names.
    pub program: Option<&'l str>,
    /// Sections of the functions.
    pub group_by: GroupBy,
    /// Text has ANSI styles, for a terminal. Markdown has none.
    pub styled: bool,
}

impl Listing {
    /// Text: one block for each function, under the capability that it requires.
    pub fn to_text(&self) -> String {
        self.to_text_with(&Layout::default())
    }

    /// Text in another arrangement.
    pub fn to_text_with(&self, layout: &Layout<'_>) -> String {
        text::render(self, layout)
    }

    /// One line of text for each function, for `grep`; `styled` adds ANSI styles, for a terminal.
    ///
    /// ```
    /// # use hostfn_core::{Call, HostFnSpec, Registry, Reply};
    /// # fn now(call: Call<'_>) -> Reply { call.authorize()?.reply(&()) }
    /// static NOW: HostFnSpec = HostFnSpec::new("host", "now", now).always_available();
    ///
    /// let listing = Registry::builder().add(&NOW).build()?.listing();
    /// assert!(listing.to_compact_text(false).starts_with("[always] fn host.now()"));
    /// # Ok::<(), hostfn_core::Error>(())
    /// ```
    pub fn to_compact_text(&self, styled: bool) -> String {
        text::compact(self, styled)
    }

    /// Markdown.
    pub fn to_markdown(&self) -> String {
        self.to_markdown_with(&Layout::default())
    }

    /// Markdown in another arrangement.
    pub fn to_markdown_with(&self, layout: &Layout<'_>) -> String {
        markdown::render(self, layout)
    }
}

/// Functions under one heading.
pub(super) struct Section<'l> {
    pub(super) heading: Heading<'l>,
    pub(super) rows: Vec<&'l FunctionRow>,
}

pub(super) enum Heading<'l> {
    AlwaysAvailable,
    /// The name of a capability, and its row, which a listing from a file can lack.
    Capability(&'l str, Option<&'l CapabilityRow>),
    Module(&'l str),
}

/// The sections of a listing, sorted. Functions that require nothing come first.
pub(super) fn sections(listing: &Listing, group_by: GroupBy) -> Vec<Section<'_>> {
    match group_by {
        GroupBy::Capability => by_capability(listing),
        GroupBy::Module => by_module(listing),
    }
}

fn by_capability(listing: &Listing) -> Vec<Section<'_>> {
    let known: BTreeMap<&str, &CapabilityRow> =
        listing.capabilities.iter().map(|row| (row.name.as_str(), row)).collect();
    let mut groups: BTreeMap<Option<&str>, Vec<&FunctionRow>> =
        known.keys().map(|name| (Some(*name), Vec::new())).collect();
    for row in &listing.functions {
        groups.entry(row.capability.as_deref()).or_default().push(row);
    }
    let sections = groups.into_iter().map(|(name, rows)| {
        let capability = |name: &'_ str| known.get(name).copied();
        let heading =
            name.map_or(Heading::AlwaysAvailable, |name| Heading::Capability(name, capability(name)));
        Section { heading, rows }
    });
    sections.collect()
}

fn by_module(listing: &Listing) -> Vec<Section<'_>> {
    let mut groups: BTreeMap<&str, Vec<&FunctionRow>> = BTreeMap::new();
    for row in &listing.functions {
        groups.entry(row.group.as_deref().unwrap_or(&row.module)).or_default().push(row);
    }
    groups.into_iter().map(|(name, rows)| Section { heading: Heading::Module(name), rows }).collect()
}

/// `fn host.fs_read(path: str) -> Result<bytes, FsError>`.
pub(super) fn declaration(full_name: &str, signature: &str, convention: &str) -> String {
    let keyword = if convention.ends_with(", async") { "async fn" } else { "fn" };
    format!("{keyword} {full_name}{signature}")
}

/// `struct Entry {name: str, size: u64}`.
pub(super) fn definition(name: &str, def: &TypeDef) -> String {
    match def {
        TypeDef::Struct(body @ Body::Fields(_)) => format!("struct {name} {body}"),
        TypeDef::Struct(body) => format!("struct {name}{body}"),
        TypeDef::Enum(_) => {
            let def = def.to_string();
            format!("enum {name} {}", def.strip_prefix("enum").unwrap_or(&def))
        }
    }
}

/// The numbers of a listing, and of what an auditor would not expect.
pub(super) fn totals(listing: &Listing) -> String {
    let always = listing.functions.iter().filter(|row| row.capability.is_none()).count();
    let outside = listing.functions.iter().filter(|row| row.outside.is_some()).count();
    let mut totals = vec![
        count(listing.functions.len(), "function", "functions"),
        count(listing.capabilities.len(), "capability", "capabilities"),
        format!("{always} always available"),
    ];
    let contracts = listing.contracts.len();
    totals.extend((contracts > 0).then(|| count(contracts, "contract", "contracts")));
    totals.extend((outside > 0).then(|| format!("{outside} from outside the workspace")));
    let unregistered = listing.unregistered.len();
    totals.extend((unregistered > 0).then(|| format!("{unregistered} linked and not registered")));
    totals.join(", ")
}

/// A number and what it counts.
fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}
