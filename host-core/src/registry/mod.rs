//! A checked, sorted set of host functions.

mod contracts;
mod host_fn;
mod module;
mod shapes;
mod states;

use std::collections::BTreeMap;
use std::sync::Arc;

use hostfn_abi::names;

use self::contracts::contract_problems;
pub use self::host_fn::{HostFn, HostFnSpec, Linked, LinkedModule, Unguarded};
pub use self::module::HostModule;
use self::module::module_problems;
use self::shapes::shape_problems;
pub(crate) use self::states::check_states;
use crate::error::{Code, Problem, Problems, Result};
use crate::policy::{Grants, Manifest};
use crate::spec::{Capability, ContractSpec, FnMetadata, LinkedContract};
use crate::state::{Closer, StateInit};

/// The host functions a host offers, and the contracts that it calls guests by: checked, sorted by module and name, immutable and cheap to
/// clone. In which order they were added never shows.
#[derive(Clone, Debug)]
pub struct Registry {
    specs: Arc<[&'static HostFnSpec]>,
    contracts: Arc<[&'static ContractSpec]>,
    modules: Arc<[HostModule]>,
    /// The name of the module that each function came with, in the order of `specs`.
    groups: Arc<[Option<&'static str>]>,
}

impl Registry {
    /// Every annotated function and contract that is linked into the program, but for functions that say `collect =
    /// false`: those come with their [module](RegistryBuilder::module), or one by one.
    ///
    /// # Errors
    /// Those of [`RegistryBuilder::build`].
    pub fn collect() -> Result<Registry> {
        Registry::builder().add_linked().build()
    }

    /// Begins with no functions.
    pub fn builder() -> RegistryBuilder {
        RegistryBuilder { specs: Vec::new(), contracts: Vec::new(), modules: Vec::new() }
    }

    /// The functions, sorted by module and name.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &'static HostFnSpec> + '_ {
        self.specs.iter().copied()
    }

    /// Returns how many functions there are.
    pub fn len(&self) -> usize {
        self.specs.len()
    }

    /// Returns whether there are none.
    pub fn is_empty(&self) -> bool {
        self.specs.is_empty()
    }

    /// The function that a guest imports as `name` from `module`.
    pub fn get(&self, module: &str, name: &str) -> Option<&'static HostFnSpec> {
        self.position(module, name).map(|at| self.specs[at])
    }

    /// The function at `at`, counted from 0 in the order of [`iter`](Registry::iter).
    ///
    /// # Panics
    /// When there are not so many.
    pub fn at(&self, at: usize) -> &'static HostFnSpec {
        self.specs[at]
    }

    /// Returns where the function is that a guest imports as `name` from `module`, in the order of
    /// [`iter`](Registry::iter).
    pub fn position(&self, module: &str, name: &str) -> Option<usize> {
        self.specs.binary_search_by(|spec| (spec.module(), spec.name()).cmp(&(module, name))).ok()
    }

