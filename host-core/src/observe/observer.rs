//! Observers and their events.

use std::fmt;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hostfn_abi::{LogLevel, Status};

use crate::error::Error;
use crate::observe::{Decision, Fault, LogValue, Phase};
use crate::spec::{Capability, FnMetadata};

/// The start of a [`Phase`], with its plugin and instance.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct PhaseContext<'a> {
    /// The plugin's name.
    pub plugin: &'a str,
    /// The instance's number; `None` before there is one.
    pub instance: Option<u64>,
    /// The phase.
    pub phase: Phase,
    /// The export of a [`Phase::Call`].
    pub export: Option<&'a str>,
    /// The function of a [`Phase::HostCall`].
    pub spec: Option<&'static FnMetadata>,
}

impl<'a> PhaseContext<'a> {
    /// The beginning of `phase`, of an instance of `plugin` or of none yet.
    pub const fn new(plugin: &'a str, instance: Option<u64>, phase: Phase) -> Self {
        Self { plugin, instance, phase, export: None, spec: None }
    }

    /// The host calls `export`.
    #[must_use]
    pub const fn of_export(mut self, export: &'a str) -> Self {
        self.export = Some(export);
        self
    }

    /// The guest calls the function that `spec` describes.
    #[must_use]
    pub const fn of_function(mut self, spec: &'static FnMetadata) -> Self {
        self.spec = Some(spec);
        self
    }
}

/// An event, with its plugin and instance.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Event<'a> {
    /// The plugin's name.
    pub plugin: &'a str,
    /// The instance's number, which no other instance of the process has; `None` before there is one.
    pub instance: Option<u64>,
    /// The event.
    pub what: EventKind<'a>,
}

impl<'a> Event<'a> {
    /// `what` happened in an instance of `plugin`, or before there was one.
    pub const fn new(plugin: &'a str, instance: Option<u64>, what: EventKind<'a>) -> Self {
        Self { plugin, instance, what }
    }

    /// The function and capability of a call that was refused for want of a grant.
    pub fn denied(&self) -> Option<(&'static FnMetadata, &'static Capability)> {
        match self.what {
            EventKind::HostCall(call) if call.decision.is_denied() => {
                Some((call.spec, call.spec.capability()?))
            }
            _ => None,
        }
    }
}

/// The kind of an event.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum EventKind<'a> {
    /// The guest wrote a line with `host_log`, or a host function wrote one for it with
    /// [`Caller::log`](crate::Caller::log).
    Log {
        /// The level.
        level: LogLevel,
        /// The line, as the guest wrote it.
        text: &'a str,
        /// The fields; empty for a line of `host_log`.
        fields: &'a [(&'a str, LogValue<'a>)],
    },
    /// The guest wrote a line with `host_log` that could not be read.
    BadLog {
        /// The error.
        message: &'a str,
    },
    /// The guest called a host function, and has been answered.
    HostCall(HostCall<'a>),
    /// Another phase has ended.
    Ended(PhaseEnd<'a>),
}

/// A call of a host function that has been answered.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct HostCall<'a> {
    /// The function.
    pub spec: &'static FnMetadata,
    /// The decision of the gates.
    pub decision: Decision,
    /// The value that was matched against the grant; `None` for a function without a scope, and for a
    /// call that did not come so far.
    pub scope_value: Option<&'a str>,
    /// The status that the guest received.
    pub status: Status,
    /// Bytes of arguments, as the guest named them.
    pub args: u32,
    /// Bytes of reply.
    pub reply: u32,
    /// The time it took; `None` when no observer [wanted](Observer::wants) it measured.
    pub duration: Option<Duration>,
    /// The reason the function could not answer, if it could not.
    pub fault: Option<&'a Fault>,
}

impl<'a> HostCall<'a> {
    /// A call that was answered with `status`.
    pub const fn new(spec: &'static FnMetadata, decision: Decision, status: Status) -> Self {
        Self { spec, decision, scope_value: None, status, args: 0, reply: 0, duration: None, fault: None }
    }

