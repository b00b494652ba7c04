//! What a host function is, as data.

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

/// The description of a host function: all of a `HostFnSpec` but the code that it runs.
#[derive(Debug)]
pub struct FnMetadata {
    pub(crate) module: &'static str,
    pub(crate) name: &'static str,
    pub(crate) is_async: bool,
    pub(crate) requires: Requires,
    pub(crate) params: &'static [Param],
    pub(crate) reply: ReplyShape,
    pub(crate) max_args: Option<u32>,
    pub(crate) max_reply: Option<u32>,
    pub(crate) quota: Option<u32>,
    pub(crate) since: u32,
    pub(crate) docs: &'static str,
    pub(crate) place: Place,
    pub(crate) origin: Origin,
}

impl FnMetadata {
    /// The description of a function of which no more is known than its name and what it requires.
    pub(crate) const fn new(
        module: &'static str,
        name: &'static str,
        requires: Requires,
        is_async: bool,
    ) -> Self {
        Self {
            module,
            name,
            is_async,
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

    /// Whether the function is async.
    pub const fn is_async(&self) -> bool {
        self.is_async
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
    pub fn differences(&self, other: &FnMetadata) -> Vec<&'static str> {
        let requirement = |spec: &FnMetadata| {
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
