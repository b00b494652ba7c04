//! Contracts: functions that a guest exports and a host calls.

mod wire;

pub use wire::{GuestError, GuestReply, HostArg};

use crate::spec::{Declared, Origin, Param, ReplyShape, SourceLocation};

/// The static description of one contract: functions that a guest exports and a host calls.
///
/// `#[guest_contract]` writes one, with a client; so can you:
///
/// ```
/// use hostfn_core::{Callee, ContractSpec, GuestContract, MethodSpec, Registry, Result, here, passed, reply_shape};
///
/// struct Greeter<'i>(Callee<'i>);
///
/// impl<'i> GuestContract<'i> for Greeter<'i> {
///     const CONTRACT: &'static ContractSpec = &ContractSpec::new("greeter.v1")
///         .with_methods(&[MethodSpec::new("greet", "greeter_v1_greet")
///             .with_params(&[passed!("name", &str)])
///             .with_reply(reply_shape!(String))
///             .with_docs("Greet a person.")])
///         .with_docs("Guests that greet.")
///         .declared_at(here!());
///
///     fn over(callee: Callee<'i>) -> Self {
///         Greeter(callee)
///     }
/// }
///
/// impl Greeter<'_> {
///     fn greet(&mut self, name: &str) -> Result<String> {
///         self.0.call("greeter_v1_greet", (name,))
///     }
/// }
///
/// let registry = Registry::builder().contract(Greeter::CONTRACT).build()?;
/// assert_eq!(registry.contract("greeter.v1").unwrap().methods()[0].name(), "greet");
/// # Ok::<(), hostfn_core::Error>(())
/// ```
#[derive(Debug)]
pub struct ContractSpec {
    id: &'static str,
    methods: &'static [MethodSpec],
    declared: Declared,
}

impl ContractSpec {
    /// Begins a contract without methods. `id` is lower-case words joined by dots, such as `greeter.v1`.
    #[must_use]
    pub const fn new(id: &'static str) -> Self {
        Self { id, methods: &[], declared: Declared::UNKNOWN }
    }

    /// Sets the methods, in order.
    #[must_use]
    pub const fn with_methods(mut self, methods: &'static [MethodSpec]) -> Self {
        self.methods = methods;
        self
    }

    /// Sets the documentation.
    #[must_use]
    pub const fn with_docs(mut self, docs: &'static str) -> Self {
        self.declared.docs = docs;
        self
    }

    /// Sets the location of the declaration; write [`here!()`](crate::here).
    #[must_use]
    pub const fn declared_at(mut self, location: SourceLocation) -> Self {
        self.declared.location = location;
        self
    }

    /// Sets the location of the annotation: as [`declared_at`](ContractSpec::declared_at), with the origin
    /// [`Origin::Macro`](crate::Origin::Macro).
    #[must_use]
    pub const fn annotated_at(mut self, location: SourceLocation) -> Self {
        self.declared = self.declared.annotated_at(location);
        self
    }

    /// Returns the id that host and guest share.
    pub const fn id(&self) -> &'static str {
        self.id
    }

    /// Returns the methods, in the order of the trait.
    pub const fn methods(&self) -> &'static [MethodSpec] {
        self.methods
    }

    /// Returns the method of this name.
    pub fn method(&self, name: &str) -> Option<&'static MethodSpec> {
        self.methods.iter().find(|method| method.name == name)
    }

    /// Returns the documentation.
    pub const fn docs(&self) -> &'static str {
        self.declared.docs
    }

    /// Returns the location of the declaration.
    pub const fn location(&self) -> &SourceLocation {
        &self.declared.location
    }

    /// Returns whether a macro or a person wrote it.
    pub const fn origin(&self) -> Origin {
        self.declared.origin
    }

    /// Lists the fields in which two contracts differ; location and origin do not count. Empty for an annotated contract
    /// and the same contract written by hand.
    pub fn differences(&self, other: &ContractSpec) -> Vec<&'static str> {
        let same = [
            ("id", self.id == other.id),
            ("methods", self.methods == other.methods),
            ("docs", self.declared.docs == other.declared.docs),
        ];
        same.into_iter().filter(|(_, same)| !same).map(|(part, _)| part).collect()
    }
}

/// One method of a contract: an export of the guest.
#[derive(Debug, PartialEq)]
pub struct MethodSpec {
    name: &'static str,
    entry: &'static str,
    params: &'static [Param],
    reply: ReplyShape,
    docs: &'static str,
    is_async: bool,
}

impl MethodSpec {
    /// Begins a method that takes nothing and replies nothing; `entry` is the symbol that the guest exports.
    #[must_use]
    pub const fn new(name: &'static str, entry: &'static str) -> Self {
        Self { name, entry, params: &[], reply: ReplyShape::NOTHING, docs: "", is_async: false }
    }

    /// Begins a method that the host waits for.
    #[must_use]
    pub const fn new_async(name: &'static str, entry: &'static str) -> Self {
        let mut method = Self::new(name, entry);
        method.is_async = true;
        method
    }

    /// Sets the parameters, in order; write [`passed!("name", T)`](crate::passed) for each.
    #[must_use]
    pub const fn with_params(mut self, params: &'static [Param]) -> Self {
        self.params = params;
        self
    }

    /// Sets the shape of the reply; write [`reply_shape!(T)`](crate::reply_shape).
    #[must_use]
    pub const fn with_reply(mut self, reply: ReplyShape) -> Self {
        self.reply = reply;
        self
    }

    /// Sets the documentation.
    #[must_use]
    pub const fn with_docs(mut self, docs: &'static str) -> Self {
        self.docs = docs;
        self
    }

    /// Returns the name.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Returns the symbol that the guest exports.
    pub const fn entry(&self) -> &'static str {
        self.entry
    }

    /// Returns the parameters, in order.
    pub const fn params(&self) -> &'static [Param] {
        self.params
    }

    /// Returns the shape of the reply.
    pub const fn reply(&self) -> &ReplyShape {
        &self.reply
    }

    /// Returns the documentation.
    pub const fn docs(&self) -> &'static str {
        self.docs
    }

    /// Reports whether the host waits for it.
    pub const fn is_async(&self) -> bool {
        self.is_async
    }
}

/// One annotated contract that is linked into the program; [`inventory`] gathers them.
#[derive(Debug)]
pub struct LinkedContract(pub &'static ContractSpec);

inventory::collect!(LinkedContract);