    /// Returns what happened, for the host; empty when the function answered.
    pub fn message(&self) -> &'a str {
        self.fault.map_or("", Fault::message)
    }

    /// Returns whether the host function panicked: the instance is poisoned.
    pub fn panicked(&self) -> bool {
        self.fault.is_some_and(Fault::is_panic)
    }
}

/// The end of a phase other than a host call.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct PhaseEnd<'a> {
    /// The phase.
    pub phase: Phase,
    /// The export of a [`Phase::Call`].
    pub export: Option<&'a str>,
    /// Bytes of arguments and of result of a [`Phase::Call`].
    pub bytes: (usize, usize),
    /// The time it took; `None` when no observer [wanted](Observer::wants) it measured.
    pub duration: Option<Duration>,
    /// The reason it failed, if it did.
    pub error: Option<&'a Error>,
}

impl PhaseEnd<'_> {
    /// The end of `phase`, which went well.
    pub const fn new(phase: Phase) -> Self {
        Self { phase, export: None, bytes: (0, 0), duration: None, error: None }
    }
}

/// Watches what happens to the plugins and instances of a host. It cannot change a decision: it learns
/// after the fact, and a panic in it is caught and dropped.
///
/// A closure over an [`Event`] is an observer that receives everything:
///
/// ```
/// use hostfn_core::{Event, Host, Registry};
///
/// let host = Host::builder(Registry::builder().build()?)
///     .observer(|event: &Event<'_>| {
///         if let Some((spec, capability)) = event.denied() {
///             eprintln!("{} wanted {} and has no {capability}", event.plugin, spec.name());
///         }
///     })
///     .build()?;
/// # Ok::<(), hostfn_core::Error>(())
/// ```
pub trait Observer: Send + Sync {
    /// Something happened.
    fn observe(&self, event: &Event<'_>);

    /// Returns whether it receives phases like this one; asked before each, so that one that nobody wants
    /// need not be measured. Refused and failed calls are reported all the same.
    fn wants(&self, phase: Phase) -> bool {
        let _ = phase;
        true
    }

    /// An instance is about to be made, and the embedder has labels for it: see [`Start::label`](crate::Instantiation::label).
    fn labelled(&self, instance: u64, labels: &[(String, String)]) {
        let _ = (instance, labels);
    }

    /// The instance that was labelled was not made after all, and has no end to be told of.
    fn unlabelled(&self, instance: u64) {
        let _ = instance;
    }

    /// A phase that it wants begins. The span that it returns is entered whenever the phase runs, and
    /// dropped after its end is reported.
    fn begin(&self, scene: &PhaseContext<'_>) -> Option<Box<dyn Span>> {
        let _ = scene;
        None
    }
}

impl<F: Fn(&Event<'_>) + Send + Sync> Observer for F {
    fn observe(&self, event: &Event<'_>) {
        self(event);
    }
}

/// The guard of an [`Observer`] during a phase. A phase that waits is left and entered again, on
/// whichever thread goes on with it.
pub trait Span: Send {
    /// The phase runs.
    fn enter(&mut self);

    /// The phase ends, or waits.
    fn exit(&mut self);
}

/// The observers of a host, in the order they were added: what an engine tells its events to.
#[derive(Clone, Default)]
pub struct Observers(Arc<[Arc<dyn Observer>]>);

impl Observers {
    /// These, in this order.
    pub fn new(observers: Vec<Arc<dyn Observer>>) -> Self {
        Self(observers.into())
    }

    /// Returns whether there are none, and events need not be put together.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns whether any of them wants phases like this one.
    #[inline]
    pub fn want(&self, phase: Phase) -> bool {
        !self.is_empty() && self.any_wants(phase)
    }

    #[cold]
    fn any_wants(&self, phase: Phase) -> bool {
        self.0.iter().any(|observer| wants(&**observer, phase))
    }

    /// Tells them all. A panic of one is caught and dropped.
    #[cold]
    pub fn tell(&self, event: &Event<'_>) {
        for observer in &*self.0 {
            catch_panic(|| observer.observe(event));
        }
    }

    /// An instance has labels.
    pub(crate) fn labelled(&self, instance: u64, labels: &[(String, String)]) {
        for observer in &*self.0 {
            catch_panic(|| observer.labelled(instance, labels));
        }
    }

