//! A host function: its description and the code that it runs.

use std::ops::Deref;

use crate::call::{AsyncCallFn, Call, CallFailure, CallFn, CallFuture, Incoming, Reply, ReplySlot};
use crate::observe::Fault;
use crate::spec::{Capability, FnMetadata, Param, ReplyShape, Requires, SourceLocation};

/// The first step of a [`HostFnSpec`]: a name and a call function, whose requirement is still to be
/// said. There is no way from here to a spec but to say it.
#[derive(Debug)]
#[must_use = "say what the function requires"]
pub struct Unguarded {
    module: &'static str,
    name: &'static str,
    call: CallFn,
    later: Option<AsyncCallFn>,
}

impl Unguarded {
    /// Requires `capability`, which has no scope.
    ///
    /// # Panics
    /// In const evaluation, when the capability has a scope.
    pub const fn requires(self, capability: &'static Capability) -> HostFnSpec {
        assert!(
            !capability.is_scoped(),
            "this capability has a scope: name the parameter that it is matched against, \
             `capability = CAP(param)` in the attribute or `.requires_on(&CAP, \"param\")` by hand"
        );
        self.guarded(Requires::Capability(capability))
    }

    /// Requires `capability` for the value of the wire parameter `param`.
    ///
    /// # Panics
    /// In const evaluation, when the capability has no scope.
    pub const fn requires_on(self, capability: &'static Capability, param: &'static str) -> HostFnSpec {
        assert!(
            capability.is_scoped(),
            "this capability has no scope: require it without a parameter, `capability = CAP` in the attribute \
             or `.requires(&CAP)` by hand; or declare it with one, `CAP = \"name\" in path`"
        );
        self.guarded(Requires::Scoped(capability, param))
    }

    /// Requires nothing: every plugin may call it, and the listing says `always`.
    pub const fn always_available(self) -> HostFnSpec {
        self.guarded(Requires::Nothing)
    }

    const fn guarded(self, requires: Requires) -> HostFnSpec {
        let metadata = FnMetadata::new(self.module, self.name, requires, self.later.is_some());
        HostFnSpec { metadata, call: self.call, later: self.later }
    }
}

/// One host function: its [description](FnMetadata), and the function that runs a call.
///
/// `#[host_fn]` writes one; so can you:
///
/// ```
/// use hostfn_core::{here, reply_shape, Capability, HostFnSpec, Param, Registry};
///
/// static GREET: Capability = Capability::new("greet", "Greet people by name.");
///
/// fn greet(name: &str) -> String {
///     format!("Hello, {name}!")
/// }
///
/// static SPEC: HostFnSpec = HostFnSpec::new("host", "greet", |call| {
///     let mut call = call.authorize()?;
///     let (name,) = call.args::<(&str,)>()?;
///     call.reply(&greet(name))
/// })
/// .requires(&GREET)
/// .with_params(&[Param::new::<&str>("name")])
/// .with_reply(reply_shape!(String))
/// .with_docs("Build a greeting.")
/// .declared_at(here!());
///
/// let registry = Registry::builder().add(&SPEC).build()?;
/// assert_eq!(registry.iter().next().unwrap().name(), "greet");
/// # Ok::<(), hostfn_core::Error>(())
/// ```
#[derive(Debug)]
pub struct HostFnSpec {
    metadata: FnMetadata,
    call: CallFn,
    later: Option<AsyncCallFn>,
}

impl HostFnSpec {
    /// Begins a spec: `call` runs when a guest calls `name` of `module`.
    #[expect(clippy::new_ret_no_self, reason = "a spec exists once its requirement is said")]
    pub const fn new(module: &'static str, name: &'static str, call: CallFn) -> Unguarded {
        Unguarded { module, name, call, later: None }
    }

    /// Begins the spec of an async function: `later` runs when a guest calls `name` of `module`, and
    /// answers with a task that the engine waits for.
    pub const fn new_async(module: &'static str, name: &'static str, later: AsyncCallFn) -> Unguarded {
        Unguarded { module, name, call: never_waits, later: Some(later) }
    }

    /// Sets the parameters, in order.
    ///
    /// # Panics
    /// In const evaluation, when the scoped parameter is not among those that cross the wire.
    #[must_use]
    pub const fn with_params(mut self, params: &'static [Param]) -> Self {
        self.metadata.params = params;
        assert!(
            self.metadata.scoped_param_is_on_the_wire(),
            "the parameter that the capability is matched against is not among those that cross the wire"
        );
        self
    }

