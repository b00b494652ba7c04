//! Granted and denied capabilities of a plugin, with reasons: for operators.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use crate::error::{Code, Problem, printable};
use crate::policy::{Grants, Manifest, Scope, grant_of};
use crate::spec::{Capability, FnMetadata, ScopeKind};

/// The requested, granted and effective capabilities of one plugin: for operators. Sorted, so that the same plugin and
/// grants always give the same report.
///
/// A plugin without a manifest gets its grants, and its imports count as its requests.
///
/// ```
/// use hostfn_core::{Capability, GrantStatus, Grants, Manifest, Report, ScopeKind};
///
/// static FS_READ: Capability =
///     Capability::new("fs.read", "Read files beneath granted directories.").scoped(ScopeKind::Path);
///
/// let text = r#"
///     name = "thumbnails"
///     version = "1.2.0"
///     abi = 1
///     [capabilities]
///     "fs.read" = { reason = "Reads pictures.", allow = ["/pictures/**", "/tmp/*"] }
/// "#;
/// let manifest = Manifest::from_toml(text, [&FS_READ])?;
/// let granted = Grants::none().allow_within(&FS_READ, ["/pictures/**"])?;
/// let report = Report::new("thumbnails", Some(&manifest), &[], &granted);
/// let [fs_read] = report.capabilities() else { unreachable!() };
/// assert_eq!(fs_read.status(), GrantStatus::Narrowed);
/// assert_eq!(fs_read.denied_patterns(), ["/tmp/*"]);
/// # Ok::<(), hostfn_core::Problems>(())
/// ```
#[derive(Clone, Debug)]
pub struct Report {
    plugin: String,
    capabilities: Vec<CapabilityReport>,
    undeclared: Vec<&'static FnMetadata>,
    unimported: Vec<&'static str>,
    refused: Vec<(&'static FnMetadata, Problem)>,
}

/// The status of a capability between a plugin and its grants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum GrantStatus {
    /// All that is asked for is granted.
    Granted,
    /// A part of what is asked for is granted.
    Narrowed,
    /// Nothing of what is asked for is granted.
    Denied,
    /// It is granted, and nobody asks for it.
    Unused,
}

impl GrantStatus {
    /// The word the report uses.
    pub const fn as_str(self) -> &'static str {
        match self {
            GrantStatus::Granted => "granted",
            GrantStatus::Narrowed => "narrowed",
            GrantStatus::Denied => "denied",
            GrantStatus::Unused => "unused",
        }
    }
}

impl fmt::Display for GrantStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// One capability of a [`Report`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CapabilityReport {
    name: &'static str,
    status: GrantStatus,
    reason: Option<String>,
    asked: Option<Arc<Scope>>,
    granted: Option<Arc<Scope>>,
    effective: Option<Arc<Scope>>,
    denied_patterns: Vec<String>,
    grant_line: Option<String>,
}

impl CapabilityReport {
    /// Its dotted name.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Returns its status.
    pub fn status(&self) -> GrantStatus {
        self.status
    }

    /// Returns why the manifest asks for it, in the plugin's words.
    pub fn reason(&self) -> Option<&str> {
        self.reason.as_deref()
    }

    /// Returns what the manifest asks for.
    pub fn asked(&self) -> Option<&Scope> {
        self.asked.as_deref()
    }

    /// Returns what the grants give.
    pub fn granted(&self) -> Option<&Scope> {
        self.granted.as_deref()
    }

    /// Returns what the plugin gets; `None` for nothing.
    pub fn effective(&self) -> Option<&Scope> {
        self.effective.as_deref()
    }

    /// Returns the requested patterns that were denied or narrowed.
    pub fn denied_patterns(&self) -> &[String] {
        &self.denied_patterns
    }

    /// The line of a grants file that would allow what is denied.
    pub fn grant_line(&self) -> Option<&str> {
        self.grant_line.as_deref()
    }
}

