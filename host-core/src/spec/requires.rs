//! The capability that a host function requires.

use crate::spec::Capability;

/// The capability that a host function requires.
#[derive(Clone, Copy, Debug)]
pub enum Requires {
    /// Nothing: every plugin may call it.
    Nothing,
    /// That the capability is granted.
    Capability(&'static Capability),
    /// That the capability is granted for the value of one wire parameter.
    Scoped(&'static Capability, &'static str),
}

impl Requires {
    /// The capability, if one is required.
    pub const fn capability(&self) -> Option<&'static Capability> {
        match self {
            Requires::Nothing => None,
            Requires::Capability(capability) | Requires::Scoped(capability, _) => Some(capability),
        }
    }

    /// The wire parameter that the capability's scope is matched against.
    #[inline]
    pub const fn scoped_param(&self) -> Option<&'static str> {
        match self {
            Requires::Scoped(_, param) => Some(param),
            _ => None,
        }
    }
}
