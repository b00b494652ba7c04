//! From a plugin to an instance.

use wasmtime::{Store, UpdateDeadline};

use super::enter::begin;
use super::guest::Guest;
use super::init::init_failed;
use super::instance::Instance;
use super::plugin::Plugin;
use super::stack;
use crate::engine::{Session, at_once};
use crate::error::Result;
use crate::policy::Grants;
use crate::state::CancelToken;

/// An instance that is about to be made: see [`Plugin::start`].
#[must_use = "an instance is there after `run` or `run_async`"]
#[derive(Debug)]
pub struct Instantiation<'a> {
    plugin: &'a Plugin,
    grants: &'a Grants,
    startup: CancelToken,
    labels: Vec<(String, String)>,
}

impl<'a> Instantiation<'a> {
    pub(super) fn new(plugin: &'a Plugin, grants: &'a Grants) -> Self {
        Self { plugin, grants, startup: CancelToken::new(), labels: Vec::new() }
    }

    /// Gives the instance a label, such as a tenant or a request, for observers that write down what it does:
    /// [`AuditFile`](crate::AuditFile) has it in each line of the instance.
    pub fn label(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.labels.push((name.into(), value.into()));
        self
    }

    /// The start is called off when `token` is cancelled: what was made until then is closed and dropped.
    /// Once the instance is there, its own [`lifetime`](Instance::lifetime) counts and `token` no more.
    pub fn cancelled_by(mut self, token: &CancelToken) -> Self {
        self.startup = token.clone();
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
        let Instantiation { plugin, grants, startup, labels } = self;
        stack::refuse_small(plugin.name(), "initialisation", plugin.host.composition.limits(), waits)?;
        let session = plugin.subject.session(grants).cancelled_by(&startup);
        let session = labels.into_iter().fold(session, |session, (name, value)| session.label(name, value));
        session
            .run_async(
                async |session| instantiate(plugin, session, waits).await,
                async |instance: &mut Instance| instance.initialize().await,
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