impl Report {
    /// Returns what `plugin`, which imports `imports`, gets of what is `granted`.
    pub fn new(
        plugin: &str,
        manifest: Option<&Manifest>,
        imports: impl IntoIterator<Item = &'static FnMetadata>,
        granted: &Grants,
    ) -> Self {
        let imports = sorted(imports.into_iter().collect());
        let required: BTreeMap<_, _> = imports
            .iter()
            .filter_map(|spec| spec.capability())
            .map(|capability| (capability.name(), capability))
            .collect();
        let asked: Option<BTreeSet<_>> =
            manifest.map(|manifest| manifest.asked().iter().map(|(name, _)| name).collect());
        let effective = manifest.map_or_else(|| granted.clone(), |manifest| manifest.effective(granted));

        let wanted = asked.clone().unwrap_or_else(|| required.keys().copied().collect());
        let names: BTreeSet<_> = granted.iter().map(|(name, _)| name).chain(wanted).collect();
        let row =
            |name| CapabilityReport::new(name, manifest, required.get(name).copied(), granted, &effective);
        let undeclared = |spec: &FnMetadata| match (&asked, spec.capability()) {
            (Some(asked), Some(capability)) => !asked.contains(capability.name()),
            _ => false,
        };
        let refused = |spec: &'static FnMetadata| {
            let problem = not_granted(plugin, spec, &effective)?;
            Some((spec, if undeclared(spec) { not_asked(plugin, spec) } else { problem }))
        };
        Report {
            plugin: plugin.to_owned(),
            capabilities: names.into_iter().map(row).collect(),
            refused: imports.iter().filter_map(|spec| refused(spec)).collect(),
            undeclared: imports.iter().copied().filter(|spec| undeclared(spec)).collect(),
            unimported: asked.iter().flatten().copied().filter(|name| !required.contains_key(name)).collect(),
        }
    }

    /// The plugin.
    pub fn plugin(&self) -> &str {
        &self.plugin
    }

    /// The capabilities that are asked for or granted, sorted by name.
    pub fn capabilities(&self) -> &[CapabilityReport] {
        &self.capabilities
    }

    /// The imported functions, sorted by module and name, whose capability the manifest does not ask for.
    pub fn undeclared(&self) -> &[&'static FnMetadata] {
        &self.undeclared
    }

    /// The capabilities that the manifest asks for and no imported function requires, sorted.
    pub fn unimported(&self) -> &[&'static str] {
        &self.unimported
    }

    /// The imported functions, sorted by module and name, that the link gate refuses.
    pub fn refused(&self) -> impl ExactSizeIterator<Item = &'static FnMetadata> {
        self.refused.iter().map(|(spec, _)| *spec)
    }

    /// Returns what the link gate says of each of them, in the same order: an `H0310` with the line that would help.
    pub fn refusals(&self) -> impl ExactSizeIterator<Item = &Problem> {
        self.refused.iter().map(|(_, problem)| problem)
    }

    /// Returns whether the link gate refuses nothing: of the capability of every import, the plugin gets something.
    pub fn is_ok(&self) -> bool {
        self.refused.is_empty()
    }
}

impl CapabilityReport {
    fn new(
        name: &'static str,
        manifest: Option<&Manifest>,
        required: Option<&'static Capability>,
        granted: &Grants,
        effective: &Grants,
    ) -> Self {
        let asked = manifest.and_then(|manifest| manifest.asked().get(name));
        let (granted, effective) = (granted.get(name), effective.get(name));
        let effective = effective.filter(|scope| {
            !scope.is_nothing() && required.is_none_or(|capability| capability.scope_kind() == scope.kind())
        });
        let wanted = asked.is_some() || (manifest.is_none() && required.is_some());
        let status = match (asked, effective) {
            _ if !wanted => GrantStatus::Unused,
            (_, None) => GrantStatus::Denied,
            (Some(asked), Some(_)) if granted.is_some_and(|granted| !granted.covers(asked)) => {
                GrantStatus::Narrowed
            }
            _ => GrantStatus::Granted,
        };
        let grant_line = match (status, asked, required) {
            (GrantStatus::Denied, Some(asked), _) => Some(grant_of(name, asked)),
            (GrantStatus::Denied, None, Some(capability)) => Some(grant_line(capability)),
            _ => None,
        };
        CapabilityReport {
            name,
            status,
            reason: manifest.and_then(|manifest| manifest.reason(name)).map(str::to_owned),
            asked: asked.cloned(),
            granted: granted.cloned(),
            effective: effective.cloned(),
            denied_patterns: asked
                .map_or_else(Vec::new, |asked| denied_patterns(asked, effective.map(Arc::as_ref))),
            grant_line,
        }
    }
}

