//! A plugin as a host sees it, whatever it is written in.

use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use hostfn_abi::codec;

use super::calls::Share;
use super::composition::{Composition, Import};
use super::start::SessionBuilder;
use crate::error::{Code, Error, Limit, Problem, Result, SetBy};
use crate::link::{self, place_of_export};
use crate::policy::{Grants, Limits, Manifest, Report};
use crate::registry::HostFnSpec;
use crate::spec::ContractSpec;
use crate::surface::{ContractRow, EntryRecord};

/// A plugin as an engine found it: its name, its manifest, and the host functions that it imports. Cheap to clone; made
/// by [`Composition::subject`].
#[derive(Clone)]
pub struct Subject(Arc<Parts>);

struct Parts {
    composition: Composition,
    name: Arc<str>,
    manifest: Option<Manifest>,
    /// The host functions that it imports, each once.
    imports: Vec<&'static HostFnSpec>,
    /// From a function's index in the registry to its index in `imports`, so that an instance has a table of the few
    /// functions it can call and not of all that the host has.
    slots: Arc<[u16]>,
    share: Arc<Share>,
    /// The entries of contracts that it was built with.
    entries: Vec<EntryRecord>,
    /// Contracts that `entries` were compared with, and fit: to list a contract traces its types.
    fits: Mutex<Vec<ContractKey>>,
}

/// The addresses of a contract's id and methods, which are constants of the program.
type ContractKey = (usize, usize);

impl Subject {
    pub(super) fn new(
        composition: &Composition,
        name: String,
        manifest: Option<Manifest>,
        imported: impl IntoIterator<Item = Import>,
        entries: Vec<EntryRecord>,
    ) -> Result<Self> {
        let mut slots = vec![u16::MAX; composition.registry().len()];
        let mut imports = Vec::new();
        for Import { at, .. } in imported {
            if slots.get(at).is_some_and(|slot| *slot == u16::MAX) {
                slots[at] = u16::try_from(imports.len()).unwrap_or(u16::MAX);
                imports.push(composition.registry().at(at));
            }
        }
        if let Some(problem) = link::too_many_functions(&name, imports.len()) {
            return Err(problem.into());
        }
        let (composition, slots) = (composition.clone(), slots.into());
        let (name, share) = (name.into(), composition.calls().join());
        let fits = Mutex::default();
        Ok(Self(Arc::new(Parts { composition, name, manifest, imports, slots, share, entries, fits })))
    }

    /// Checks the plugin against a contract. Returns `H0312` for each entry that it lacks, by what `export` returns (see
    /// [`link::missing_entries`]), or else the problems of [`link::drifted_entries`].
    pub fn contract_problems(
        &self,
        contract: &ContractSpec,
        export: impl FnMut(&str) -> Option<bool>,
    ) -> Vec<Problem> {
        let missing = link::missing_entries(self.name(), contract, export);
        if !missing.is_empty() || self.0.entries.is_empty() {
            return missing;
        }
        self.drifted(contract)
    }

    fn drifted(&self, contract: &ContractSpec) -> Vec<Problem> {
        let key = (contract.id().as_ptr().addr(), contract.methods().as_ptr().addr());
        let fits = || self.0.fits.lock().unwrap_or_else(PoisonError::into_inner);
        if !self.0.entries.iter().any(|record| record.contract() == contract.id()) || fits().contains(&key) {
            return Vec::new();
        }
        let row = ContractRow::from_spec(contract);
        let problems = link::drifted_entries(self.name(), &self.0.entries, &row);
        if problems.is_empty() {
            fits().push(key);
        }
        problems
    }

    /// The host.
    pub fn composition(&self) -> &Composition {
        &self.0.composition
    }

    /// The plugin's name.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The plugin's manifest, if it has one.
    pub fn manifest(&self) -> Option<&Manifest> {
        self.0.manifest.as_ref()
    }

