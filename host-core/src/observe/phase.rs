use std::fmt;

/// A part of a plugin's life that takes time, in the order in which they come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Phase {
    /// A plugin is loaded: read, checked and compiled.
    Load,
    /// Its structure, limits, imports, exports and records are checked.
    Check,
    /// Its module is compiled, or taken from the cache.
    Compile,
    /// Checks the imports against the grants.
    Link,
    /// An instance gets its memory, and its start function runs.
    Instantiate,
    /// The host's states are made, and the guest's own initialisation runs.
    Init,
    /// The host calls an export of the guest.
    Call,
    /// The guest calls a host function.
    HostCall,
    /// An instance ends: its states are closed and dropped.
    Close,
}

impl Phase {
    /// The word that records use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Phase::Load => "load",
            Phase::Compile => "compile",
            Phase::Check => "check",
            Phase::Link => "link",
            Phase::Instantiate => "instantiate",
            Phase::Init => "init",
            Phase::Call => "call",
            Phase::HostCall => "host_call",
            Phase::Close => "close",
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