fn sorted(mut imports: Vec<&'static FnMetadata>) -> Vec<&'static FnMetadata> {
    imports.sort_by_key(|spec| (spec.module(), spec.name()));
    imports.dedup_by_key(|spec| (spec.module(), spec.name()));
    imports
}

fn denied_patterns(asked: &Scope, effective: Option<&Scope>) -> Vec<String> {
    let left: BTreeSet<&str> = effective.and_then(Scope::allow_patterns).into_iter().flatten().collect();
    let whole = effective.is_some_and(|effective| effective.allow_patterns().is_none());
    let asked = asked.allow_patterns().into_iter().flatten();
    asked.filter(|pattern| !whole && !left.contains(pattern)).map(str::to_owned).collect()
}

/// Returns what is wrong with `plugin` importing `spec`, if `grants` do not allow it.
pub(crate) fn not_granted(plugin: &str, spec: &FnMetadata, grants: &Grants) -> Option<Problem> {
    let capability = spec.capability().filter(|capability| !grants.allows(capability))?;
    let remedy = format!("to allow it, add to its grants: {}", grant_line(capability));
    Some(refusal(plugin, spec, remedy))
}

/// Returns what is wrong with `plugin` importing `spec`, whose capability its manifest does not ask for.
fn not_asked(plugin: &str, spec: &FnMetadata) -> Problem {
    let scope = match spec.capability().map_or(ScopeKind::None, Capability::scope_kind) {
        ScopeKind::None => String::new(),
        kind => format!(", allow = [\"{}\"]", example(kind)),
    };
    let name = spec.capability().map_or("", Capability::name);
    let ask = format!("\"{name}\" = {{ reason = \"...\"{scope} }}");
    refusal(
        plugin,
        spec,
        format!("to be granted it, ask for it under `[capabilities]` of its manifest: {ask}"),
    )
}

fn refusal(plugin: &str, spec: &FnMetadata, remedy: String) -> Problem {
    let what = format!(
        "it imports `{}` of module `{}`, which requires the capability `{}`",
        spec.name(),
        spec.module(),
        spec.capability().map_or("", Capability::name)
    );
    Problem::new(Code::NotGranted, format!("plugin `{plugin}`"), what, remedy)
}

/// A line of a grants file that allows `capability`.
fn grant_line(capability: &Capability) -> String {
    let name = capability.name();
    match capability.scope_kind() {
        ScopeKind::None => format!("\"{name}\" = true"),
        kind => format!("\"{name}\" = {{ allow = [\"{}\"] }}", example(kind)),
    }
}

/// An example pattern of a kind.
fn example(kind: ScopeKind) -> &'static str {
    match kind {
        ScopeKind::None => "",
        ScopeKind::Path => "/a/directory/**",
        ScopeKind::Host => "example.com",
        ScopeKind::Name => "a-name",
    }
}

/// Text for an operator.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = match self.refused.len() {
            0 => "ok".to_owned(),
            1 => "refused, for 1 import".to_owned(),
            imports => format!("refused, for {imports} imports"),
        };
        write!(f, "plugin `{}`: {verdict}", printable(&self.plugin))?;
        let width = self.capabilities.iter().map(|row| row.name.len()).max().unwrap_or_default();
        for row in &self.capabilities {
            write!(f, "\n  {:width$}  {:8}  {}", row.name, row.status, row.summary())?;
            if let Some(reason) = &row.reason {
                write!(f, "\n  {:width$}  its reason: {}", "", printable(reason))?;
            }
            if let Some(line) = &row.grant_line {
                write!(f, "\n  {:width$}  to allow it, add to its grants: {}", "", shown(line))?;
            }
        }
        for spec in &self.undeclared {
            write!(
                f,
                "\n  imports `{}` of module `{}`, and its manifest does not ask for",
                spec.name(),
                spec.module()
            )?;
            write!(f, " `{}`", spec.capability().map_or("", Capability::name))?;
        }
        for name in &self.unimported {
            write!(f, "\n  asks for `{name}`, and imports nothing that requires it")?;
        }
        for problem in self.refusals() {
            write!(f, "\n{}", shown(&problem.to_string()))?;
        }
        Ok(())
    }
}

impl CapabilityReport {
    fn summary(&self) -> String {
        let scope = |scope: &Option<Arc<Scope>>| {
            scope.as_ref().map_or("nothing".to_owned(), |s| shown(&s.to_string()))
        };
        match self.status {
            GrantStatus::Granted => scope(&self.effective),
            GrantStatus::Unused => format!("{}, and nothing asks for it", scope(&self.granted)),
            GrantStatus::Denied if self.asked.is_none() => "it is not granted".to_owned(),
            GrantStatus::Denied => format!("asked {}; granted {}", scope(&self.asked), scope(&self.granted)),
            GrantStatus::Narrowed => {
                let (asked, granted) = (scope(&self.asked), scope(&self.granted));
                let denied = if self.denied_patterns.is_empty() {
                    String::new()
                } else {
                    format!("; without {}", shown(&self.denied_patterns.join(", ")))
                };
                format!("{}; asked {asked}; granted {granted}{denied}", scope(&self.effective))
            }
        }
    }
}

/// A plugin's patterns, which have no control characters but may have others that reorder what is read.
fn shown(text: &str) -> String {
    text.split(", ").map(printable).collect::<Vec<_>>().join(", ")
}
