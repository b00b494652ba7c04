//! What a host function is, as data.

use crate::call::{Call, CallFn, LaterFn, Reply};
use crate::observe::Fault;
use crate::spec::{Capability, Param, Place, ReplyShape, Requires};

/// Who wrote a spec.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// `#[host_fn]`.
    Macro,
    /// A person.
    Manual,
}

impl Origin {
    /// The word the listing uses.
    pub const fn as_str(self) -> &'static str {
        match self {
            Origin::Macro => "macro",
            Origin::Manual => "manual",
        }
    }
}

/// The first step of a [`HostFnSpec`]: a name and a call function, whose requirement is still to be
/// said. There is no way from here to a spec but to say it.
#[derive(Debug)]
#[must_use = "say what the function requires"]
pub struct Unguarded {
    module: &'static str,
    name: &'static str,
    call: CallFn,
    later: Option<LaterFn>,
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
        HostFnSpec {
            module: self.module,
            name: self.name,
            call: self.call,
            later: self.later,
            requires,
            params: &[],
            reply: ReplyShape::NOTHING,
            max_args: None,
            max_reply: None,
            quota: None,
            since: 1,
            docs: "",
            place: Place::UNKNOWN,
            origin: Origin::Manual,
        }
    }
}

/// The static description of one host function.
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
/// .params(&[Param::of::<&str>("name")])
/// .replies(reply_shape!(String))
/// .docs("Build a greeting.")
/// .declared_at(here!());
///
/// let registry = Registry::builder().add(&SPEC).build()?;
/// assert_eq!(registry.iter().next().unwrap().name(), "greet");
/// # Ok::<(), hostfn_core::Error>(())
/// ```
#[derive(Debug)]
pub struct HostFnSpec {
    module: &'static str,
    name: &'static str,
    call: CallFn,
    later: Option<LaterFn>,
    requires: Requires,
    params: &'static [Param],
    reply: ReplyShape,
    max_args: Option<u32>,
    max_reply: Option<u32>,
    quota: Option<u32>,
    since: u32,
    docs: &'static str,
    place: Place,
    origin: Origin,
}

impl HostFnSpec {
    /// Begins a spec: `call` runs when a guest calls `name` of `module`.
    #[expect(clippy::new_ret_no_self, reason = "a spec exists once its requirement is said")]
    pub const fn new(module: &'static str, name: &'static str, call: CallFn) -> Unguarded {
        Unguarded { module, name, call, later: None }
    }

    /// Begins the spec of an async function: `later` runs when a guest calls `name` of `module`, and
    /// answers with a task that the engine waits for.
    pub const fn new_async(module: &'static str, name: &'static str, later: LaterFn) -> Unguarded {
        Unguarded { module, name, call: never_waits, later: Some(later) }
    }

    /// Whether the function is async.
    pub const fn is_async(&self) -> bool {
        self.later.is_some()
    }

    #[inline]
    pub(crate) fn later_fn(&self) -> Option<LaterFn> {
        self.later
    }

    /// Its parameters, in order.
    ///
    /// # Panics
    /// In const evaluation, when the scoped parameter is not among those that cross the wire.
    #[must_use]
    pub const fn params(mut self, params: &'static [Param]) -> Self {
        self.params = params;
        assert!(
            self.scoped_param_is_on_the_wire(),
            "the parameter that the capability is matched against is not among those that cross the wire"
        );
        self
    }

    /// What it replies; write [`reply_shape!(T)`](crate::reply_shape).
    #[must_use]
    pub const fn replies(mut self, reply: ReplyShape) -> Self {
        self.reply = reply;
        self
    }

    /// At most this many bytes of arguments; the host's own limit holds besides.
    #[must_use]
    pub const fn max_args(mut self, bytes: u32) -> Self {
        self.max_args = Some(bytes);
        self
    }

    /// At most this many bytes of reply; the host's own limit holds besides.
    #[must_use]
    pub const fn max_reply(mut self, bytes: u32) -> Self {
        self.max_reply = Some(bytes);
        self
    }

    /// At most this many calls within one call from the host into the guest.
    #[must_use]
    pub const fn quota(mut self, calls: u32) -> Self {
        self.quota = Some(calls);
        self
    }

    /// The version of the host's interface that brought it, 1 unless said.
    #[must_use]
    pub const fn since(mut self, version: u32) -> Self {
        self.since = version;
        self
    }

