//! Hostile guests, generated for each function of a registry, and the invariants that they must not break.
//!
//! ```
//! use hostfn_core::{hostile, HostFnSpec, Param, Registry, reply_shape};
//!
//! static LENGTH: HostFnSpec = HostFnSpec::new("host", "length", |call| {
//!     let mut call = call.authorize()?;
//!     let (text,) = call.args::<(&str,)>()?;
//!     call.reply(&(text.len() as u64))
//! })
//! .always_available()
//! .with_params(&[Param::new::<&str>("text")])
//! .with_reply(reply_shape!(u64));
//!
//! let registry = Registry::builder().add(&LENGTH).build()?;
//! let report = hostile::check(&registry)?;
//! report.assert_clean();
//! assert!(report.guests() > 200);
//! # Ok::<(), hostfn_core::Error>(())
//! ```
//!
//! Functions run for real, with made-up arguments that the grants cover: configure modules with stores of the test, as
//! for any test. The grants of a check cover `/hostile/in/**`, `http://127.0.0.1:1` and names that begin with `hostile-`,
//! unless [`HostileCheck::grants`] sets others.

mod args;
mod guest;
mod judge;
mod report;
mod run;
mod scene;
mod values;

use std::fmt;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

pub use self::report::{Finding, FunctionReport, HostileReport, Invariant};
use self::run::{Progress, Target};
use crate::engine::MissingCapability;
use crate::error::Result;
use crate::observe::{Event, Observer, Recorder};
use crate::policy::{Grants, Limits};
use crate::registry::{HostFnSpec, Registry};
use crate::wasm::{Host, HostBuilder};

/// Runs every function of a registry against hostile guests.
///
/// # Errors
/// Those of [`HostBuilder::build`](crate::HostBuilder::build): the host cannot be built from the registry, such as for a
/// state that [`HostileCheck::host`] has to add.
pub fn check(registry: &Registry) -> Result<HostileReport> {
    HostileCheck::new(registry).run()
}

/// A check with hostile guests, with its options.
///
/// ```
/// use hostfn_core::hostile::HostileCheck;
/// use hostfn_core::Registry;
///
/// let registry = Registry::builder().build()?;
/// HostileCheck::new(&registry).text("/srv/notes/a").run()?.assert_clean();
/// # Ok::<(), hostfn_core::Error>(())
/// ```
#[must_use = "a check begins with `run`"]
pub struct HostileCheck<'a> {
    registry: &'a Registry,
    grants: Option<Grants>,
    configure: Box<dyn Fn(HostBuilder) -> HostBuilder + 'a>,
    texts: Vec<String>,
    only: Option<(String, String)>,
    process_memory: Option<u64>,
}

impl<'a> HostileCheck<'a> {
    /// Begins a check of the functions of `registry`.
    pub fn new(registry: &'a Registry) -> Self {
        let configure = Box::new(|builder| builder);
        Self { registry, grants: None, configure, texts: Vec::new(), only: None, process_memory: None }
    }

    /// Sets the grants, instead of the check's own.
    pub fn grants(mut self, grants: Grants) -> Self {
        self.grants = Some(grants);
        self
    }

    /// Configures the host: its states, and other [limits](crate::Limits) than the low ones of a check.
    pub fn host(mut self, configure: impl Fn(HostBuilder) -> HostBuilder + 'a) -> Self {
        self.configure = Box::new(configure);
        self
    }

    /// Adds a text to those that string parameters get. The first one is in the ordinary arguments.
    pub fn text(mut self, text: impl Into<String>) -> Self {
        self.texts.push(text.into());
        self
    }

    /// Checks one function only.
    pub fn only(mut self, module: impl Into<String>, name: impl Into<String>) -> Self {
        self.only = Some((module.into(), name.into()));
        self
    }

    /// Reports a function during whose guests the process's memory grows by more than `bytes`. Available on Linux. It
    /// measures the whole process: give the check a test program of its own.
    pub fn process_memory(mut self, bytes: u64) -> Self {
        self.process_memory = Some(bytes);
        self
    }

    /// Runs the check.
    ///
    /// # Errors
    /// Those of [`check`].
    pub fn run(&self) -> Result<HostileReport> {
        let recorder = Recorder::new();
        let observer = recorder.clone();
        let builder = Host::builder(self.registry.clone()).limits(limits()).missing(MissingCapability::Deny);
        let builder = (self.configure)(builder);
        let host = builder.observer(move |event: &Event<'_>| observer.observe(event)).build()?;
        let own = self.own_grants(|kind| args::patterns(kind).0);
        let target = |spec: &'static HostFnSpec| Target {
            host: host.clone(),
            recorder: recorder.clone(),
            spec,
            functions: self.imports(spec),
            granted: self.grants.clone().unwrap_or_else(|| own.clone()),
            elsewhere: self.own_grants(|kind| args::patterns(kind).1),
            texts: self.texts.clone(),
            process_memory: self.process_memory,
        };
        let wanted = |spec: &&'static HostFnSpec| match &self.only {
            Some((module, name)) => spec.module() == module && spec.name() == name,
            None => true,
        };
        let patience = host.limits().time + Duration::from_secs(20);
        let functions = self.registry.iter().filter(wanted).map(|spec| supervise(target(spec), patience));
        Ok(HostileReport(functions.collect::<Result<_>>()?))
    }

    /// A function and all others that its guests can import: without it being async, no async ones.
    fn imports(&self, spec: &'static HostFnSpec) -> Vec<&'static HostFnSpec> {
        let is_async = spec.metadata().is_async();
        let others = self.registry.iter().filter(|other| {
            let is_same = (other.module(), other.name()) == (spec.module(), spec.name());
            !is_same && (is_async || !other.metadata().is_async())
        });
        std::iter::once(spec).chain(others).collect()
    }

    /// Grants everything, scoped capabilities with one pattern.
    fn own_grants(&self, pattern: impl Fn(crate::spec::ScopeKind) -> &'static str) -> Grants {
        self.registry.capabilities().into_iter().fold(Grants::none(), |grants, capability| {
            if !capability.is_scoped() {
                return grants.allow(capability);
            }
            let pattern = pattern(capability.scope_kind());
            grants.clone().allow_within(capability, [pattern]).unwrap_or(grants)
        })
    }
}

impl fmt::Debug for HostileCheck<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HostileCheck").field("functions", &self.registry.len()).finish_non_exhaustive()
    }
}

/// Limits that a guest reaches in milliseconds.
fn limits() -> Limits {
    Limits {
        time: Duration::from_millis(500),
        fuel: Some(5_000_000),
        calls: 200,
        refusals: 400,
        log_lines: 200,
        ..Limits::default()
    }
}

/// Runs the guests of a function on a thread of their own, so that one that never returns is reported.
fn supervise(target: Target, patience: Duration) -> Result<FunctionReport> {
    let mut report = FunctionReport::new(target.spec.module(), target.spec.name());
    let (sender, progress) = channel();
    let mut guest = String::new();
    let worker = thread::spawn(move || {
        let report = target.run(&sender);
        let _ = sender.send(Progress::Done(report));
    });
    loop {
        match progress.recv_timeout(patience) {
            Ok(Progress::Guest(name)) => {
                report.guests += 1;
                guest = name;
            }
            Ok(Progress::Done(report)) => {
                let _ = worker.join();
                return report;
            }
            Err(RecvTimeoutError::Timeout) => {
                report.add(Invariant::Hang, &guest, "it never returned");
                return Ok(report);
            }
            Err(RecvTimeoutError::Disconnected) => {
                report.add(Invariant::Panic, &guest, "the host panicked");
                return Ok(report);
            }
        }
    }
}
