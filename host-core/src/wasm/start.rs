//! From a plugin to an instance.

use wasmtime::{Store, UpdateDeadline};

use super::enter::begin;
use super::guest::Guest;
use super::init::init_failed;
use super::instance::Instance;
use super::plugin::Plugin;
use super::stack;
use crate::engine::{MissingCapability, Session, SessionBuilder, at_once};
use crate::error::Result;
use crate::policy::Grants;
use crate::state::CancelToken;

/// An instance that is about to be made: see [`Plugin::start`].
#[must_use = "an instance is there after `run` or `run_async`"]
#[derive(Debug)]
pub struct Instantiation<'a> {
    plugin: &'a Plugin,
    grants: &'a Grants,
    ceiling: &'a Grants,
    missing: Option<MissingCapability>,
    startup: Option<CancelToken>,
    labels: Vec<(String, String)>,
}

impl<'a> Instantiation<'a> {
    pub(super) fn new(plugin: &'a Plugin, grants: &'a Grants) -> Self {
        Self { plugin, grants, ceiling: grants, missing: None, startup: None, labels: Vec::new() }
    }

    /// Gives the instance a label, such as a tenant or a request, for observers that write down what it does:
    /// [`AuditFile`](crate::AuditFile) has it in each line of the instance.
    pub fn label(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.labels.push((name.into(), value.into()));
        self
    }

    /// Sets the most that can be granted to the instance while it runs: see [`LiveGrants`](crate::LiveGrants). The
    /// instance starts with its grants, cut down to `ceiling`; its imports are checked against `ceiling`.
    ///
    /// A host that asks a person starts with what was allowed so far, and [grants](crate::LiveGrants::restore) more
    /// after the answer:
    ///
    /// ```no_run
    /// # use hostfn_core::{Capability, Grants, Plugin};
    /// # fn example(plugin: &Plugin, operator: &Grants, camera: &Capability) -> hostfn_core::Result<()> {
    /// let instance = plugin.start(&Grants::none()).ceiling(operator).run()?;
    /// let grants = instance.grants();
    /// // a call of a function that requires `camera` returns `NO_CAPABILITY` until the person has answered
    /// grants.restore(camera);
    /// # Ok(())
    /// # }
    /// ```
    pub fn ceiling(mut self, ceiling: &'a Grants) -> Self {
        self.ceiling = ceiling;
        self
    }

    /// Sets what happens when the plugin imports a function that it is not granted, instead of
    /// [the host's choice](crate::HostBuilder::missing).
    pub fn missing(mut self, missing: MissingCapability) -> Self {
        self.missing = Some(missing);
        self
    }

    /// The start is called off when `token` is cancelled: what was made until then is closed and dropped.
    /// Once the instance is there, its own [`lifetime`](Instance::lifetime) counts and `token` no more.
    pub fn cancelled_by(mut self, token: &CancelToken) -> Self {
        self.startup = Some(token.clone());
        self
    }

    /// Makes the instance.
    ///
    /// # Errors
    /// Those of [`Plugin::instantiate`], and `H0412` when the start was called off.
    pub fn run(self) -> Result<Instance> {
        self.plugin.refuse_async_imports()?;
        at_once(self.make(false))
    }

    /// Makes an instance that can wait.
    ///
    /// # Errors
    /// Those of [`run`](Instantiation::run), but for `H0308`.
    pub async fn run_async(self) -> Result<Instance> {
        self.make(true).await
    }

    async fn make(self, waits: bool) -> Result<Instance> {
        let Instantiation { plugin, grants, ceiling, missing, startup, labels } = self;
        stack::refuse_small(plugin.name(), "initialisation", plugin.host.composition.limits(), waits)?;
        let session = plugin.subject.session(grants).ceiling(ceiling);
        let session = startup.iter().fold(session, SessionBuilder::cancelled_by);
        let session = missing.into_iter().fold(session, SessionBuilder::missing);
        let session = labels.into_iter().fold(session, |session, (name, value)| session.label(name, value));
        session
            .run_async(
                async |session| instantiate(plugin, session, waits).await,
                async |instance: &mut Instance| instance.initialize(&plugin.linked.entries).await,
            )
            .await
    }
}

async fn instantiate(plugin: &Plugin, session: Session, waits: bool) -> Result<Instance> {
    let pre = plugin.pre(waits)?;
    let mut store = Store::new(&plugin.host.engine, Guest::new(session));
    store.limiter(|guest| &mut guest.meter);
    store.epoch_deadline_callback(move |store| {
        store.data().session.may_go_on()?;
        Ok(if waits { UpdateDeadline::Yield(1) } else { UpdateDeadline::Continue(1) })
    });
    begin(&mut store).map_err(|error| init_failed(store.data(), error))?;
    let exports = if waits { pre.instantiate_async(&mut store).await } else { pre.instantiate(&mut store) };
    let exports = exports.map_err(|error| init_failed(store.data(), error))?;
    Ok(Instance::new(store, exports, waits))
}