    /// The name of the [`HostModule`] that the function at `at` came with, counted as in [`at`](Registry::at); `None` for a
    /// function that was added by itself. Of several modules that have the function, the first by name.
    ///
    /// ```
    /// use hostfn_core::{HostFnSpec, HostModule, Registry};
    ///
    /// static NOW: HostFnSpec = HostFnSpec::new("host", "now", |call| call.authorize()?.reply(&0_u64)).always_available();
    /// static ADD: HostFnSpec = HostFnSpec::new("host", "add", |call| call.authorize()?.reply(&0_u64)).always_available();
    ///
    /// let registry = Registry::builder().add(&ADD).module(HostModule::new("clock").function(&NOW)).build()?;
    /// let group = |name| registry.group(registry.position("host", name).unwrap());
    /// assert_eq!((group("now"), group("add")), (Some("clock"), None));
    /// assert_eq!(registry.listing().functions[1].group.as_deref(), Some("clock"));
    /// # Ok::<(), hostfn_core::Error>(())
    /// ```
    ///
    /// # Panics
    /// When there are not so many.
    pub fn group(&self, at: usize) -> Option<&'static str> {
        self.groups[at]
    }

    /// Returns the capability with this name, if a function requires it.
    pub fn capability(&self, name: &str) -> Option<&'static Capability> {
        self.iter().filter_map(|spec| spec.capability()).find(|capability| capability.name() == name)
    }

    /// The capabilities that the functions require, sorted by name, each once.
    pub fn capabilities(&self) -> Vec<&'static Capability> {
        let by_name: BTreeMap<_, _> = self
            .iter()
            .filter_map(|spec| spec.capability())
            .map(|capability| (capability.name(), capability))
            .collect();
        by_name.into_values().collect()
    }

    /// Every capability, and all of it: for a run that is watched to learn what a plugin needs.
    ///
    /// ```
    /// use hostfn_core::Registry;
    ///
    /// let registry = Registry::builder().build()?;
    /// assert_eq!(registry.grant_everything().iter().len(), registry.capabilities().len());
    /// # Ok::<(), hostfn_core::Error>(())
    /// ```
    pub fn grant_everything(&self) -> Grants {
        self.capabilities().into_iter().fold(Grants::none(), Grants::allow)
    }

    /// The contracts, sorted by id.
    pub fn contracts(&self) -> impl ExactSizeIterator<Item = &'static ContractSpec> + '_ {
        self.contracts.iter().copied()
    }

    /// The contract of this id.
    pub fn contract(&self, id: &str) -> Option<&'static ContractSpec> {
        self.contracts.binary_search_by(|contract| contract.id().cmp(id)).ok().map(|at| self.contracts[at])
    }

    /// Reads grants from TOML; a capability that no function here requires is an error.
    ///
    /// # Errors
    /// Everything that is wrong with them: see [`Grants::from_toml`].
    pub fn read_grants(&self, toml: &str) -> Result<Grants> {
        Ok(Grants::from_toml(toml, self.capabilities())?)
    }

    /// Reads a plugin's manifest; a capability that no function here requires is an error.
    ///
    /// # Errors
    /// Everything that is wrong with it: see [`Manifest::from_toml`].
    pub fn read_manifest(&self, toml: &str) -> Result<Manifest> {
        Ok(Manifest::from_toml(toml, self.capabilities())?)
    }

    /// The states that its modules' functions need, and how they are closed.
    pub(crate) fn states(&self) -> (Vec<StateInit>, Vec<Closer>) {
        let states = self.modules.iter().flat_map(HostModule::states).cloned().collect();
        (states, self.modules.iter().flat_map(HostModule::closers).cloned().collect())
    }
}

impl<'r> IntoIterator for &'r Registry {
    type Item = &'static HostFnSpec;
    type IntoIter = std::iter::Copied<std::slice::Iter<'r, &'static HostFnSpec>>;

    /// Iterates over the functions, sorted by module and name.
    fn into_iter(self) -> Self::IntoIter {
        self.specs.iter().copied()
    }
}

/// Gathers host functions, modules and contracts for a [`Registry`].
#[derive(Debug)]
pub struct RegistryBuilder {
    specs: Vec<&'static HostFnSpec>,
    contracts: Vec<&'static ContractSpec>,
    modules: Vec<HostModule>,
}

impl RegistryBuilder {
    /// Adds a function.
    #[must_use]
    #[expect(clippy::should_implement_trait, reason = "no sum: a builder's `add`")]
    pub fn add(mut self, spec: &'static HostFnSpec) -> Self {
        self.specs.push(spec);
        self
    }

    /// Adds several functions.
    #[must_use]
    pub fn add_all(mut self, specs: impl IntoIterator<Item = &'static HostFnSpec>) -> Self {
        self.specs.extend(specs);
        self
    }

    /// Adds a contract.
    #[must_use]
    pub fn contract(mut self, contract: &'static ContractSpec) -> Self {
        self.contracts.push(contract);
        self
    }

    /// Adds a module: its functions, and the states that they need. Of two modules of one name, one that was not
    /// configured gives way to the other.
    #[must_use]
    pub fn module(mut self, module: impl Into<HostModule>) -> Self {
        let module = module.into();
        let same_name = self.modules.iter().position(|other| other.name() == module.name());
        match same_name.map(|at| (at, self.modules[at].lack(), module.lack())) {
            Some((at, Some(_), _)) => self.modules[at] = module,
            Some((_, None, Some(_))) => {}
            Some((_, None, None)) | None => self.modules.push(module),
        }
        self
    }

    /// Adds several modules.
    #[must_use]
    pub fn modules(self, modules: impl IntoIterator<Item = HostModule>) -> Self {
        modules.into_iter().fold(self, RegistryBuilder::module)
    }

    /// Adds every annotated function and contract that is linked into the program, but for functions that are not
    /// to be collected.
    #[must_use]
    pub fn add_linked(mut self) -> Self {
        self.contracts.extend(inventory::iter::<LinkedContract>().map(|linked| linked.0));
        self.add_all(inventory::iter::<Linked>().map(|linked| linked.0))
    }

