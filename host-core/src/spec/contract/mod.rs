//! What a guest exports for a host to call, as data.

mod wire;

pub use wire::{GuestError, GuestReply, HostArg};

use crate::spec::{Origin, Param, Place, ReplyShape};

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
///         .methods(&[MethodSpec::new("greet", "greeter_v1_greet")
///             .params(&[passed!("name", &str)])
///             .replies(reply_shape!(String))
///             .docs("Greet a person.")])
///         .docs("Guests that greet.")
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
/// assert_eq!(registry.contract("greeter.v1").unwrap().methods_in_order()[0].name(), "greet");
/// # Ok::<(), hostfn_core::Error>(())
/// ```
#[derive(Debug)]
pub struct ContractSpec {
    id: &'static str,
    methods: &'static [MethodSpec],
    docs: &'static str,
    place: Place,
    origin: Origin,
}

impl ContractSpec {
    /// Begins a contract without methods. `id` is lower-case words joined by dots, such as `greeter.v1`.
    #[must_use]
    pub const fn new(id: &'static str) -> Self {
        Self { id, methods: &[], docs: "", place: Place::UNKNOWN, origin: Origin::Manual }
    }

    /// Its methods, in order.
    #[must_use]
    pub const fn methods(mut self, methods: &'static [MethodSpec]) -> Self {
        self.methods = methods;
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

    /// Where it is annotated: as [`declared_at`](ContractSpec::declared_at), and the listing says that a macro wrote
    /// the spec.
    #[must_use]
    pub const fn annotated_at(mut self, place: Place) -> Self {
        self.origin = Origin::Macro;
        self.declared_at(place)
    }

    /// The id that host and guest know it by.
    pub const fn id(&self) -> &'static str {
        self.id
    }

    /// Its methods, in the order of the trait.
    pub const fn methods_in_order(&self) -> &'static [MethodSpec] {
        self.methods
    }

    /// The method of this name.
    pub fn method(&self, name: &str) -> Option<&'static MethodSpec> {
        self.methods.iter().find(|method| method.name == name)
    }

    /// Its documentation.
    pub const fn documentation(&self) -> &'static str {
        self.docs
    }

    /// Where it is declared.
    pub const fn place(&self) -> &Place {
        &self.place
    }

    /// Who wrote it.
    pub const fn origin(&self) -> Origin {
        self.origin
    }

    /// In what two contracts differ; place and origin do not count. Empty for a contract that is annotated
    /// and the same contract written by hand.
    pub fn differences(&self, other: &ContractSpec) -> Vec<&'static str> {
        let same = [
            ("id", self.id == other.id),
            ("methods", self.methods == other.methods),
            ("docs", self.docs == other.docs),
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

    /// Its parameters, in order; write [`passed!("name", T)`](crate::passed) for each.
    #[must_use]
    pub const fn params(mut self, params: &'static [Param]) -> Self {
        self.params = params;
        self
    }

    /// What it replies; write [`reply_shape!(T)`](crate::reply_shape).
    #[must_use]
    pub const fn replies(mut self, reply: ReplyShape) -> Self {
        self.reply = reply;
        self
    }

    /// Its documentation.
    #[must_use]
    pub const fn docs(mut self, docs: &'static str) -> Self {
        self.docs = docs;
        self
    }

    /// Its name.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The symbol that the guest exports.
    pub const fn entry(&self) -> &'static str {
        self.entry
    }

    /// Its parameters, in order.
    pub const fn parameters(&self) -> &'static [Param] {
        self.params
    }

    /// What it replies.
    pub const fn reply_shape(&self) -> &ReplyShape {
        &self.reply
    }

    /// Its documentation.
    pub const fn documentation(&self) -> &'static str {
        self.docs
    }

    /// Whether the host waits for it.
    pub const fn is_async(&self) -> bool {
        self.is_async
    }
}

/// One annotated contract that is linked into the program; [`inventory`] gathers them.
#[derive(Debug)]
pub struct LinkedContract(pub &'static ContractSpec);

inventory::collect!(LinkedContract);
