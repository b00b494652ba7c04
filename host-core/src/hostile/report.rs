//! The result of a check with hostile guests.

use std::fmt;

/// A property of a host that no guest may break.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Invariant {
    /// The host never panics.
    Panic,
    /// A call ends within the time limit and two seconds.
    Hang,
    /// A function does not run without its grant, nor for a value outside the grant.
    Gate,
    /// Malformed arguments are refused with `BAD_INPUT`.
    Input,
    /// Arguments of the declared types are accepted.
    Arguments,
    /// A reply has the declared type, and is where the guest asked for it.
    Reply,
    /// A status is 0, one of the ABI's, or -1024 and below.
    Status,
    /// A guest cannot make the host itself fail (`INTERNAL`).
    HostFailure,
    /// The host writes into the reply window and the allocated block only.
    GuestMemory,
    /// The process's memory stays within the budget of the check.
    HostMemory,
    /// Each call is recorded once, with its status and the matched value.
    Record,
    /// A quota holds.
    Quota,
    /// An instance takes calls until its guest was cut off.
    State,
}

impl Invariant {
    /// Returns the name that reports use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Invariant::Panic => "panic",
            Invariant::Hang => "hang",
            Invariant::Gate => "gate",
            Invariant::Input => "input",
            Invariant::Arguments => "arguments",
            Invariant::Reply => "reply",
            Invariant::Status => "status",
            Invariant::HostFailure => "host failure",
            Invariant::GuestMemory => "guest memory",
            Invariant::HostMemory => "host memory",
            Invariant::Record => "record",
            Invariant::Quota => "quota",
            Invariant::State => "state",
        }
    }
}

impl fmt::Display for Invariant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An invariant that a guest broke.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// The invariant.
    pub invariant: Invariant,
    /// The first guest that broke it.
    pub guest: String,
    /// The difference between the expected and the observed behaviour.
    pub message: String,
}

/// The findings of one function.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FunctionReport {
    /// The module that guests import the function from.
    pub module: &'static str,
    /// The function.
    pub name: &'static str,
    /// The number of hostile guests that ran.
    pub guests: usize,
    /// At most one finding for each invariant.
    pub findings: Vec<Finding>,
}

impl FunctionReport {
    pub(super) fn new(module: &'static str, name: &'static str) -> Self {
        Self { module, name, guests: 0, findings: Vec::new() }
    }

    /// Returns whether an invariant is broken.
    pub fn breaks(&self, invariant: Invariant) -> bool {
        self.findings.iter().any(|finding| finding.invariant == invariant)
    }

    pub(super) fn add(&mut self, invariant: Invariant, guest: &str, message: impl Into<String>) {
        if !self.breaks(invariant) {
            self.findings.push(Finding { invariant, guest: guest.to_owned(), message: message.into() });
        }
    }
}

/// One line for the function, and one for each finding.
impl fmt::Display for FunctionReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let FunctionReport { module, name, guests, findings } = self;
        write!(f, "{module}.{name}: {guests} guests, {} findings", findings.len())?;
        for Finding { invariant, guest, message } in findings {
            write!(f, "\n  {invariant}: {message} [{guest}]")?;
        }
        Ok(())
    }
}

/// The result of [`check`](super::check), with one entry for each function.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a report is read by `assert_clean`"]
pub struct HostileReport(pub(super) Vec<FunctionReport>);

impl HostileReport {
    /// Returns the functions, in the order of the registry.
    pub fn functions(&self) -> &[FunctionReport] {
        &self.0
    }

    /// Returns the number of guests, of all functions together.
    pub fn guests(&self) -> usize {
        self.0.iter().map(|function| function.guests).sum()
    }

    /// Returns whether no guest broke an invariant.
    pub fn is_clean(&self) -> bool {
        self.0.iter().all(|function| function.findings.is_empty())
    }

    /// Asserts that no guest broke an invariant.
    ///
    /// # Panics
    /// When one did, with the functions and their findings.
    #[track_caller]
    pub fn assert_clean(&self) {
        let faulty = self.0.iter().filter(|function| !function.findings.is_empty());
        let faulty: Vec<String> = faulty.map(ToString::to_string).collect();
        assert!(faulty.is_empty(), "hostile guests broke invariants:\n{}", faulty.join("\n"));
    }
}

/// One paragraph for each function.
impl fmt::Display for HostileReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|function| writeln!(f, "{function}"))
    }
}
