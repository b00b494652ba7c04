//! Metadata of a host function.

use crate::spec::{Capability, Declared, Origin, Param, ReplyShape, Requires, SourceLocation};

/// Metadata of a host function: everything in a `HostFnSpec` except the code.
#[derive(Debug)]
pub struct FnMetadata {
    pub(crate) module: &'static str,
    pub(crate) name: &'static str,
    pub(crate) is_async: bool,
    pub(crate) requirement: Requires,
    pub(crate) params: &'static [Param],
    pub(crate) reply: ReplyShape,
    pub(crate) max_args: Option<u32>,
    pub(crate) max_reply: Option<u32>,
    pub(crate) quota: Option<u32>,
    pub(crate) since: u32,
    pub(crate) declared: Declared,
}

impl FnMetadata {
    /// Creates the metadata of a function with a name and a requirement.
    pub(crate) const fn new(
        module: &'static str,
        name: &'static str,
        requirement: Requires,
        is_async: bool,
    ) -> Self {
        Self {
            module,
            name,
            is_async,
            requirement,
            params: &[],
            reply: ReplyShape::NOTHING,
            max_args: None,
            max_reply: None,
            quota: None,
            since: 1,
            declared: Declared::UNKNOWN,
        }
    }

    /// Reports whether the function is async.
    pub const fn is_async(&self) -> bool {
        self.is_async
    }

    /// Returns the module that a guest imports it from.
    #[inline]
    pub fn module(&self) -> &'static str {
        self.module
    }

    /// Returns the name that a guest imports it by.
    #[inline]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Returns the requirement on the grants.
    #[inline]
    pub const fn requirement(&self) -> &Requires {
        &self.requirement
    }

    /// Returns the required capability, if any.
    #[inline]
    pub const fn capability(&self) -> Option<&'static Capability> {
        self.requirement.capability()
    }

    /// Returns all parameters in order, including those that do not cross the wire.
    pub fn params(&self) -> &'static [Param] {
        self.params
    }

    /// Returns the parameters that cross the wire, in order.
    pub fn wire_params(&self) -> impl Iterator<Item = &'static Param> {
        self.params.iter().filter(|param| param.is_wire())
    }

    /// Returns the shape of the reply.
    pub fn reply(&self) -> &ReplyShape {
        &self.reply
    }

    /// Returns its own limit on the bytes of arguments, if any.
    #[inline]
    pub fn max_args(&self) -> Option<u32> {
        self.max_args
    }

    /// Returns its own limit on the bytes of the reply, if any.
    #[inline]
    pub fn max_reply(&self) -> Option<u32> {
        self.max_reply
    }

    /// Returns the number of calls allowed within one call from the host into the guest, if limited.
    #[inline]
    pub fn quota(&self) -> Option<u32> {
        self.quota
    }

    /// Returns the version of the host's interface that added it.
    pub fn since(&self) -> u32 {
        self.since
    }

    /// Returns the documentation.
    pub fn docs(&self) -> &'static str {
        self.declared.docs
    }

    /// Returns the location of the declaration.
    pub fn location(&self) -> &SourceLocation {
        &self.declared.location
    }

    /// Returns whether a macro or a person wrote it.
    pub fn origin(&self) -> Origin {
        self.declared.origin
    }

    /// Lists the fields in which two specs differ; location and origin do not count. Empty for an annotated function and
    /// the same function registered by hand.
    pub fn differences(&self, other: &FnMetadata) -> Vec<&'static str> {
        let requirement = |spec: &FnMetadata| {
            let capability = spec.capability().map(|c| (c.name(), c.about(), c.scope_kind(), c.escapes()));
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
            ("docs", self.declared.docs == other.declared.docs),
        ];
        same.into_iter().filter(|(_, same)| !same).map(|(field, _)| field).collect()
    }

    pub(crate) const fn scoped_param_is_on_the_wire(&self) -> bool {
        let Some(scoped) = self.requirement.scoped_param() else {
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
