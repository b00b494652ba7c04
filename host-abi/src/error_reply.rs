use alloc::string::String;

use serde::{Deserialize, Serialize};

use crate::Value;

/// What may come with a negative status.
///
/// ```
/// use host_abi::{ErrorReply, codec};
///
/// let reply = ErrorReply {
///     code: "no_such_user".to_owned(),
///     message: "there is no user 7".to_owned(),
///     detail: None,
/// };
/// let bytes = codec::to_vec(&reply)?;
/// assert_eq!(codec::decode::<ErrorReply>(&bytes)?, reply);
/// # Ok::<(), host_abi::codec::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ErrorReply {
    /// For programs: stable, lower case.
    pub code: String,
    /// For people.
    pub message: String,
    /// Whatever else the function wants to tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<Value>,
}

/// An [`ErrorReply`] to be written, from parts that someone else owns.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ErrorReplyRef<'a> {
    /// For programs: stable, lower case.
    pub code: &'a str,
    /// For people.
    pub message: &'a str,
    /// Whatever else the function wants to tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<&'a Value>,
}
