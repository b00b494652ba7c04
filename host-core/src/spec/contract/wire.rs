//! The wire types of calls from a host into its guests.

use hostfn_abi::{ErrorReply, Status};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::spec::HostError;

/// A type that a host can pass to a guest: any `T: Serialize`, borrowed ones included.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be passed to a guest",
    label = "this does not cross the wire",
    note = "derive `serde::Serialize` for it"
)]
pub trait HostArg: Serialize {}
#[diagnostic::do_not_recommend]
impl<T: Serialize + ?Sized> HostArg for T {}

/// A type that a guest can reply: any `T: DeserializeOwned`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the reply of a guest",
    label = "this does not cross the wire",
    note = "derive `serde::Deserialize` for it",
    note = "a reply is owned, because the guest's memory is the guest's again when the call is over"
)]
pub trait GuestReply: DeserializeOwned {}
#[diagnostic::do_not_recommend]
impl<T: DeserializeOwned> GuestReply for T {}

/// The own error of a contract's method: the `E` of `Result<T, E>`, made of what the guest answered.
///
/// ```
/// use hostfn_core::{ErrorReply, GuestError, HostError, Status};
///
/// #[derive(Debug, thiserror::Error)]
/// #[error("the guest knows nobody of that name")]
/// struct Unknown;
///
/// impl HostError for Unknown {
///     fn code(&self) -> &str {
///         "unknown"
///     }
/// }
///
/// impl GuestError for Unknown {
///     fn from_guest(_: Status, reply: Option<&ErrorReply>) -> Option<Self> {
///         reply.filter(|reply| reply.code == "unknown").map(|_| Unknown)
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the error of a contract's method",
    label = "this is not a `GuestError`",
    note = "implement `hostfn::contract::GuestError` for it, which makes it of the status and error reply that a guest answers"
)]
pub trait GuestError: HostError + Sized {
    /// The error that the guest answered; `None` when it is not one of this type's, and so
    /// [`Error::Guest`](crate::Error::Guest).
    fn from_guest(status: Status, reply: Option<&ErrorReply>) -> Option<Self>;
}
