//! What an embedder can watch.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use host_abi::{LogLevel, Status};

use crate::capability::Capability;
use crate::spec::HostFnSpec;

/// Something that happened in an instance.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// The guest wrote a line with `host_log`.
    Log {
        /// How much it matters.
        level: LogLevel,
        /// The line.
        text: &'a str,
    },
    /// A call was refused: its capability is not granted, or not for this argument.
    Denied {
        /// The function.
        spec: &'static HostFnSpec,
        /// The capability.
        capability: &'static Capability,
        /// What the guest was told.
        message: &'a str,
    },
    /// A call failed before its function could answer.
    Fault {
        /// The function, module and name.
        function: &'a str,
        /// What the guest was answered with.
        status: Status,
        /// What happened; for `INTERNAL`, more than the guest is told.
        message: &'a str,
    },
    /// A host function panicked: the instance is poisoned.
    Panicked {
        /// The function.
        spec: &'static HostFnSpec,
        /// The panic's message.
        message: &'a str,
    },
}

/// Watches what happens in the instances of a host. It cannot change a decision: it is told after the
/// fact, and a panic in it is caught and dropped.
///
/// ```
/// use host_core::{Event, Host, Registry};
///
/// let host = Host::builder(Registry::builder().build()?)
///     .observer(|plugin: &str, event: &Event<'_>| {
///         if let Event::Denied { spec, capability, .. } = event {
///             eprintln!("{plugin} wanted {} and has no {capability}", spec.name());
///         }
///     })
///     .build()?;
/// # Ok::<(), host_core::Error>(())
/// ```
pub trait Observer: Send + Sync {
    /// Something happened in an instance of `plugin`.
    fn observe(&self, plugin: &str, event: &Event<'_>);
}

impl<F: Fn(&str, &Event<'_>) + Send + Sync> Observer for F {
    fn observe(&self, plugin: &str, event: &Event<'_>) {
        self(plugin, event);
    }
}

/// The observers of a host, in the order they were added: what an engine tells its events to.
#[derive(Clone, Default)]
pub struct Observers(Vec<Arc<dyn Observer>>);

impl Observers {
    /// Adds one.
    pub fn add(&mut self, observer: Arc<dyn Observer>) {
        self.0.push(observer);
    }

    /// Whether there are none, and events need not be put together.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Tells them all. A panic of one is caught and dropped.
    #[cold]
    pub fn tell(&self, plugin: &str, event: &Event<'_>) {
        for observer in &self.0 {
            // a failing observer must not change what was decided
            let _ = catch_unwind(AssertUnwindSafe(|| observer.observe(plugin, event)));
        }
    }
}

impl fmt::Debug for Observers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} observers", self.0.len())
    }
}
