//! Limits of sizes and depths on the wire.

/// The greatest nesting of arrays and maps: the outermost is at depth 1.
pub const MAX_DEPTH: u32 = 64;

/// Bytes of a logged line; the rest is cut off.
pub const MAX_LOG_BYTES: u32 = 64 * 1024;

/// Bytes of an encoded [`ErrorReply`](crate::ErrorReply); a host drops a longer one, and the status
/// stands.
pub const MAX_ERROR_BYTES: u32 = 64 * 1024;

/// Bytes of arguments that a host takes when it is not told otherwise.
pub const DEFAULT_MAX_ARGS: u32 = 1024 * 1024;

/// Bytes of a reply that a host gives when it is not told otherwise.
pub const DEFAULT_MAX_REPLY: u32 = 16 * 1024 * 1024;
