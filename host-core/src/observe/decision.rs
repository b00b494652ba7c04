/// The decision of the gates about a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Decision {
    /// The function requires nothing.
    Always,
    /// The capability is granted, for the value if it has a scope.
    Granted,
    /// The capability is not granted, or was revoked.
    NotGranted,
    /// The capability is granted, and not for this value.
    OutOfScope,
    /// The function itself refused, because what the call came to lies outside the grant: see
    /// [`HostError::scope_value`](crate::HostError::scope_value).
    Refused,
    /// The instance takes no more calls.
    Shut,
}

impl Decision {
    /// The word that records use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Decision::Always => "always",
            Decision::Granted => "granted",
            Decision::NotGranted => "not_granted",
            Decision::OutOfScope => "out_of_scope",
            Decision::Refused => "refused",
            Decision::Shut => "shut",
        }
    }

    /// Returns whether the call was refused for want of a grant.
    pub const fn is_denied(self) -> bool {
        matches!(self, Decision::NotGranted | Decision::OutOfScope | Decision::Refused)
    }
}
