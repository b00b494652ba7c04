//! From a plugin to a session.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::calls::Running;
use super::composition::MissingCapability;
use super::life::LifeStatus;
use super::poll::at_once;
use super::session::Session;
use super::subject::Subject;
use crate::error::Result;
use crate::observe::{Observers, Phase, PhaseContext};
use crate::policy::Grants;
use crate::state::{CancelToken, Interrupt};

static NEXT_INSTANCE: AtomicU64 = AtomicU64::new(1);

/// A session that is about to begin: see [`Subject::session`].
#[must_use = "a session begins with `open`, `run` or `run_async`"]
#[derive(Debug)]
pub struct SessionBuilder<'a> {
    subject: &'a Subject,
    grants: &'a Grants,
    ceiling: &'a Grants,
    missing: Option<MissingCapability>,
    startup: CancelToken,
    labels: Vec<(String, String)>,
}

impl<'a> SessionBuilder<'a> {
    pub(super) fn new(subject: &'a Subject, grants: &'a Grants) -> Self {
        Self {
            subject,
            grants,
            ceiling: grants,
            missing: None,
            startup: CancelToken::new(),
            labels: Vec::new(),
        }
    }

    /// Adds a label, such as a tenant or a request, for observers that write down what the instance does:
    /// [`AuditFile`](crate::AuditFile) has it in each line of the instance.
    pub fn label(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.labels.push((name.into(), value.into()));
        self
    }

    /// Sets the most that can be granted to the instance while it runs: see [`LiveGrants`](super::LiveGrants). The
    /// instance starts with its grants, cut down to `ceiling`; its imports are checked against `ceiling`, and its states
    /// are created for it.
    pub fn ceiling(mut self, ceiling: &'a Grants) -> Self {
        self.ceiling = ceiling;
        self
    }

    /// Sets what happens when the plugin imports a function that it is not granted, instead of the host's choice.
    pub fn missing(mut self, missing: MissingCapability) -> Self {
        self.missing = Some(missing);
        self
    }

    /// Cancels the start when `token` is cancelled: what was created until then is closed and dropped. Once the
    /// instance exists, its own [`lifetime`](Session::lifetime) counts and `token` no more.
    pub fn cancelled_by(mut self, token: &CancelToken) -> Self {
        self.startup = token.clone();
        self
    }

    /// Begins the session of a guest that has no start of its own.
    ///
    /// # Errors
    /// Those of [`run`](SessionBuilder::run).
    pub fn open(self) -> Result<Session> {
        self.run(Ok, |_| Ok(()))
    }

    /// Begins a session and starts its guest: `create` creates the guest around the session, and `init` runs the guest's
    /// own initialisation. Observers receive both as phases.
    ///
    /// # Errors
    /// `H0310` for every function that the plugin imports and is not granted, before `create` is called; not with
    /// [`MissingCapability::Deny`]. `H0401` when a state initialiser fails, `H0411` when too many calls run already, `H0412` when
    /// the start was cancelled, and the errors of `create` and `init`.
    pub fn run<G>(
        self,
        create: impl FnOnce(Session) -> Result<G>,
        init: impl FnOnce(&mut G) -> Result<()>,
    ) -> Result<G> {
        at_once(self.run_async(async |session| create(session), async |guest: &mut G| init(guest)))
    }

    /// As [`run`](SessionBuilder::run), of a guest that may have to wait while it starts.
    ///
    /// # Errors
    /// Those of [`run`](SessionBuilder::run).
    pub async fn run_async<G>(
        self,
        create: impl AsyncFnOnce(Session) -> Result<G>,
        init: impl AsyncFnOnce(&mut G) -> Result<()>,
    ) -> Result<G> {
        let Self { subject, grants, ceiling, missing, startup, labels } = self;
        let composition = subject.composition();
        let observers = composition.observers();

        let mut scene = PhaseContext::new(subject.name(), None, Phase::Link);
        let mut watch = observers.begin(&scene);
        let linked = watch.within(|| match missing.unwrap_or(composition.missing()) {
            MissingCapability::Fail => subject.check(ceiling),
            MissingCapability::Deny => Ok(()),
        });
        observers.end(&scene, (0, 0), &watch, linked.as_ref().err());
        linked?;

        let _running = Running::begin(subject, "initialisation")?;
        let number = NEXT_INSTANCE.fetch_add(1, Ordering::Relaxed);
        let labelled = (!labels.is_empty()).then(|| Labelled::new(observers, number, &labels));
        let (life, standing) = (CancelToken::new(), Arc::<LifeStatus>::default());
        let interrupt = Interrupt::by(&life, &startup);
        scene.phase = Phase::Instantiate;
        let mut watch = observers.begin(&scene);
        let made = watch
            .around(async {
                let (life, standing, interrupt) = (life, Arc::clone(&standing), interrupt.clone());
                create(Session::begin(
                    subject,
                    (grants, ceiling),
                    &startup,
                    number,
                    life,
                    interrupt,
                    standing,
                )?)
                .await
            })
            .await;
        scene.instance = made.as_ref().ok().map(|_| number);
        observers.end(&scene, (0, 0), &watch, made.as_ref().err());
        let mut guest = made?;
        // from here on, observers receive the end of the instance
        standing.announce();
        if let Some(labelled) = labelled {
            labelled.keep();
        }

        scene.phase = Phase::Init;
        let mut watch = observers.begin(&scene);
        let ready = watch.around(init(&mut guest)).await;
        interrupt.started();
        observers.end(&scene, (0, 0), &watch, ready.as_ref().err());
        ready.map(|()| guest)
    }
}

/// Labels of an instance that may not exist after all.
struct Labelled<'a> {
    observers: &'a Observers,
    number: Option<u64>,
}

impl<'a> Labelled<'a> {
    fn new(observers: &'a Observers, number: u64, labels: &[(String, String)]) -> Self {
        observers.labelled(number, labels);
        Labelled { observers, number: Some(number) }
    }

    fn keep(mut self) {
        self.number = None;
    }
}

impl Drop for Labelled<'_> {
    fn drop(&mut self) {
        if let Some(number) = self.number {
            self.observers.unlabelled(number);
        }
    }
}