    /// An instance that has labels was not made.
    pub(crate) fn unlabelled(&self, instance: u64) {
        for observer in &*self.0 {
            catch_panic(|| observer.unlabelled(instance));
        }
    }

    /// A phase begins. Returns a guard to keep until its end; [`PhaseGuard::NOTHING`] when nobody wants
    /// to know.
    #[inline]
    pub fn begin(&self, scene: &PhaseContext<'_>) -> PhaseGuard {
        if self.is_empty() { PhaseGuard::NOTHING } else { self.watch(scene) }
    }

    /// A phase ended, other than a host call: reports it to observers that wanted to know, and to every observer if it failed.
    pub fn end(
        &self,
        scene: &PhaseContext<'_>,
        bytes: (usize, usize),
        watch: &PhaseGuard,
        error: Option<&Error>,
    ) {
        if watch.is_wanted() || (error.is_some() && !self.is_empty()) {
            let &PhaseContext { plugin, instance, phase, export, .. } = scene;
            let ended = PhaseEnd { phase, export, bytes, duration: watch.duration(), error };
            self.tell(&Event::new(plugin, instance, EventKind::Ended(ended)));
        }
    }

    #[cold]
    fn watch(&self, scene: &PhaseContext<'_>) -> PhaseGuard {
        let mut wanting = self.0.iter().filter(|observer| wants(&***observer, scene.phase)).peekable();
        if wanting.peek().is_none() {
            return PhaseGuard::NOTHING;
        }
        let spans = wanting.filter_map(|observer| catch_panic(|| observer.begin(scene)).flatten()).collect();
        PhaseGuard(Some(Box::new(Watched { spans, since: Instant::now() })))
    }
}

impl fmt::Debug for Observers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} observers", self.0.len())
    }
}

fn wants(observer: &dyn Observer, phase: Phase) -> bool {
    catch_panic(|| observer.wants(phase)).unwrap_or(false)
}

/// A failing observer must not change what was decided.
fn catch_panic<T>(observer: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(observer)).ok()
}

/// A phase that is under way, as its observers see it.
///
/// Boxed, because most phases are not watched, and a recorded call keeps it.
pub struct PhaseGuard(Option<Box<Watched>>);

struct Watched {
    spans: Vec<Box<dyn Span>>,
    since: Instant,
}

impl PhaseGuard {
    /// Nobody wants to know.
    pub const NOTHING: PhaseGuard = PhaseGuard(None);

    /// Returns whether somebody wants to know.
    #[inline]
    pub fn is_wanted(&self) -> bool {
        self.0.is_some()
    }

    /// Returns how long it has been under way.
    pub fn duration(&self) -> Option<Duration> {
        self.0.as_ref().map(|watched| watched.since.elapsed())
    }

    /// Runs `f` within the spans of the observers.
    #[inline]
    pub fn within<T>(&mut self, f: impl FnOnce() -> T) -> T {
        match &mut self.0 {
            Some(watched) if !watched.spans.is_empty() => watched.within(f),
            _ => f(),
        }
    }

    /// Runs `future` within the spans of the observers, which are left while it waits.
    pub async fn around<F: Future>(&mut self, future: F) -> F::Output {
        let mut future = pin!(future);
        poll_fn(|cx| self.within(|| future.as_mut().poll(cx))).await
    }
}

impl Watched {
    #[cold]
    fn within<T>(&mut self, f: impl FnOnce() -> T) -> T {
        /// Leaves the spans when `f` unwinds, too.
        struct Entered<'a>(&'a mut [Box<dyn Span>]);
        impl Drop for Entered<'_> {
            fn drop(&mut self) {
                for span in self.0.iter_mut().rev() {
                    catch_panic(|| span.exit());
                }
            }
        }
        for span in &mut self.spans {
            catch_panic(|| span.enter());
        }
        let _entered = Entered(&mut self.spans);
        f()
    }
}

impl fmt::Debug for PhaseGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Watch({})", if self.is_wanted() { "wanted" } else { "nothing" })
    }
}