    /// The host functions that the plugin imports, each once, in the order in which the engine found them.
    pub fn imports(&self) -> impl ExactSizeIterator<Item = &'static HostFnSpec> + '_ {
        self.0.imports.iter().copied()
    }

    /// Returns whether the plugin imports an async function, so that its calls may have to wait.
    pub fn needs_async(&self) -> bool {
        self.imports().any(|spec| spec.is_async())
    }

    /// Returns what the plugin would get of `granted`: what it asks for, cut down to that; all of it for a plugin without a
    /// manifest.
    pub fn effective(&self, granted: &Grants) -> Grants {
        self.manifest().map_or_else(|| granted.clone(), |manifest| manifest.effective(granted))
    }

    /// As [`effective`](Subject::effective), without a copy where there is no manifest.
    pub(super) fn effective_part<'a>(&self, granted: &'a Grants) -> Cow<'a, Grants> {
        self.manifest().map_or(Cow::Borrowed(granted), |manifest| Cow::Owned(manifest.effective(granted)))
    }

    /// The limits of each of its instances: the host's, cut down to what the plugin asks for.
    pub fn limits(&self) -> Limits {
        let limits = *self.composition().limits();
        self.manifest().map_or(limits, |manifest| limits.within(manifest.limits()))
    }

    /// Returns what the plugin asks for, is granted and would get, and what of it the link gate would refuse.
    pub fn report(&self, granted: &Grants) -> Report {
        Report::new(self.name(), self.manifest(), self.imports().map(HostFnSpec::metadata), granted)
    }

    /// Checks the imports against `granted`.
    ///
    /// # Errors
    /// One `H0310` for each function that the plugin imports and would not be granted, with the line that would allow
    /// it.
    pub fn check(&self, granted: &Grants) -> Result<()> {
        let imports = self.0.imports.iter().map(|spec| spec.metadata());
        Ok(link::check_grants(self.name(), self.manifest(), imports, granted)?)
    }

    /// Begins a session of the plugin that may do what `grants` say.
    pub fn session<'a>(&'a self, grants: &'a Grants) -> SessionBuilder<'a> {
        SessionBuilder::new(self, grants)
    }

    /// Returns whose limit it is that a guest ran into: the host's, or one that the manifest lowered.
    pub fn set_by(&self, limit: &str) -> SetBy {
        let host = self.composition().limits();
        let lowered = |manifest: &Manifest| manifest.limits().lowers(host, limit);
        if self.manifest().is_some_and(lowered) { SetBy::Manifest } else { SetBy::Host }
    }

    /// The error of a result that could not be decoded as an `R`.
    #[cold]
    pub(super) fn bad_value<R>(&self, export: &str, error: codec::Error) -> Error {
        if matches!(error.kind(), codec::ErrorKind::OutOfMemory) {
            let (plugin, export, limit) = (self.name().to_owned(), export.to_owned(), Limit::Memory);
            let set_by = self.set_by(limit.field());
            return Error::Exhausted {
                plugin,
                export,
                limit,
                set_by,
                cut_off: false,
                source: Some(error.into()),
            };
        }
        let place = place_of_export(self.name(), export);
        let what = format!("invalid result: expected `{}`, {error}", std::any::type_name::<R>());
        Problem::new(Code::BadResult, place, what, "build the guest to return the type that the host expects")
            .into()
    }

    /// The plugin's name, for those who keep it.
    pub(super) fn shared_name(&self) -> Arc<str> {
        Arc::clone(&self.0.name)
    }

    pub(super) fn slots(&self) -> &Arc<[u16]> {
        &self.0.slots
    }

    pub(super) fn share(&self) -> &Arc<Share> {
        &self.0.share
    }
}

impl fmt::Debug for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let imports: Vec<_> = self.imports().map(|spec| spec.name()).collect();
        f.debug_struct("Subject")
            .field("name", &self.0.name)
            .field("imports", &imports)
            .finish_non_exhaustive()
    }
}
