use std::any::Any;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::MockHost;
use super::call::Inner;
use super::log::Seen;
use crate::engine::{Composition, CompositionBuilder, MissingCapability};
use crate::error::Result;
use crate::observe::Event;
use crate::policy::{Grants, Limits};
use crate::registry::Registry;
use crate::state::{BoxError, StateCx};

/// Gathers what a [`MockHost`] is made of.
#[must_use = "a host is there after `build`"]
pub struct MockHostBuilder {
    parts: CompositionBuilder,
    grants: Option<Grants>,
    plugin: String,
}

impl MockHostBuilder {
    pub(super) fn new(registry: Registry) -> Self {
        let parts = Composition::builder(registry)
            .missing(MissingCapability::Deny)
            .stateless()
            .accept_abort_on_panic();
        Self { parts, grants: None, plugin: "mock".to_owned() }
    }

    /// Sets what the plugin may do; everything unless you say otherwise. What it may not is answered with `NO_CAPABILITY`,
    /// as a host does with `MissingCapability::Deny`.
    pub fn grants(mut self, grants: &Grants) -> Self {
        self.grants = Some(grants.clone());
        self
    }

    /// Sets what the plugin may use up, instead of the defaults. Of these a mock host knows `args`, `reply`, `calls`,
    /// `refusals` and `memory`, and `time` for each call of an async function.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.parts = self.parts.limits(limits);
        self
    }

    /// The plugin's name, for functions that ask who calls: `mock` unless you say otherwise.
    pub fn plugin(mut self, name: impl Into<String>) -> Self {
        self.plugin = name.into();
        self
    }

    /// Gives the functions a state of type `S`, as a host's builder does. A function whose calls are scripted needs
    /// none.
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
        self.parts = self.parts.state(id, init);
        self
    }

    /// Gives the functions a state that they reach as `Shared<S>`.
    #[track_caller]
    pub fn shared<S: Any + Send + Sync>(mut self, id: &'static str, state: S) -> Self {
        self.parts = self.parts.shared(id, state);
        self
    }

    /// Makes the states and builds the host.
    ///
    /// # Errors
    /// Every problem at once: two states of one id or type, a blank id, a limit that lets nothing run. `H0401` when a
    /// state cannot be made.
    pub fn build(self) -> Result<MockHost> {
        let Self { mut parts, grants, plugin } = self;
        let time = parts.limits_so_far().time;
        // a test may be stopped in a debugger: only waiting has an end
        let limits = Limits { time: Duration::MAX, ..*parts.limits_so_far() };
        let seen = Seen::default();
        let observer = seen.clone();
        parts = parts.limits(limits).observer(move |event: &Event<'_>| observer.observe(event));
        let composition = parts.build()?;
        let grants = grants.unwrap_or_else(|| composition.registry().grant_everything());
        let subject = composition.subject(plugin, None, composition.imports())?;
        let mut session = subject.session(&grants).open()?;
        session.deepen();
        Ok(MockHost(Arc::new(Mutex::new(Inner::new(session, seen, time)))))
    }
}
