//! Declared rights.

use std::fmt;

use hostfn_abi::names;

use crate::spec::SourceLocation;

/// The kind of value that a capability's scope patterns match.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ScopeKind {
    /// No scope: granted or not.
    None,
    /// Absolute paths, `/`-separated.
    Path,
    /// URLs, by scheme, host and port.
    Host,
    /// Plain names.
    Name,
}

impl ScopeKind {
    /// The word `capabilities!` and the listing use.
    pub const fn as_str(self) -> &'static str {
        match self {
            ScopeKind::None => "none",
            ScopeKind::Path => "path",
            ScopeKind::Host => "host",
            ScopeKind::Name => "name",
        }
    }
}

impl fmt::Display for ScopeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A declared right: a dotted lower-case name, one sentence, and what it can be narrowed to.
///
/// Declared with [`capabilities!`](https://docs.rs/hostfn), or by hand as a `static`:
///
/// ```
/// use hostfn_core::{here, Capability, ScopeKind};
///
/// pub static FS_READ: Capability =
///     Capability::new("fs.read", "Read files beneath granted directories.")
///         .scoped(ScopeKind::Path)
///         .declared_at(here!());
/// assert_eq!(FS_READ.name(), "fs.read");
/// ```
#[derive(Debug)]
pub struct Capability {
    name: &'static str,
    about: &'static str,
    scope_kind: ScopeKind,
    escapes: bool,
    location: SourceLocation,
}

impl Capability {
    /// A capability without a scope.
    ///
    /// # Panics
    /// At compile time, in a `static`, when `name` is not dotted lower-case words (`fs.read`) of at
    /// most 64 bytes.
    #[must_use]
    pub const fn new(name: &'static str, about: &'static str) -> Self {
        assert!(
            names::is_dotted(name),
            "invalid capability name; use lower-case words joined by dots, such as `fs.read`"
        );
        Self { name, about, scope_kind: ScopeKind::None, escapes: false, location: SourceLocation::UNKNOWN }
    }

    /// Returns whether [`new`](Capability::new) takes this name: lower-case words joined by dots, 64 bytes in all at most.
    ///
    /// ```
    /// use hostfn_core::Capability;
    ///
    /// assert!(Capability::is_name("fs.read") && !Capability::is_name("FS read"));
    /// ```
    pub const fn is_name(name: &str) -> bool {
        names::is_dotted(name)
    }

    /// The same capability, narrowed by patterns of `kind`.
    #[must_use]
    pub const fn scoped(mut self, kind: ScopeKind) -> Self {
        self.scope_kind = kind;
        self
    }

    /// Says that it escapes the sandbox: what it allows can do all that the host's own code can, whatever else is
    /// granted. The listing marks it, and the functions that require it.
    ///
    /// ```
    /// use hostfn_core::{Capability, ScopeKind};
    ///
    /// static EXEC: Capability =
    ///     Capability::new("process.exec", "Run programs.").scoped(ScopeKind::Path).escapes_the_sandbox();
    /// assert!(EXEC.escapes());
    /// ```
    #[must_use]
    pub const fn escapes_the_sandbox(mut self) -> Self {
        self.escapes = true;
        self
    }

    /// Sets the location of the declaration; write [`here!()`](crate::here).
    #[must_use]
    pub const fn declared_at(mut self, location: SourceLocation) -> Self {
        self.location = location;
        self
    }

    /// Returns the dotted name, as in grants.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Returns a sentence on what it lets a plugin do.
    pub const fn about(&self) -> &'static str {
        self.about
    }

    /// Returns the kind of value that its patterns match.
    pub const fn scope_kind(&self) -> ScopeKind {
        self.scope_kind
    }

    /// Reports whether it takes patterns.
    pub const fn is_scoped(&self) -> bool {
        !matches!(self.scope_kind, ScopeKind::None)
    }

    /// Reports whether it escapes the sandbox.
    pub const fn escapes(&self) -> bool {
        self.escapes
    }

    /// Returns the location of the declaration.
    pub const fn location(&self) -> &SourceLocation {
        &self.location
    }

    /// Reports whether two declarations mean the same right, whatever their locations.
    pub fn means_the_same_as(&self, other: &Capability) -> bool {
        self.name == other.name
            && self.about == other.about
            && self.scope_kind == other.scope_kind
            && self.escapes == other.escapes
    }
}

impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}
