use alloc::string::String;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

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
    /// Whatever else the function wants to tell; a detail that is nil is one.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        serialize_with = "value",
        deserialize_with = "some"
    )]
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
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "value")]
    pub detail: Option<&'a Value>,
}

/// A detail as itself: the key is absent where there is none, so that a nil needs no option around it.
fn value<V: Serialize, S: Serializer>(detail: &Option<V>, serializer: S) -> Result<S::Ok, S::Error> {
    match detail {
        Some(value) => value.serialize(serializer),
        None => serializer.serialize_none(),
    }
}

fn some<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}