    /// Checks and sorts. One declaration that was added twice counts once.
    ///
    /// # Errors
    /// Every problem at once: two functions of one name (`H0101`), a name that cannot be imported
    /// (`H0102`), a capability with two meanings (`H0103`), a name that the ABI has taken (`H0104`), two
    /// contracts of one id (`H0106`), an id, method or entry symbol that does not work (`H0107`), a module that
    /// lacks something (`H0108`), two modules of one name (`H0109`), a type with an option of what can be nil
    /// itself (`H0120`).
    pub fn build(self) -> Result<Registry> {
        let RegistryBuilder { mut specs, mut contracts, modules } = self;
        specs.extend(modules.iter().flat_map(HostModule::specs));
        specs.sort_by_key(|spec| (spec.module(), spec.name(), *spec.location()));
        specs.dedup_by(|a, b| {
            std::ptr::eq(*a, *b)
                || (a.location() == b.location()
                    && a.location().line() != 0
                    && (a.module(), a.name()) == (b.module(), b.name()))
        });
        let mut problems = Vec::new();
        module_problems(&modules, &mut problems);
        for spec in &specs {
            check_names(spec, &mut problems);
        }
        for pair in specs.windows(2) {
            check_unique(pair[0], pair[1], &mut problems);
        }
        check_capabilities(&specs, &mut problems);
        contracts.sort_by_key(|contract| (contract.id(), *contract.location()));
        contracts.dedup_by(|a, b| a.differences(b).is_empty());
        contract_problems(&contracts, &mut problems);
        shape_problems(&specs, &contracts, &mut problems);
        Problems::check(problems)?;
        let groups = specs.iter().map(|spec| group_of(spec, &modules)).collect();
        Ok(Registry { specs: specs.into(), contracts: contracts.into(), modules: modules.into(), groups })
    }
}

/// The first by name of the modules that have the function, so that the order in which they were added does not show.
fn group_of(spec: &HostFnSpec, modules: &[HostModule]) -> Option<&'static str> {
    let has = |module: &&HostModule| {
        module.specs().any(|other| (other.module(), other.name()) == (spec.module(), spec.name()))
    };
    modules.iter().filter(has).map(HostModule::name).min()
}

/// A function and where it is declared, as problems name it.
fn described(spec: &FnMetadata) -> String {
    format!("{}.{} ({})", spec.module().escape_debug(), spec.name().escape_debug(), spec.location())
}

fn check_names(spec: &HostFnSpec, problems: &mut Vec<Problem>) {
    for (what, name) in [("module", spec.module()), ("name", spec.name())] {
        if !names::is_importable(name) {
            problems.push(Problem::new(
                Code::BadFunctionName,
                described(spec),
                format!("the {what} `{}` cannot be imported by every guest language", name.escape_debug()),
                names::IMPORTABLE_REMEDY,
            ));
        }
    }
    if spec.module() == names::HOST && names::RESERVED.contains(&spec.name()) {
        problems.push(Problem::new(
            Code::ReservedName,
            described(spec),
            format!("`{}` of module `{}` is an import that always exists", spec.name(), spec.module()),
            "give it another name, `name = \"...\"`",
        ));
    }
    if !spec.scoped_param_is_on_the_wire() {
        problems.push(Problem::new(
            Code::ScopedParameter,
            described(spec),
            "the parameter that its capability is matched against is not among those that cross the wire",
            "describe the parameters, `.with_params(&[Param::new::<T>(\"name\")])`",
        ));
    }
}

fn check_unique(a: &HostFnSpec, b: &HostFnSpec, problems: &mut Vec<Problem>) {
    if (a.module(), a.name()) == (b.module(), b.name()) {
        problems.push(Problem::new(
            Code::DuplicateFunction,
            described(a),
            format!("`{}` of module `{}` is declared at {} too", b.name(), b.module(), b.location()),
            "give one of them another name or module, `name = \"...\"` or `module = \"...\"`",
        ));
    }
}

fn check_capabilities(specs: &[&'static HostFnSpec], problems: &mut Vec<Problem>) {
    let mut declared: BTreeMap<&str, Vec<&'static Capability>> = BTreeMap::new();
    for capability in specs.iter().filter_map(|spec| spec.capability()) {
        let same_name = declared.entry(capability.name()).or_default();
        if !same_name.iter().any(|other| capability.means_the_same_as(other)) {
            same_name.push(capability);
        }
    }
    for same_name in declared.values_mut().filter(|same_name| same_name.len() > 1) {
        same_name.sort_by_key(|capability| *capability.location());
        for other in &same_name[1..] {
            let first = same_name[0];
            problems.push(Problem::new(
                Code::ConflictingCapability,
                format!("{first} ({})", first.location()),
                format!("the capability is declared at {} too, with another meaning", other.location()),
                "declare it once and import it, or give one of them another name",
            ));
        }
    }
}
