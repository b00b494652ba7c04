//! The host that a listing describes.

use std::borrow::Cow;
use std::collections::HashMap;

use hostfn_core::link::Surface;
use hostfn_core::{
    Call, Capability, Code, ContractRow, Error, FnMetadata, FunctionRow, HostFnSpec, Listing, Problem,
    Problems, Reply, ScopeKind,
};

/// A host that is known by its listing.
pub(crate) struct ListedHost {
    listing: Listing,
    capabilities: HashMap<String, &'static Capability>,
    functions: HashMap<(String, String), usize>,
}

impl ListedHost {
    /// Reads the capabilities of a listing. Their names live as long as the program: the command reads one listing.
    pub(crate) fn from_listing(listing: Listing) -> Result<Self, Error> {
        let mut problems = Vec::new();
        let mut capabilities = HashMap::new();
        for row in &listing.capabilities {
            let Some(kind) = kind(&row.scope).filter(|_| Capability::is_name(&row.name)) else {
                let what =
                    format!("the capability `{}` in {}", row.name.escape_debug(), row.scope.escape_debug());
                problems.push(invalid(&format!("{what} cannot be declared by a host")));
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
                let what = format!("the capability that `{}` requires is not listed", row.full_name());
                problems.push(invalid(&what.escape_debug().to_string()));
            }
        }
        Problems::check(problems)?;
        let key = |row: &FunctionRow| (row.module.clone(), row.name.clone());
        let functions = listing.functions.iter().enumerate().map(|(at, row)| (key(row), at)).collect();
        Ok(ListedHost { listing, capabilities, functions })
    }

    pub(super) fn capability(&self, name: &str) -> Option<&'static Capability> {
        self.capabilities.get(name).copied()
    }

    pub(super) fn function(&self, module: &str, name: &str) -> Option<&FunctionRow> {
        self.position(module, name).map(|at| &self.listing.functions[at])
    }

    /// The module and name of the function at this index.
    pub(super) fn key(&self, at: usize) -> (&str, &str) {
        let row = &self.listing.functions[at];
        (&row.module, &row.name)
    }

    /// A spec with the requirement of the function; it is never called.
    pub(super) fn spec(&self, at: usize) -> &'static FnMetadata {
        fn never(call: Call<'_>) -> Reply {
            call.authorize()?.reply(&())
        }
        let row = &self.listing.functions[at];
        let spec = HostFnSpec::new(leak(&row.module), leak(&row.name), never);
        let capability = row.capability.as_ref().and_then(|name| self.capability(name));
        let spec = match (capability, &row.scoped_param) {
            (None, _) => spec.always_available(),
            (Some(capability), None) => spec.requires(capability),
            (Some(capability), Some(param)) => spec.requires_on(capability, leak(param)),
        };
        Box::leak(Box::new(spec)).metadata()
    }
}

impl Surface for ListedHost {
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

    fn capabilities(&self) -> Vec<&'static Capability> {
        self.capabilities.values().copied().collect()
    }

    fn contracts(&self) -> Cow<'_, [ContractRow]> {
        Cow::Borrowed(&self.listing.contracts)
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