    /// Its documentation.
    #[must_use]
    pub const fn docs(mut self, docs: &'static str) -> Self {
        self.docs = docs;
        self
    }

    /// Where it is declared; write [`here!()`](crate::here).
    #[must_use]
    pub const fn declared_at(mut self, place: Place) -> Self {
        self.place = place;
        self
    }

    /// Where it is annotated: as [`declared_at`](HostFnSpec::declared_at), and the listing says that a macro wrote
    /// the spec.
    #[must_use]
    pub const fn annotated_at(mut self, place: Place) -> Self {
        self.origin = Origin::Macro;
        self.declared_at(place)
    }

    /// The module a guest imports it from.
    #[inline]
    pub fn module(&self) -> &'static str {
        self.module
    }

    /// The name a guest imports it by.
    #[inline]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The function that runs a call.
    #[inline]
    pub(crate) fn call_fn(&self) -> CallFn {
        self.call
    }

    /// What it asks of the grants.
    #[inline]
    pub const fn requirement(&self) -> &Requires {
        &self.requires
    }

    /// The capability it requires, if any.
    #[inline]
    pub const fn capability(&self) -> Option<&'static Capability> {
        self.requires.capability()
    }

    /// Its parameters, in order, those that do not cross the wire included.
    pub fn parameters(&self) -> &'static [Param] {
        self.params
    }

    /// The parameters that cross the wire, in order.
    pub fn wire_parameters(&self) -> impl Iterator<Item = &'static Param> {
        self.params.iter().filter(|param| param.is_wire())
    }

    /// What it replies.
    pub fn reply_shape(&self) -> &ReplyShape {
        &self.reply
    }

    /// Its own limit on the bytes of arguments, if any.
    #[inline]
    pub fn args_limit(&self) -> Option<u32> {
        self.max_args
    }

    /// Its own limit on the bytes of reply, if any.
    #[inline]
    pub fn reply_limit(&self) -> Option<u32> {
        self.max_reply
    }

    /// How often it may be called within one call from the host into the guest, if that is limited.
    #[inline]
    pub fn call_quota(&self) -> Option<u32> {
        self.quota
    }

    /// The version of the host's interface that brought it.
    pub fn since_version(&self) -> u32 {
        self.since
    }

    /// Its documentation.
    pub fn documentation(&self) -> &'static str {
        self.docs
    }

    /// Where it is declared.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// Who wrote it.
    pub fn origin(&self) -> Origin {
        self.origin
    }

    /// In what two specs differ, field by field; place and origin do not count. Empty for a function that
    /// is annotated and the same function registered by hand.
    pub fn differences(&self, other: &HostFnSpec) -> Vec<&'static str> {
        let requirement = |spec: &HostFnSpec| {
            let capability = spec.capability().map(|c| (c.name(), c.about(), c.scope_kind(), c.is_escape()));
            (capability, spec.requirement().scoped_param())
        };
        let same = [
            ("module", self.module == other.module),
            ("name", self.name == other.name),
            ("async", self.is_async() == other.is_async()),
            ("requirement", requirement(self) == requirement(other)),
            ("parameters", self.params == other.params),
            ("reply", self.reply == other.reply),
            ("max_args", self.max_args == other.max_args),
            ("max_reply", self.max_reply == other.max_reply),
            ("quota", self.quota == other.quota),
            ("since", self.since == other.since),
            ("docs", self.docs == other.docs),
        ];
        same.into_iter().filter(|(_, same)| !same).map(|(field, _)| field).collect()
    }

    pub(crate) const fn scoped_param_is_on_the_wire(&self) -> bool {
        let Some(scoped) = self.requires.scoped_param() else {
            return true;
        };
        let mut i = 0;
        while i < self.params.len() {
            if self.params[i].is_wire() && same(self.params[i].name(), scoped) {
                return true;
            }
            i += 1;
        }
        false
    }
}

/// What an async function answers where nobody waits for it.
fn never_waits(_: Call<'_>) -> Reply {
    Err(Fault::internal("an async host function was called by an engine that does not wait"))
}

/// `a == b`, in const evaluation.
const fn same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len() != b.len() {
        return false;
    }
    let mut i = 0;
    while i < a.len() {
        if a[i] != b[i] {
            return false;
        }
        i += 1;
    }
    true
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
