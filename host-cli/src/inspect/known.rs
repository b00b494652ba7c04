//! The host that a listing describes, in the terms that grants and manifests are read with.

use std::borrow::Cow;
use std::collections::HashMap;

use hostfn_core::link::Surface;
use hostfn_core::{
    Call, Capability, Code, Error, FunctionRow, HostFnSpec, Listing, Problem, Problems, Reply, ScopeKind,
};

/// A host, by its listing.
pub(crate) struct Known {
    pub(super) listing: Listing,
    capabilities: HashMap<String, &'static Capability>,
    functions: HashMap<(String, String), usize>,
}

impl Known {
    /// Names of grants live as long as the program, and so do these: the command reads one listing and ends.
    pub(crate) fn of(listing: Listing) -> Result<Self, Error> {
        let mut problems = Vec::new();
        let mut capabilities = HashMap::new();
        for row in &listing.capabilities {
            let Some(kind) = kind(&row.scope).filter(|_| Capability::is_name(&row.name)) else {
                let what =
                    format!("the capability `{}` in {}", row.name.escape_debug(), row.scope.escape_debug());
                problems.push(invalid(&format!("{what} is none that a host can declare")));
                continue;
            };
            let capability = Capability::new(leak(&row.name), leak(&row.about)).scoped(kind);
            let capability = if row.escapes { capability.escapes_the_sandbox() } else { capability };
            capabilities.insert(row.name.clone(), &*Box::leak(Box::new(capability)));
        }
        for row in &listing.functions {
            let scoped =
                row.capability.as_ref().map(|name| capabilities.get(name).map(|cap| cap.is_scoped()));
            if scoped.is_some_and(|scoped| scoped != Some(row.scoped_param.is_some())) {
                let what = format!("what `{}` requires is no capability of the listing", row.full_name());
                problems.push(invalid(&what.escape_debug().to_string()));
            }
        }
        Problems::check(problems)?;
        let key = |row: &FunctionRow| (row.module.clone(), row.name.clone());
        let functions = listing.functions.iter().enumerate().map(|(at, row)| (key(row), at)).collect();
        Ok(Known { listing, capabilities, functions })
    }

    /// What grants can name.
    pub(crate) fn capabilities(&self) -> impl Iterator<Item = &'static Capability> + '_ {
        self.capabilities.values().copied()
    }

    pub(super) fn capability(&self, name: &str) -> Option<&'static Capability> {
        self.capabilities.get(name).copied()
    }

    pub(super) fn function(&self, module: &str, name: &str) -> Option<&FunctionRow> {
        self.position(module, name).map(|at| &self.listing.functions[at])
    }

    /// A spec that requires what the function does; it is never called.
    pub(super) fn spec(&self, row: &FunctionRow) -> &'static HostFnSpec {
        fn never(call: Call<'_>) -> Reply {
            call.authorize()?.reply(&())
        }
        let spec = HostFnSpec::new(leak(&row.module), leak(&row.name), never);
        let capability = row.capability.as_ref().and_then(|name| self.capability(name));
        let spec = match (capability, &row.scoped_param) {
            (None, _) => spec.always_available(),
            (Some(capability), None) => spec.requires(capability),
            (Some(capability), Some(param)) => spec.requires_on(capability, leak(param)),
        };
        Box::leak(Box::new(spec))
    }
}

impl Surface for Known {
    fn position(&self, module: &str, name: &str) -> Option<usize> {
        // no function has a longer name
        if module.len() > 1024 || name.len() > 1024 {
            return None;
        }
        self.functions.get(&(module.to_owned(), name.to_owned())).copied()
    }

    fn row(&self, at: usize) -> Cow<'_, FunctionRow> {
        Cow::Borrowed(&self.listing.functions[at])
    }

    fn names_of(&self, module: &str) -> Vec<&str> {
        let of_module = self.listing.functions.iter().filter(|row| row.module == module);
        of_module.map(|row| row.name.as_str()).collect()
    }
}

fn kind(scope: &str) -> Option<ScopeKind> {
    [ScopeKind::None, ScopeKind::Path, ScopeKind::Host, ScopeKind::Name]
        .into_iter()
        .find(|kind| kind.as_str() == scope)
}

fn leak(text: &str) -> &'static str {
    text.to_owned().leak()
}

fn invalid(what: &str) -> Problem {
    let remedy = "write it with `Listing::to_json` or `hostfn list --format json`";
    Problem::new(Code::ListingInvalid, "listing", what, remedy)
}
