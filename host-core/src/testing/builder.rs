use std::any::Any;
use std::sync::{Arc, Mutex};

use super::call::Inner;
use super::{Logs, MockHost, keeping};
use crate::call::Caller;
use crate::error::{Code, Problem, Problems, Result};
use crate::policy::{Grants, Limits};
use crate::registry::{Registry, check_states};
use crate::state::{
    BoxError, CancelToken, Closer, Interrupt, MemoryBudget, StateCx, StateInit, States, give_closers,
};

/// Gathers what a [`MockHost`] is made of.
#[must_use = "a host is there after `build`"]
pub struct MockHostBuilder {
    registry: Registry,
    grants: Option<Grants>,
    limits: Limits,
    plugin: String,
    states: Vec<StateInit>,
    closers: Vec<Closer>,
}

impl MockHostBuilder {
    pub(super) fn new(registry: Registry) -> Self {
        let (states, closers) = registry.states();
        let (limits, plugin) = (Limits::default(), "mock".to_owned());
        Self { registry, grants: None, limits, plugin, states, closers }
    }

    /// What the plugin may do; everything unless you say otherwise. What it may not is answered with `NO_CAPABILITY`,
    /// as a host does with `Missing::Deny`.
    pub fn grants(mut self, grants: &Grants) -> Self {
        self.grants = Some(grants.clone());
        self
    }

    /// What the plugin may use up, instead of the defaults. Of these a mock host knows `args`, `reply`, `calls`,
    /// `refusals` and `memory`.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
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
        self.states.push(StateInit::new(id, init));
        self
    }

    /// Gives the functions a state that they reach as `Shared<S>`.
    #[track_caller]
    pub fn shared<S: Any + Send + Sync>(mut self, id: &'static str, state: S) -> Self {
        self.states.push(StateInit::shared(id, state));
        self
    }

    /// Makes the states and builds the host.
    ///
    /// # Errors
    /// Every problem at once: two states of one id or type, a blank id, a limit that lets nothing run. `H0401` when a
    /// state cannot be made.
    pub fn build(self) -> Result<MockHost> {
        let Self { registry, grants, limits, plugin, mut states, closers } = self;
        let mut problems: Vec<Problem> = Vec::new();
        check_states(&registry, &states, &mut problems);
        // of functions that are scripted the states do not matter; the others say so when they are called
        problems.retain(|problem| problem.code() != Code::StateMissing);
        give_closers(&mut states, closers, &mut problems);
        problems.extend(limits.problems());
        Problems::check(problems)?;

        let grants = grants.unwrap_or_else(|| registry.grant_everything());
        let (life, startup) = (CancelToken::new(), CancelToken::new());
        let cx = StateCx {
            plugin: &plugin,
            manifest: None,
            grants: &grants,
            granted: &grants,
            life: &life,
            startup: &startup,
            interrupt: &Interrupt::new(&life),
            memory: &MemoryBudget::new(limits.memory),
        };
        let mut made = States::new();
        for state in &states {
            state.make(&cx, &mut made)?;
        }
        let provided = states.iter().map(StateInit::type_id).collect();
        let logs = Logs::default();
        let caller = Caller::new(plugin, 1).watched_by(keeping(&logs));
        let inner = Inner::new(registry, &grants, &limits, caller, made, provided, logs);
        Ok(MockHost(Arc::new(Mutex::new(inner))))
    }
}
