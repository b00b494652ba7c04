//! The documentation of a declaration, and its place in the sources.

use crate::spec::SourceLocation;

/// The origin of a declaration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// By a macro: `#[host_fn]` or `#[guest_contract]`.
    Macro,
    /// By hand.
    Manual,
}

impl Origin {
    /// Returns the word that the listing uses.
    pub const fn as_str(self) -> &'static str {
        match self {
            Origin::Macro => "macro",
            Origin::Manual => "manual",
        }
    }
}

/// Documentation, location and origin of a host function or a contract.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Declared {
    pub(crate) docs: &'static str,
    pub(crate) location: SourceLocation,
    pub(crate) origin: Origin,
}

impl Declared {
    /// No documentation, at an unknown location, by hand.
    pub(crate) const UNKNOWN: Declared =
        Declared { docs: "", location: SourceLocation::UNKNOWN, origin: Origin::Manual };

    pub(crate) const fn annotated_at(mut self, location: SourceLocation) -> Self {
        self.location = location;
        self.origin = Origin::Macro;
        self
    }
}
