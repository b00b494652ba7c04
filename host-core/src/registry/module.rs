//! Host functions that come together with what they need.

use std::any::Any;

use super::HostFnSpec;
use crate::error::{Code, Problem};
use crate::state::{BoxError, Closer, StateCx, StateInit};

/// Host functions that come together with the states that they need: what a library of host functions hands out, for
/// [`RegistryBuilder::module`](crate::RegistryBuilder::module).
///
/// ```
/// use std::convert::Infallible;
///
/// use hostfn_core::{Capability, HostFnSpec, HostModule, Param, Registry};
///
/// #[derive(Default)]
/// struct Counter(u64);
///
/// static COUNT: HostFnSpec = HostFnSpec::new("host", "counter_add", |call| {
///     let mut call = call.authorize()?;
///     let (by,) = call.args::<(u64,)>()?;
///     let (counter,) = call.states::<(&mut Counter,)>()?;
///     counter.0 = counter.0.saturating_add(by);
///     call.reply(&counter.0)
/// })
/// .always_available()
/// .with_params(&[Param::state::<&mut Counter>("counter"), Param::new::<u64>("by")]);
///
/// fn counter(from: u64) -> HostModule {
///     HostModule::new("counter").function(&COUNT).state("counter", move |_| Ok::<_, Infallible>(Counter(from)))
/// }
///
/// let registry = Registry::builder().module(counter(100)).build()?;
/// assert!(registry.get("host", "counter_add").is_some());
/// # #[cfg(feature = "wasm")]
/// hostfn_core::Host::builder(registry).build()?; // it has the state that `counter_add` needs
/// # Ok::<(), hostfn_core::Error>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "a module is there once a registry has it"]
pub struct HostModule {
    name: &'static str,
    specs: Vec<&'static HostFnSpec>,
    states: Vec<StateInit>,
    closers: Vec<Closer>,
    lack: Option<(String, String)>,
}

impl HostModule {
    /// A module of no functions.
    pub fn new(name: &'static str) -> Self {
        Self { name, specs: Vec::new(), states: Vec::new(), closers: Vec::new(), lack: None }
    }

    /// Its name, for people.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Adds a function.
    pub fn function(mut self, spec: &'static HostFnSpec) -> Self {
        self.specs.push(spec);
        self
    }

    /// Adds several functions.
    pub fn functions(mut self, specs: impl IntoIterator<Item = &'static HostFnSpec>) -> Self {
        self.specs.extend(specs);
        self
    }

    /// Gives every instance a state of type `S`, as `Host::builder(registry).state(...)` does.
    #[track_caller]
    pub fn state<S, E>(
        mut self,
        id: &'static str,
        init: impl Fn(&StateCx<'_>) -> Result<S, E> + Send + Sync + 'static,
    ) -> Self
    where
        S: Any + Send,
        E: Into<BoxError>,
    {
        self.states.push(StateInit::new(id, init));
        self
    }

    /// Closes each instance's state of type `S`, as `Host::builder(registry).on_close(...)` does.
    #[track_caller]
    pub fn on_close<S, E>(mut self, close: impl Fn(S) -> Result<(), E> + Send + Sync + 'static) -> Self
    where
        S: Any + Send,
        E: Into<BoxError>,
    {
        self.closers.push(Closer::new(close));
        self
    }

    /// Gives every instance a handle on one state of type `S`, as `Host::builder(registry).shared(...)` does.
    #[track_caller]
    pub fn shared<S: Any + Send + Sync>(mut self, id: &'static str, state: S) -> Self {
        self.states.push(StateInit::shared(id, state));
        self
    }

    /// Says that it lacks something and cannot work: `what`, and the `remedy`, best a line of code. A registry with such
    /// a module is not built (`H0108`).
    ///
    /// ```
    /// use hostfn_core::{HostModule, Registry};
    ///
    /// let module = HostModule::new("kv").require_config("it has no store", "add one: `kv::module().memory(\"notes\")`");
    /// let error = Registry::builder().module(module).build().unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "H0108 module `kv`: it has no store; add one: `kv::module().memory(\"notes\")`"
    /// );
    /// ```
    pub fn require_config(mut self, what: impl Into<String>, remedy: impl Into<String>) -> Self {
        self.lack = Some((what.into(), remedy.into()));
        self
    }

    /// Its functions, in the order they were added.
    pub fn specs(&self) -> impl ExactSizeIterator<Item = &'static HostFnSpec> + '_ {
        self.specs.iter().copied()
    }

    pub(crate) fn lack(&self) -> Option<&(String, String)> {
        self.lack.as_ref()
    }

    pub(crate) fn states(&self) -> &[StateInit] {
        &self.states
    }

    pub(crate) fn closers(&self) -> &[Closer] {
        &self.closers
    }
}

pub(super) fn module_problems(modules: &[HostModule], problems: &mut Vec<Problem>) {
    for (i, module) in modules.iter().enumerate() {
        let place = format!("module `{}`", module.name);
        if let Some((what, remedy)) = &module.lack {
            problems.push(Problem::new(Code::ModuleUnconfigured, place.clone(), what, remedy));
        }
        if modules[..i].iter().any(|other| other.name == module.name) {
            let what = "there are two modules of this name";
            problems.push(Problem::new(Code::DuplicateModule, place, what, "keep one of them"));
        }
    }
}