    /// Sets the shape of the reply; write [`reply_shape!(T)`](crate::reply_shape).
    #[must_use]
    pub const fn with_reply(mut self, reply: ReplyShape) -> Self {
        self.metadata.reply = reply;
        self
    }

    /// Limits the bytes of arguments; the host's own limit applies too.
    #[must_use]
    pub const fn with_max_args(mut self, bytes: u32) -> Self {
        self.metadata.max_args = Some(bytes);
        self
    }

    /// Limits the bytes of the reply; the host's own limit applies too.
    #[must_use]
    pub const fn with_max_reply(mut self, bytes: u32) -> Self {
        self.metadata.max_reply = Some(bytes);
        self
    }

    /// Limits the calls within one call from the host into the guest.
    #[must_use]
    pub const fn with_quota(mut self, calls: u32) -> Self {
        self.metadata.quota = Some(calls);
        self
    }

    /// Sets the version of the host's interface that added it; 1 by default.
    #[must_use]
    pub const fn with_since(mut self, version: u32) -> Self {
        self.metadata.since = version;
        self
    }

    /// Sets the documentation.
    #[must_use]
    pub const fn with_docs(mut self, docs: &'static str) -> Self {
        self.metadata.declared.docs = docs;
        self
    }

    /// Sets the location of the declaration; write [`here!()`](crate::here).
    #[must_use]
    pub const fn declared_at(mut self, location: SourceLocation) -> Self {
        self.metadata.declared.location = location;
        self
    }

    /// Sets the location of the annotation: as [`declared_at`](HostFnSpec::declared_at), with the origin
    /// [`Origin::Macro`](crate::Origin::Macro).
    #[must_use]
    pub const fn annotated_at(mut self, location: SourceLocation) -> Self {
        self.metadata.declared = self.metadata.declared.annotated_at(location);
        self
    }

    /// Returns the metadata.
    #[inline]
    pub const fn metadata(&self) -> &FnMetadata {
        &self.metadata
    }

    /// Runs a call. A panic of the host function is caught and becomes a fault; a fault's message for the guest is
    /// placed like a reply.
    ///
    /// # Errors
    /// The fault, and where its message was placed.
    #[expect(clippy::inline_always, reason = "see `Incoming::dispatch`")]
    #[inline(always)]
    pub(crate) fn run(&'static self, incoming: Incoming<'_>) -> Result<ReplySlot, CallFailure> {
        incoming.run(&self.metadata, self.call)
    }

    /// Begins a call of an async function: checks it, decodes its arguments, and returns the task to wait for.
    /// `Env::finish` then says where its reply goes.
    ///
    /// # Errors
    /// The fault, and where its message was placed.
    pub(crate) fn start(&'static self, incoming: Incoming<'_>) -> Result<CallFuture, CallFailure> {
        incoming.start(&self.metadata, self.later)
    }

    /// Takes a call as far as its function and no further: what stopped it, or that
    /// [nothing](Fault::is_checked) did.
    pub(crate) fn check(&'static self, incoming: Incoming<'_>) -> CallFailure {
        incoming.check(&self.metadata, self.call, self.later)
    }
}

/// A host function has every property of its description.
impl Deref for HostFnSpec {
    type Target = FnMetadata;

    #[inline]
    fn deref(&self) -> &FnMetadata {
        &self.metadata
    }
}

/// Returns what an async function answers where nobody waits for it.
fn never_waits(_: Call<'_>) -> Reply {
    Err(Fault::internal("an async host function was called by an engine that does not wait"))
}

/// A type that stands for a host function. `#[host_fn]` makes one beside each function, under the
/// function's own name, so that importing the function imports it too.
pub trait HostFn {
    /// The function's description.
    const SPEC: &'static HostFnSpec;
}

/// One annotated function that is linked into the program; [`inventory`] gathers them.
#[derive(Debug)]
pub struct Linked(pub &'static HostFnSpec);

inventory::collect!(Linked);

/// The name of a module that is linked into the program, and whose functions [`Registry::collect`](super::Registry::collect)
/// does not find; [`inventory`] gathers them.
#[derive(Debug)]
pub struct LinkedModule(pub &'static str);

inventory::collect!(LinkedModule);
