use alloc::string::String;

use serde::ser::SerializeStruct;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::Value;

/// The error reply that can accompany a negative status.
///
/// ```
/// use hostfn_abi::{ErrorReply, codec};
///
/// let reply = ErrorReply {
///     code: "no_such_user".to_owned(),
///     message: "there is no user 7".to_owned(),
///     detail: None,
/// };
/// let bytes = codec::to_vec(&reply)?;
/// assert_eq!(codec::decode::<ErrorReply>(&bytes)?, reply);
/// # Ok::<(), hostfn_abi::codec::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct ErrorReply {
    /// For programs: stable, lower case.
    pub code: String,
    /// For people.
    pub message: String,
    /// Whatever else the function wants to tell; a detail that is nil is one.
    #[serde(default, deserialize_with = "some")]
    pub detail: Option<Value>,
}

/// An [`ErrorReply`] to be written, from parts that someone else owns.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ErrorReplyRef<'a> {
    /// For programs: stable, lower case.
    pub code: &'a str,
    /// For people.
    pub message: &'a str,
    /// Whatever else the function wants to tell.
    pub detail: Option<&'a Value>,
}

impl Serialize for ErrorReply {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let ErrorReply { code, message, detail } = self;
        ErrorReplyRef { code, message, detail: detail.as_ref() }.serialize(serializer)
    }
}

impl Serialize for ErrorReplyRef<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut reply = serializer.serialize_struct("ErrorReply", 2 + usize::from(self.detail.is_some()))?;
        reply.serialize_field("code", self.code)?;
        reply.serialize_field("message", self.message)?;
        // as itself: the key is absent if absent, so that a nil needs no option around it
        if let Some(detail) = self.detail {
            reply.serialize_field("detail", detail)?;
        }
        reply.end()
    }
}

fn some<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}
